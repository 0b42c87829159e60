//! Flags and their help, nothing else. What they mean is worked out in `settings`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Replaces every node of a Kubernetes node group, plank by plank, while the ship sails
///
/// Examples:
///   replank plan   # what an update would do
///   replank demo   # watch one
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
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a node group update on the embedded world and watch every node being replaced
    ///
    /// On a terminal it is a live view: p pauses, r resumes, c cancels, + and - change the speed, q quits.
    /// In a pipe it prints one line per event. It ends with a summary.
    /// Exit codes: 0 done, 1 failed, 2 bad input, 3 cancelled or left, 4 stuck.
    ///
    /// Examples:
    ///   replank demo                                      # the built-in shop, live
    ///   replank demo --plain --speed 60x                  # lines, a minute in a second
    ///   replank demo -f ./manifests --max-unavailable 2   # under your own application
    ///   replank demo --world world.yaml --seed 7 -o json  # another world, for a program
    ///   replank demo --data ./ship                        # killed, the same command goes on
    #[command(verbatim_doc_comment)]
    Demo(Demo),
    /// Print what an update would do, before it does it
    ///
    /// Examples:
    ///   replank plan                                      # the built-in shop
    ///   replank plan -f ./manifests --strategy minimal    # under your own application
    ///   replank plan --world world.yaml -o json           # another world, for a program
    ///
    /// Exit codes: 0 it would succeed, 4 it would not, 2 a flag or a file is wrong.
    #[command(verbatim_doc_comment)]
    Plan(Plan),
    /// Serve the embedded world to clients of EKS and Kubernetes, until stopped
    ///
    /// An EKS-compatible endpoint and the cluster's Kubernetes API, both on 127.0.0.1 unless told otherwise, for aws,
    /// boto3, kubectl, eksctl and other unmodified clients.
    ///
    /// Examples:
    ///   replank up                                        # the built-in cluster eks-workshop
    ///   replank up --data ./ship                          # kept over restarts and kills
    ///   replank up --world world.yaml --speed real        # another world, as slow as a real one
    ///   replank up --bind 0.0.0.0 --host lab.example.com --tls-cert cert.pem --tls-key key.pem --credentials keys
    ///
    /// Exit codes: 0 stopped, 2 a flag, a file or a port is wrong.
    #[command(verbatim_doc_comment)]
    Up(Up),
    /// Print what a shell needs to talk to a running `replank up`
    ///
    /// Examples:
    ///   eval "$(replank env)"
    ///   aws eks list-clusters
    #[command(verbatim_doc_comment)]
    Env(Env),
    /// Empty nodes of a real cluster through the eviction API, every wait named
    ///
    /// Without --approve it prints which pods would leave and what would hold them. Budgets are respected over all
    /// nodes at once; pods of DaemonSets stay. The nodes stay cordoned.
    ///
    /// Examples:
    ///   replank drain node-1                              # what would happen
    ///   replank drain node-1 node-2 --approve --timeout 15m
    ///   replank drain -l topology.kubernetes.io/zone=us-west-2a --approve
    ///
    /// Exit codes: 0 drained or planned, 1 not drained in time, 2 bad input, 3 left, 4 a budget would never let go.
    #[command(verbatim_doc_comment)]
    Drain(Drain),
    /// Print the roles that replank needs in a real cluster, for kubectl apply
    ///
    /// Examples:
    ///   replank rbac | kubectl apply -f -
    #[command(verbatim_doc_comment)]
    Rbac,
    /// Print a page of the reference, as it stands in docs/reference
    #[command(hide = true)]
    Reference(Reference),
}

/// Run an update on the embedded world.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    #[command(flatten)]
    pub(crate) world: World,
    #[command(flatten)]
    pub(crate) update: Update,
    /// How fast virtual time runs: max, real, or a factor such as 60x
    ///
    /// The default is max in a pipe and 60x on a terminal.
    #[arg(long, value_name = "SPEED")]
    pub(crate) speed: Option<String>,
    /// Keep the journal and the world in this directory; the same command again goes on where it was
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
    /// Print lines even on a terminal
    #[arg(long)]
    pub(crate) plain: bool,
}

/// Preview an update on the embedded world.
#[derive(Debug, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) world: World,
    #[command(flatten)]
    pub(crate) update: Update,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// Serve the embedded world.
#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    pub(crate) world: World,
    /// How fast virtual time runs: real, or a factor such as 60x
    #[arg(long, value_name = "SPEED", default_value = "60x")]
    pub(crate) speed: String,
    /// Keep everything in this directory; the same command again goes on where it was
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The port of the EKS endpoint; 7300 when it is free, else any
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// The port of the Kubernetes API; 7443 when it is free, else any
    #[arg(long, value_name = "PORT")]
    pub(crate) kubernetes_port: Option<u16>,
    #[command(flatten)]
    pub(crate) bind: Bind,
}

/// Where to listen, and what keeps strangers out.
#[derive(Debug, Args)]
pub(crate) struct Bind {
    /// The address to listen on; one that others reach needs TLS and credentials of your own
    #[arg(long = "bind", value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) address: IpAddr,
    /// The name or address that clients use, when it is not the one of --bind
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// The certificate of the EKS endpoint, PEM, with the chain behind it
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The key of that certificate, PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// The keys that clients sign with, in the form of ~/.aws/credentials; replank makes a pair by default
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials: Option<PathBuf>,
}

