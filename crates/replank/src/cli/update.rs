//! Flags of an update on the embedded world.

use clap::{Args, ValueEnum};

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
    /// Whether owners that do not act here, such as custom resources of operators, are taken to make their pods again
    /// [default: true]
    #[arg(long, value_name = "true|false")]
    pub(crate) assume_recreated: Option<bool>,
    /// Do not evict pods that no controller brings back, nor delete them with --force
    #[arg(long)]
    pub(crate) keep_bare_pods: bool,
    /// Do not evict pods with emptyDir volumes, nor delete them with --force
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

/// Which stalls are told.
#[derive(Clone, Debug, Args)]
pub(crate) struct Stalls {
    /// Tell what held the update up for at least this long, such as 5s
    #[arg(long, value_name = "TIME", default_value = "1m")]
    pub(crate) stalls_from: String,
}

/// New nodes first, or old nodes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Strategy {
    /// Surge first: new nodes are Ready in every zone before an old one is touched
    Default,
    /// Never above the configured size: old nodes go first
    Minimal,
    /// Surge first, and the new nodes stay: every pod moves once (not of EKS)
    Replace,
}

impl Strategy {
    /// The word of EKS (`NodegroupUpdateStrategies`), and `REPLACE`, which is ours.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Default => "DEFAULT",
            Self::Minimal => "MINIMAL",
            Self::Replace => "REPLACE",
        }
    }
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
