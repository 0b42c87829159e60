//! Flags of `replank upgrade`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::remote::{InCluster, Server};
use super::upgrade_cluster::UpgradeCluster;
use super::{Reach, Stalls, Strategy};

/// What can be upgraded, each with a plan first.
#[derive(Debug, Subcommand)]
pub(crate) enum Upgrade {
    /// Print what replacing every node of a node group would do; with --approve, do it
    ///
    /// Examples:
    ///   replank upgrade nodegroup default                               # the plan, nothing changes
    ///   replank upgrade nodegroup default --approve                     # do it, and watch
    ///   replank upgrade nodegroup default --max-unavailable 33% --approve --no-wait
    ///   replank upgrade nodegroup web jobs --approve                    # one after the other
    ///   replank upgrade nodegroup --all --parallel 2 --approve          # two at a time; budgets hold for all
    ///   replank upgrade nodegroup default --kubernetes-version 1.33 --strategy minimal
    ///   replank upgrade nodegroup workers --context lab --cloud kwok --approve    # a real cluster
    ///   replank upgrade nodegroup workers --cloud aws --cluster shop              # its Auto Scaling group on AWS
    ///
    /// Ctrl-C leaves the update of a server running; `replank follow` comes back to it.
    /// Exit codes: 0 done or the plan would succeed, 1 failed, 2 bad input, 3 cancelled or left,
    /// 4 the plan would get stuck or fail, 5 no server, 6 it would leave pods without a node.
    #[command(verbatim_doc_comment)]
    Nodegroup(Box<UpgradeNodegroups>),
    /// Print what bringing a whole cluster to the next Kubernetes version would do; with --approve, do it
    ///
    /// One minor at a time, everything that belongs to it in its order: checks, control plane, add-ons, node groups.
    ///
    /// Examples:
    ///   replank upgrade cluster shop                                # the plan of the next minor, nothing changes
    ///   replank upgrade cluster shop --approve                      # do it, and watch
    ///   replank upgrade cluster shop --to 1.34 --all --approve      # several minors, one after the other
    ///   replank upgrade cluster shop --to 1.34 --all --gate none --approve
    ///   replank upgrade cluster shop --context prod --cloud aws         # a real cluster, EKS's own
    ///   replank upgrade cluster lab --context lab --cloud kwok          # whoever owns the control plane replaces it
    ///
    /// Ctrl-C leaves the upgrade of a server running; `replank follow` comes back to it. That of a real cluster is
    /// left, and the same command goes on with it. `replank resume` passes a gate.
    /// Exit codes: 0 done or planned, 2 bad input, 3 cancelled or left, 4 the plan would be held up, 5 no server.
    #[command(verbatim_doc_comment)]
    Cluster(Box<UpgradeCluster>),
}

/// Upgrade node groups.
#[derive(Clone, Debug, Args)]
pub(crate) struct UpgradeNodegroups {
    /// The node groups
    #[arg(value_name = "NAME", required_unless_present = "all", conflicts_with = "all")]
    pub(crate) names: Vec<String>,
    /// Every node group of the cluster
    #[arg(long)]
    pub(crate) all: bool,
    /// Several node groups: one after the other, as they are named; so it is by default. The first that does not succeed
    /// ends it
    #[arg(long, conflicts_with = "parallel")]
    pub(crate) sequence: bool,
    /// Several node groups: so many at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=32))]
    pub(crate) parallel: Option<u8>,
    #[command(flatten)]
    pub(crate) each: UpgradeNodegroup,
}