/// Empty nodes of a real cluster.
#[derive(Debug, Args)]
pub(crate) struct Drain {
    /// The nodes
    #[arg(value_name = "NODE", required_unless_present = "selector", conflicts_with = "selector")]
    pub(crate) nodes: Vec<String>,
    /// The nodes with such labels
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub(crate) selector: Option<String>,
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Drain; without it nothing is done
    #[arg(long)]
    pub(crate) approve: bool,
    /// Evict pods that no controller brings back
    #[arg(long)]
    pub(crate) force: bool,
    /// Evict pods whose emptyDir is lost with them
    #[arg(long)]
    pub(crate) delete_emptydir_data: bool,
    /// Pods of `DaemonSets` stay with their node in any case; taken for the habit's sake
    #[arg(long)]
    pub(crate) ignore_daemonsets: bool,
    /// Let pods of Jobs run to their end
    #[arg(long)]
    pub(crate) wait_for_jobs: bool,
    /// The longest grace a pod gets, in seconds; without it, the pod's own
    #[arg(long, value_name = "SECONDS")]
    pub(crate) grace_period: Option<u32>,
    /// Give up after this, such as 15m; without it, wait as long as it takes
    #[arg(long, value_name = "LENGTH")]
    pub(crate) timeout: Option<String>,
}

/// Which cluster is meant.
#[derive(Debug, Args)]
pub(crate) struct Reach {
    /// The kubeconfig file; else the list in KUBECONFIG, else ~/.kube/config, else the pod's own service account
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The context in it; else the current one
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
}

/// Print the environment of a running `replank up`.
#[derive(Debug, Args)]
pub(crate) struct Env {
    /// The data directory of the `replank up` that is meant; the one started last by default
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

/// The world to run in.
#[derive(Debug, Args)]
pub(crate) struct World {
    /// A world file; without one, the built-in cluster eks-workshop
    #[arg(long = "world", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Kubernetes manifests to run in the world, from files or directories; - reads standard input
    ///
    /// They replace the built-in shop, or come on top of what the world file runs.
    #[arg(short = 'f', long = "filename", value_name = "FILE_OR_DIR", num_args = 1..)]
    pub(crate) manifests: Vec<PathBuf>,
    /// Repeats a run to the byte
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// The node group to update, when the world has several
    #[arg(long, value_name = "NAME")]
    pub(crate) nodegroup: Option<String>,
    /// Let the world's Cluster Autoscaler act
    #[arg(long)]
    pub(crate) autoscaler: bool,
}

/// How to update. What is not given is taken from the world file, then from the node group, then from EKS.
#[derive(Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
pub(crate) struct Update {
    /// The release to move to, such as 1.32.9-20251101; the newest of the group's Kubernetes version by default
    #[arg(long, value_name = "RELEASE")]
    pub(crate) release_version: Option<String>,
    /// The Kubernetes version to move to, at most the cluster's
    #[arg(long, value_name = "VERSION")]
    pub(crate) kubernetes_version: Option<String>,
    /// How many nodes may be unavailable at once, as a number or a share, for this update only
    #[arg(long, value_name = "N|N%")]
    pub(crate) max_unavailable: Option<String>,
    /// New nodes first, or old nodes first
    #[arg(long, value_enum)]
    pub(crate) strategy: Option<Strategy>,
    /// How many extra nodes the scale up asks for
    #[arg(long, value_enum)]
    pub(crate) increment: Option<Increment>,
    /// How new pods are kept off old nodes
    #[arg(long, value_enum)]
    pub(crate) guard: Option<Guard>,
    /// Which old node goes next
    #[arg(long, value_enum)]
    pub(crate) order: Option<Order>,
    /// Delete pods that are still there when the drain limit passes
    #[arg(long)]
    pub(crate) force: bool,
    /// Do not evict pods that no controller brings back
    #[arg(long)]
    pub(crate) keep_bare_pods: bool,
    /// Do not evict pods with emptyDir volumes
    #[arg(long)]
    pub(crate) keep_emptydir_pods: bool,
    /// Let the pods of Jobs run to their end, inside the drain limit
    #[arg(long)]
    pub(crate) wait_for_jobs: bool,
    /// The longest grace a pod gets, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) grace_cap: Option<u32>,
    /// How long one node may take to drain, such as 15m
    #[arg(long, value_name = "TIME")]
    pub(crate) drain_timeout: Option<String>,
    /// How long a new node may take to become Ready, such as 15m
    #[arg(long, value_name = "TIME")]
    pub(crate) join_timeout: Option<String>,
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people
    Text,
    /// One JSON object per line
    Json,
}

/// New nodes first, or old nodes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Strategy {
    /// Surge first: new nodes are Ready in every zone before an old one is touched
    Default,
    /// Never above the configured size: old nodes go first
    Minimal,
}

/// How many extra nodes the scale up asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Increment {
    /// The smallest number that is certain to put a new node into every zone
    Smallest,
    /// Twice the zones, or the batch when that is larger
    Ceiling,
}

/// How new pods are kept off old nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Guard {
    /// A `NoSchedule` taint on every old node
    Taint,
    /// Every old node unschedulable and out of load balancers, as EKS does today
    Cordon,
}

/// Which old node goes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    /// At random, by the seed
    Random,
    /// One zone after the other
    ZoneByZone,
    /// Longest running first
    Oldest,
    /// Fewest pods first
    Emptiest,
}

/// A page of the reference.
#[derive(Debug, Args)]
pub(crate) struct Reference {
    /// Which page
    #[arg(value_enum)]
    pub(crate) page: Page,
}

/// Pages of the reference that the command prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Page {
    /// Exit codes
    ExitCodes,
    /// Flags of every command
    Commands,
    /// Waits
    Waits,
    /// Problems and failures
    Problems,
    /// JSON events
    Events,
    /// What each operation of EKS does here
    EksOperations,
    /// The world file
    WorldFile,
}
