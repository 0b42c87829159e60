//! Flags of the commands that speak to a running server.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};

use super::Strategy;
use super::upgrade_cluster::UpgradeCluster;

/// Which server, and how to print what it says.
#[derive(Debug, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct Server {
    /// The server to speak to; by default `REPLANK_ENDPOINT`, then `AWS_ENDPOINT_URL`, then the last `replank up`
    #[arg(long, value_name = "URL", global = true)]
    pub(crate) endpoint_url: Option<String>,
    /// Certificates (PEM) of authorities, or of the server itself, that an https endpoint is verified by;
    /// `AWS_CA_BUNDLE` by default
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) ca_file: Option<PathBuf>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Format::Table, global = true)]
    pub(crate) output: Format,
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// For programs; what is told line by line is one object per line
    Json,
    /// For both
    Yaml,
}

/// A link into the dashboard.
#[derive(Debug, Args)]
pub(crate) struct Dashboard {
    /// Let whoever opens it look, and change nothing
    #[arg(long)]
    pub(crate) read_only: bool,
    /// Open it in the browser of this machine
    #[arg(long)]
    pub(crate) open: bool,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// What to upgrade.
#[derive(Debug, Subcommand)]
pub(crate) enum Upgrade {
    /// Print what replacing every node of a node group would do; with --approve, do it
    ///
    /// Examples:
    ///   replank upgrade nodegroup default                               # the plan, nothing changes
    ///   replank upgrade nodegroup default --approve                     # do it, and watch
    ///   replank upgrade nodegroup default --max-unavailable 33% --approve --no-wait
    ///   replank upgrade nodegroup default --kubernetes-version 1.33 --strategy minimal
    ///   replank upgrade nodegroup workers --context lab --cloud kwok --approve    # a real cluster
    ///   replank upgrade nodegroup workers --cloud aws --cluster shop              # its Auto Scaling group on AWS
    ///
    /// Ctrl-C leaves the update running; `replank follow` comes back to it.
    /// Exit codes: 0 done or the plan would succeed, 1 failed, 2 bad input, 3 cancelled or left,
    /// 4 the plan would get stuck or fail, 5 no server, 6 it would leave pods without a node.
    #[command(verbatim_doc_comment)]
    Nodegroup(Box<UpgradeNodegroup>),
    /// Print what bringing a whole cluster to the next Kubernetes version would do; with --approve, do it
    ///
    /// One minor at a time, everything that belongs to it in its order: checks, control plane, add-ons, node groups.
    ///
    /// Examples:
    ///   replank upgrade cluster shop                                # the plan of the next minor, nothing changes
    ///   replank upgrade cluster shop --approve                      # do it, and watch
    ///   replank upgrade cluster shop --to 1.34 --all --approve      # several minors, one after the other
    ///   replank upgrade cluster shop --to 1.34 --all --gate none --approve
    ///
    /// Ctrl-C leaves the upgrade running; `replank follow` comes back to it. `replank resume` passes a gate.
    /// Exit codes: 0 done or planned, 2 bad input, 3 cancelled or left, 4 the plan would be held up, 5 no server.
    #[command(verbatim_doc_comment)]
    Cluster(UpgradeCluster),
}

/// Upgrade a node group.
#[derive(Debug, Args)]
pub(crate) struct UpgradeNodegroup {
    /// The node group
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
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
    #[command(flatten)]
    pub(crate) server: Server,
    #[command(flatten)]
    pub(crate) local: Local,
}

/// A real cluster, updated by this process.
#[derive(Debug, Args)]
#[command(next_help_heading = "A real cluster, without a server")]
pub(crate) struct Local {
    #[command(flatten)]
    pub(crate) reach: super::Reach,
    /// Who launches and terminates its machines
    #[arg(long, value_enum)]
    pub(crate) cloud: Option<Cloud>,
    #[command(flatten)]
    pub(crate) account: AwsAccount,
    /// A world file with what a cluster does not tell: sizes, timings, limits, the target
    #[arg(long, value_name = "FILE", requires = "cloud")]
    pub(crate) world: Option<PathBuf>,
    /// AWS: deadlines and pauses of a new update in the words of a world file's update.limits, such as
    /// join=10m,drain=30m,settle=20s; one that goes on keeps its own
    #[arg(long, value_name = "NAME=TIME,…", requires = "cloud")]
    pub(crate) limits: Option<String>,
    /// Where the record of the update is kept, so that the same command goes on after a kill
    #[arg(long, value_name = "DIR", requires = "cloud")]
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) stalls: super::Stalls,
}

/// Which account and region of AWS.
#[derive(Debug, Args)]
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

/// A cluster, where names need one.
#[derive(Debug, Args)]
pub(crate) struct InCluster {
    /// The cluster, when there are several
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) cluster: Option<String>,
}