/// Upgrade a node group.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
pub(crate) struct UpgradeNodegroup {
    /// The node group.
    #[arg(skip)]
    pub(crate) name: String,
    /// Whether others are updated by the same command.
    #[arg(skip)]
    pub(crate) is_one_of_several: bool,
    #[command(flatten)]
    pub(crate) cluster: InCluster,
    /// The Kubernetes version to move to, at most the cluster's; the group's own by default
    #[arg(long, value_name = "VERSION")]
    pub(crate) kubernetes_version: Option<String>,
    /// The release to move to, such as 1.32.9-20251101; the newest of the Kubernetes version by default
    #[arg(long, value_name = "RELEASE", conflicts_with = "launch_template_version")]
    pub(crate) release_version: Option<String>,
    /// The version of the group's own launch template to move to
    #[arg(long, value_name = "N")]
    pub(crate) launch_template_version: Option<String>,
    /// The image to move to, for groups that are not EKS's (--cloud aws)
    #[arg(long, value_name = "AMI", conflicts_with_all = ["release_version", "launch_template_version", "kubernetes_version"])]
    pub(crate) image_id: Option<String>,
    /// Who updates the group on AWS: EKS its own (the default for these), replank all others
    #[arg(long, value_enum)]
    pub(crate) engine: Option<Engine>,
    /// How many nodes may be unavailable at once, as a number or a share, for this update only
    #[arg(long, value_name = "N|N%")]
    pub(crate) max_unavailable: Option<String>,
    /// New nodes first, or old nodes first, for this update only
    #[arg(long, value_enum)]
    pub(crate) strategy: Option<Strategy>,
    /// Delete pods that are still there when the drain limit passes
    #[arg(long)]
    pub(crate) force: bool,
    /// Do it
    #[arg(long)]
    pub(crate) approve: bool,
    /// Return as soon as it has begun
    #[arg(long, requires = "approve")]
    pub(crate) no_wait: bool,
    /// Print lines even on a terminal
    #[arg(long)]
    pub(crate) plain: bool,
    #[command(flatten)]
    pub(crate) server: Server,
    #[command(flatten)]
    pub(crate) local: Local,
}

/// A real cluster, updated by this process.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "A real cluster, without a server")]
pub(crate) struct Local {
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Who launches and terminates its machines
    #[arg(long, value_enum)]
    pub(crate) cloud: Option<Cloud>,
    #[command(flatten)]
    pub(crate) account: AwsAccount,
    /// A world file with what a cluster does not tell: sizes, timings, limits, the target
    #[arg(long, value_name = "FILE", requires = "cloud")]
    pub(crate) world: Option<PathBuf>,
    /// AWS: deadlines and pauses of a new update in the words of a world file's update.limits, such as
    /// join=10m,drain=30m,deregistrationDelay=20s; one that goes on keeps its own
    #[arg(long, value_name = "NAME=TIME,…", requires = "cloud")]
    pub(crate) limits: Option<String>,
    /// AWS, groups of EKS: ask pods to leave that only wait for EKS's own next try, and replacements that keep crashing,
    /// inside their budgets
    #[arg(long, requires_all = ["cloud", "approve"])]
    pub(crate) assist: bool,
    /// With --assist: a Deployment that gets one replica more if its budget holds up a node, given back however this
    /// process ends; may be given several times
    #[arg(long, value_name = "NAMESPACE/NAME", requires = "assist")]
    pub(crate) raise: Vec<String>,
    /// AWS: scale the Deployment of the Cluster Autoscaler to nothing for the time of the update, and give it back
    /// however this process ends
    #[arg(long, value_name = "NAMESPACE/NAME", requires = "cloud", num_args = 0..=1,
          default_missing_value = "kube-system/cluster-autoscaler")]
    pub(crate) suspend_autoscaler: Option<String>,
    /// AWS: URL of an SQS queue that `EventBridge` fills with events of Auto Scaling, which shorten the waits for it
    #[arg(long, value_name = "URL", requires_all = ["cloud", "approve"])]
    pub(crate) events_queue: Option<String>,
    #[command(flatten)]
    pub(crate) stalls: Stalls,
}

/// Which account and region of AWS.
#[derive(Clone, Debug, Args)]
pub(crate) struct AwsAccount {
    /// AWS: the region; else `AWS_REGION`, else the profile's
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// AWS: the profile of the configuration; else `AWS_PROFILE`, else the default one
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
}

/// Who updates a group on AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// EKS: begun, followed and explained here
    Eks,
    /// This process
    Replank,
}

/// A cloud that this process can drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Cloud {
    /// AWS: Auto Scaling groups that are yours
    Aws,
    /// The embedded cloud, its instances shown as kwok nodes
    Kwok,
}
