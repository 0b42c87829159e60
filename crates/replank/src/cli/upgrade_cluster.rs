//! Flags of `replank upgrade cluster`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Reach;
use super::remote::{AwsAccount, Cloud, Server};

/// What to reach, where to wait for a person, and what to print.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
pub(crate) struct UpgradeCluster {
    /// The cluster
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The Kubernetes version to reach; the next one by default, with --all the latest
    #[arg(long, value_name = "VERSION", visible_alias = "kubernetes-version")]
    pub(crate) to: Option<String>,
    /// One plan of every minor between, with everything that belongs to each
    #[arg(long)]
    pub(crate) all: bool,
    /// Do it
    #[arg(long)]
    pub(crate) approve: bool,
    /// Where to wait for `replank resume`
    #[arg(long, value_enum, default_value_t = Gate::Cluster)]
    pub(crate) gate: Gate,
    /// Let nodes that are not of EKS skip minors, three at most
    #[arg(long)]
    pub(crate) skip_workers: bool,
    /// Checks whose findings hold nothing up, by their ids
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    pub(crate) accept: Vec<String>,
    /// Return once it has begun
    #[arg(long, requires = "approve")]
    pub(crate) no_wait: bool,
    #[command(flatten)]
    pub(crate) server: Server,
    #[command(flatten)]
    pub(crate) real: RealUpgrade,
}

/// Where an upgrade waits for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Gate {
    /// Before every step that changes something, the first one excepted
    Each,
    /// Before each control plane, the first one excepted
    Cluster,
    /// Nowhere
    None,
}

/// A real cluster, upgraded by this process.
#[derive(Debug, Args)]
#[command(next_help_heading = "A real cluster, without a server")]
pub(crate) struct RealUpgrade {
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Who launches and terminates its machines; on AWS, EKS moves the control plane of a cluster of its own
    #[arg(long, value_enum)]
    pub(crate) cloud: Option<Cloud>,
    #[command(flatten)]
    pub(crate) account: AwsAccount,
    /// Put an add-on that is yours back when its pods are not available after this
    #[arg(long, value_name = "LENGTH", default_value = "25m")]
    pub(crate) add_on_timeout: String,
    /// A world file with what a cluster does not tell: sizes, timings, limits
    #[arg(long, value_name = "FILE", requires = "cloud")]
    pub(crate) world: Option<PathBuf>,
}