/// List what there is.
#[derive(Debug, Args)]
pub(crate) struct Get {
    /// What to list
    #[arg(value_enum)]
    pub(crate) kind: Listed,
    #[command(flatten)]
    pub(crate) cluster: InCluster,
    /// Only what belongs to this node group
    #[arg(long, value_name = "NAME")]
    pub(crate) nodegroup: Option<String>,
    /// Updates: only those under way
    #[arg(long)]
    pub(crate) running: bool,
    /// Images: of this type, such as `AL2023_x86_64_STANDARD`; those of the node groups by default
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) image_type: Option<String>,
    /// Images: for this Kubernetes version
    #[arg(long, value_name = "VERSION")]
    pub(crate) kubernetes_version: Option<String>,
    /// Node groups: those of a cloud, without a server
    #[arg(long, value_enum)]
    pub(crate) cloud: Option<Cloud>,
    #[command(flatten)]
    pub(crate) account: AwsAccount,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Listed {
    /// Clusters
    #[value(alias = "cluster")]
    Clusters,
    /// Node groups
    #[value(aliases = ["nodegroup", "ng"])]
    Nodegroups,
    /// Updates, oldest first
    #[value(alias = "update")]
    Updates,
    /// Machine images a node group could run
    #[value(alias = "image")]
    Images,
    /// Nodes of the node groups
    #[value(alias = "node")]
    Nodes,
}

/// Something about updates under way.
#[derive(Debug, Args)]
pub(crate) struct Why {
    /// Only the update of this node group
    #[arg(value_name = "NODEGROUP")]
    pub(crate) nodegroup: Option<String>,
    #[command(flatten)]
    pub(crate) cluster: InCluster,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// One update.
#[derive(Debug, Args)]
pub(crate) struct OneUpdate {
    /// The update: its id, or its node group; or the upgrade of a cluster: its id, or the cluster; not needed while there
    /// is only one
    #[arg(value_name = "UPDATE|NODEGROUP|CLUSTER")]
    pub(crate) what: Option<String>,
    #[command(flatten)]
    pub(crate) cluster: InCluster,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// Pause an update.
#[derive(Debug, Args)]
pub(crate) struct Pause {
    #[command(flatten)]
    pub(crate) update: OneUpdate,
    /// Put nodes in work back into service instead of finishing them
    #[arg(long)]
    pub(crate) give_back: bool,
}

/// Cancel an update.
#[derive(Debug, Args)]
pub(crate) struct Cancel {
    #[command(flatten)]
    pub(crate) update: OneUpdate,
    /// Put nodes in work back into service instead of finishing them
    #[arg(long)]
    pub(crate) give_back: bool,
    /// Let later launches use the image from before the update; so it is anyway, unless the new nodes stay
    #[arg(long, conflicts_with = "keep_new")]
    pub(crate) restore_target: bool,
    /// Keep the new nodes: old ones go in their place, and later launches use the new image
    #[arg(long)]
    pub(crate) keep_new: bool,
}

/// The embedded world and its time.
#[derive(Debug, Args)]
pub(crate) struct WorldCommand {
    #[command(subcommand)]
    pub(crate) act: Option<WorldAct>,
    #[command(flatten)]
    pub(crate) cluster: InCluster,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// What can be done to the embedded world.
#[derive(Debug, Subcommand)]
pub(crate) enum WorldAct {
    /// Stop its time
    Pause,
    /// Let its time go on
    Resume,
    /// Set how fast its time goes: real, or a factor such as 60x
    Speed {
        /// The speed
        #[arg(value_name = "SPEED")]
        speed: String,
    },
    /// Let this much of its time pass at once
    Advance {
        /// How long, such as 10m
        #[arg(value_name = "TIME")]
        length: String,
    },
    /// Do something to it: an act of a world file
    Do {
        /// The act, such as zone-capacity, node-dies, kubelet-silent; docs/reference/world-file.md lists all
        #[arg(value_name = "ACT")]
        act: String,
        /// Its fields
        #[arg(value_name = "FIELD=VALUE")]
        fields: Vec<Member>,
    },
}

/// A field of an act with its value, neither of them empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// The field.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) value: String,
}

impl FromStr for Member {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| Err(format!("{what}; give a field and its value, such as zone=us-west-2a"));
        match text.split_once('=') {
            None => wrong("it is no field"),
            Some((name, _)) if name.trim().is_empty() => wrong("the field has no name"),
            Some((_, value)) if value.trim().is_empty() => wrong("the field is empty (an unset variable?)"),
            Some((name, value)) => Ok(Self { name: name.to_owned(), value: value.to_owned() }),
        }
    }
}

/// A completion script.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}
