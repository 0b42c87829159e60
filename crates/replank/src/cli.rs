//! Flags and their help, nothing else. What they mean is worked out in `settings`.

mod add_on;
mod check;
mod drain;
mod embedded;
pub(crate) mod given;
mod operator;
mod reference;
mod rehearsal;
pub(crate) mod remote;
pub(crate) mod schema;
mod selector;
mod up;
mod update;
mod upgrade;
pub(crate) mod upgrade_cluster;

use std::path::PathBuf;

use clap::{Args, ColorChoice, Parser, Subcommand};

use crate::logging::Logging;

pub(crate) use add_on::{AddOnUpdate, UpdateAddOn};
pub(crate) use check::{Check, FailOn, Shape};
pub(crate) use drain::Drain;
pub(crate) use embedded::{Demo, Plan, World};
pub(crate) use operator::{Crds, Operator, OperatorDashboard, Others};
pub(crate) use reference::{Page, Reference};
pub(crate) use rehearsal::{Rehearse, RehearseCluster, RehearseWhat, Snapshot};
pub(crate) use up::{Bind, Real, Up};
pub(crate) use update::{Guard, Increment, Order, Stalls, Strategy, Update};

/// Replaces every node of a Kubernetes node group while applications run
///
/// Examples:
///   replank plan                                   # what an update would do, on the embedded world
///   replank demo                                   # watch one
///   replank up                                     # serve that world, and from another terminal:
///   replank upgrade nodegroup default --approve    # update a node group of it
///   replank why                                    # what it waits for, and what to do about it
#[derive(Debug, Parser)]
#[command(
    name = "replank",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    verbatim_doc_comment
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// What is said beside it.
    #[command(flatten)]
    pub(crate) logging: Logging,
    /// Whether output is coloured; by itself on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto, help_heading = "Logging")]
    pub(crate) color: ColorChoice,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a node group update on the embedded world and watch every node being replaced
    ///
    /// On a terminal it is a live view: p pauses, r resumes, c cancels, + and - change the speed, q quits.
    /// In a pipe it prints one line per event. It ends with a summary.
    /// Exit codes: 0 done, 1 failed, 2 bad input, 3 cancelled or left, 4 stuck,
    /// 6 done and pods are without a node.
    ///
    /// Examples:
    ///   replank demo                                      # the built-in shop, live
    ///   replank demo --plain --speed 60x                  # lines, a minute in a second
    ///   replank demo -f ./manifests --max-unavailable 2   # under your own application
    ///   replank demo --world world.yaml --seed 7 -o json  # another world, for a program
    ///   replank demo --data ./ship                        # killed, the same command goes on
    #[command(verbatim_doc_comment)]
    Demo(Demo),
    /// Say what an upgrade of the cluster would break, before anything is begun
    ///
    /// Versions of APIs that go, as they are applied by whom; values and flags that lose their meaning;
    /// budgets, webhooks, kubelets and definitions that would stop it. Reads only: a cluster, a
    /// snapshot, or manifests alone. docs/reference/findings.md says what each finding means.
    ///
    /// Examples:
    ///   replank check                                     # the current cluster, to its next minor
    ///   replank check --context prod --target 1.34.2
    ///   replank check -f ./manifests --target 1.34        # manifests alone, in CI
    ///   helm template ./chart | replank check -f - --target 1.34 -o sarif
    ///   replank check --snapshot prod.snap -o html > check.html
    ///
    /// Exit codes: 0 nothing breaks, 7 something does (see --fail-on), 2 a flag or a file is wrong.
    #[command(verbatim_doc_comment)]
    Check(Check),
    /// Print what an update would do, before it does it
    ///
    /// Examples:
    ///   replank plan                                      # the built-in shop
    ///   replank plan -f ./manifests --strategy minimal    # under your own application
    ///   replank plan --world world.yaml -o json           # another world, for a program
    ///
    /// Exit codes: 0 it would succeed, 4 it would not, 6 it would and pods are without a node in the
    /// end, 2 a flag or a file is wrong.
    #[command(verbatim_doc_comment)]
    Plan(Plan),
    /// Write down the objects of a cluster that decide what an update of its nodes does
    ///
    /// Secrets and config maps are never read, nor environments and commands of containers.
    ///
    /// Examples:
    ///   replank snapshot --context prod --out prod.snap
    ///   replank snapshot --context prod --out prod.snap --anonymize    # to show it to others
    ///   replank snapshot --from all.json --out prod.snap    # from what `kubectl get -o json` printed
    ///
    /// Exit codes: 0 written, 2 a flag or a file is wrong.
    #[command(verbatim_doc_comment)]
    Snapshot(Snapshot),
    /// Run the update of a real cluster's node group in virtual time, on a snapshot of the cluster
    ///
    /// Examples:
    ///   replank rehearse prod.snap         # would it finish, how long, what would hold it up
    ///   replank rehearse --context prod    # the same, on the cluster as it is now
    ///   replank rehearse prod.snap --max-unavailable 3 --html report.html
    ///   replank rehearse prod.snap --what-if force
    ///
    /// Exit codes: 0 it would succeed with every seed, 4 it would not, 6 it would and pods are without
    /// a node in the end, 2 a flag or a file is wrong.
    /// With changes to try it is theirs: 0 when it would succeed with each of them.
    #[command(verbatim_doc_comment)]
    Rehearse(Rehearse),
    /// Serve the embedded world, or a real cluster, to clients of EKS until stopped
    ///
    /// An EKS-compatible endpoint and the cluster's Kubernetes API, both on 127.0.0.1 unless told
    /// otherwise, for aws, boto3, kubectl, eksctl and other unmodified clients. With --cloud, a real
    /// cluster takes the place of the embedded world: the endpoint stands in front of it, and its
    /// Kubernetes API is its own.
    ///
    /// Examples:
    ///   replank up                                        # the built-in cluster eks-workshop
    ///   replank up --data ./ship                          # kept over restarts and kills
    ///   replank up --world world.yaml --speed real        # another world, as slow as a real one
    ///   replank up --context lab --cloud kwok --data ./ship    # a real cluster with kwok nodes
    ///   replank up --bind 0.0.0.0 --host ship.example --credentials keys --tls-cert crt --tls-key key
    ///
    /// Exit codes: 0 stopped, 2 a flag, a file or a port is wrong.
    #[command(verbatim_doc_comment)]
    Up(Up),
    /// Print what a shell needs to talk to a running `replank up`
    ///
    /// Examples:
    ///   eval "$(replank env)"
    ///   aws eks list-clusters
    ///   replank up & eval "$(replank env --wait)"    # in one breath
    #[command(verbatim_doc_comment)]
    Env(Env),
    /// Empty nodes of a real cluster through the eviction API, every wait named
    ///
    /// Without --approve it prints which pods would leave and what would hold them. Budgets are
    /// respected over all nodes at once; pods of DaemonSets stay. The nodes stay cordoned.
    ///
    /// Examples:
    ///   replank drain node-1                              # what would happen
    ///   replank drain node-1 node-2 --approve --timeout 15m
    ///   replank drain -l topology.kubernetes.io/zone=us-west-2a --approve
    ///
    /// Exit codes: 0 drained or planned, 1 not drained in time, 2 bad input, 3 left, 4 a budget would
    /// never let go.
    #[command(verbatim_doc_comment)]
    Drain(Drain),
    /// Print the roles that replank needs in a real cluster, for kubectl apply
    ///
    /// Examples:
    ///   replank rbac | kubectl apply -f -
    #[command(verbatim_doc_comment)]
    Rbac,
    /// Print the policies that replank needs in an AWS account, as JSON for IAM
    ///
    /// Examples:
    ///   replank iam                        # enough for plans and lists
    ///   replank iam --cluster shop         # also for updates of the groups and templates with that cluster's tag
    #[command(verbatim_doc_comment)]
    Iam(remote::InCluster),
    /// Run updates of node groups as objects in the cluster declare them, until stopped
    ///
    /// Follows the custom resources that `replank crds` prints. Of several replicas one acts; the
    /// others take over from one that falls silent, within 15 seconds.
    ///
    /// Examples:
    ///   replank crds | kubectl apply -f -
    ///   replank operator --cloud kwok --data ./ship
    ///   replank operator --cloud kwok --data ./ship --dry-run    # say what would be done
    ///
    /// Exit codes: 0 stopped, 2 a flag, a file or the cluster is not as it has to be.
    #[command(verbatim_doc_comment)]
    Operator(Operator),
    /// Print the custom resources of `replank operator`, for kubectl apply
    ///
    /// Examples:
    ///   replank crds | kubectl apply -f -
    ///   replank crds --approval | kubectl apply -f -    # so that it is sure who approves an update
    #[command(verbatim_doc_comment)]
    Crds(Crds),
    /// Upgrade a node group of a running server: plans, and acts with --approve
    #[command(subcommand)]
    Upgrade(remote::Upgrade),
    /// Update an add-on of a cluster to its version for the control plane: plans, and acts with --approve
    #[command(subcommand)]
    Utils(AddOnUpdate),
    /// List clusters, node groups, updates, images or nodes of a running server
    ///
    /// Examples:
    ///   replank get nodegroups
    ///   replank get nodes --nodegroup default
    ///   replank get updates --running -o json
    ///   replank get images --kubernetes-version 1.33
    ///   replank get nodegroups -o wide    # with zones, instance types, and more
    ///   replank get nodes -o name         # names alone, a line each
    #[command(verbatim_doc_comment)]
    Get(remote::Get),
    /// Say what every running update waits for, since when, and what to do about it
    ///
    /// Examples:
    ///   replank why             # all updates under way
    ///   replank why default     # that of one node group
    ///   replank why -o json
    #[command(verbatim_doc_comment)]
    Why(remote::Why),
    /// Follow an update to its end, line by line, from its beginning
    ///
    /// Ctrl-C leaves it running.
    ///
    /// Examples:
    ///   replank follow                                   # the only one under way
    ///   replank follow default
    ///   replank follow 5f0c2b9e-7d5c-4f7e-9d2b-0c1a2b3c4d5e -o json
    ///
    /// Exit codes: 0 it succeeded, 1 it failed, 2 bad input, 3 it was cancelled, or you left, 5 no server.
    #[command(verbatim_doc_comment)]
    Follow(remote::OneUpdate),
    /// Watch running updates of a server on a terminal: nodes, budgets, waits and events, live
    ///
    /// Keys: p pauses, r resumes, c cancels and f forces after a question, arrows scroll, tab shows the next
    /// update, ? explains, q leaves; the updates go on. In a pipe it is
    /// `replank follow`.
    ///
    /// Examples:
    ///   replank watch             # the one under way, and those that begin meanwhile
    ///   replank watch default     # that of one node group first
    #[command(verbatim_doc_comment)]
    Watch(remote::OneUpdate),
    /// Pause an update: no further node is picked, nodes in work are finished
    ///
    /// Examples:
    ///   replank pause
    ///   replank pause default --uncordon    # nodes in work return to service
    ///   replank pause --all                  # every update that is under way
    #[command(verbatim_doc_comment)]
    Pause(remote::Pause),
    /// Resume a paused update
    ///
    /// Examples:
    ///   replank resume
    ///   replank resume default
    #[command(verbatim_doc_comment)]
    Resume(remote::Updates),
    /// Cancel an update: the extra new nodes go, every old node that is left stays, what is replaced stays replaced
    ///
    /// Marks come off, the sizes are as before, and later launches use the image from before.
    ///
    /// Examples:
    ///   replank cancel
    ///   replank cancel default --uncordon    # nodes in work return to service
    ///   replank cancel default --keep-new     # the other way: old nodes go, new ones stay
    #[command(verbatim_doc_comment)]
    Cancel(remote::Cancel),
    /// Print the decision record of an update: everything it did and decided, in order
    ///
    /// Examples:
    ///   replank history              # of the update begun last
    ///   replank history default      # of the last one of a node group
    ///   replank history 5f0c2b9e-7d5c-4f7e-9d2b-0c1a2b3c4d5e -o yaml
    #[command(verbatim_doc_comment)]
    History(remote::OneUpdate),
    /// Print the link that opens the dashboard of a running server in a browser, once
    ///
    /// The link opens once and within an hour; the browser that opens it is signed in until it was not used for 12 hours.
    ///
    /// Examples:
    ///   replank dashboard
    ///   replank dashboard --read-only    # to look, and change nothing
    ///   replank dashboard --open         # in the browser of this machine
    #[command(verbatim_doc_comment)]
    Dashboard(remote::Dashboard),
    /// Look at the embedded world's time, set its pace, or let something happen in it
    ///
    /// Examples:
    ///   replank world                                               # what time it is there
    ///   replank world pause                                         # stop its time
    ///   replank world advance 10m                                   # let ten minutes pass at once
    ///   replank world speed 300x
    ///   replank world do zone-capacity zone=us-west-2a instances=0  # the zone has no room left
    ///   replank world do node-dies node=ip-10-0-1-1.us-west-2.compute.internal
    #[command(verbatim_doc_comment)]
    World(remote::WorldCommand),
    /// Say which replank this is
    ///
    /// Examples:
    ///   replank version
    ///   replank version -o json
    #[command(verbatim_doc_comment)]
    Version(remote::Version),
    /// Print the JSON Schema of what a command prints as JSON
    ///
    /// Without a name, every document is listed with the commands that print it.
    ///
    /// Examples:
    ///   replank schema
    ///   replank schema plan > plan.schema.json
    #[command(verbatim_doc_comment)]
    Schema(schema::Schema),
    /// Print the completion script of a shell
    ///
    /// Examples:
    ///   source <(replank completions bash)    # names of contexts, clusters, groups, nodes and updates too
    ///   replank completions fish > ~/.config/fish/completions/replank.fish
    #[command(verbatim_doc_comment)]
    Completions(remote::Completions),
    /// Print the manual page, or write those of every command into a directory
    #[command(hide = true)]
    Man(remote::Man),
    /// Print a page of the reference, as it stands in docs/reference
    #[command(hide = true)]
    Reference(Reference),
}

/// Which cluster is meant.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Reach {
    /// The kubeconfig file; else the list in KUBECONFIG, else ~/.kube/config, else the pod's own service account
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The context in it; else the current one
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
}

impl Reach {
    /// Whether it names a cluster.
    pub(crate) fn is_given(&self) -> bool {
        self.context.is_some() || self.kubeconfig.is_some()
    }
}

/// Print the environment of a running `replank up`.
#[derive(Debug, Args)]
pub(crate) struct Env {
    /// The data directory of the `replank up` that is meant; the only one that runs by default
    #[arg(long, value_name = "DIR", conflicts_with = "endpoint_url")]
    pub(crate) data: Option<PathBuf>,
    /// The endpoint of the `replank up` that is meant
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
    /// Wait until it is up, half a minute at most
    #[arg(long)]
    pub(crate) wait: bool,
}
