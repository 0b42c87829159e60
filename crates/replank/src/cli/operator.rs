//! Flags of `replank operator`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::{Reach, remote};

/// Run updates as they are declared in the cluster.
#[derive(Debug, Args)]
pub(crate) struct Operator {
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Who launches and terminates its machines
    #[arg(long, value_enum)]
    pub(crate) cloud: Option<remote::Cloud>,
    /// A world file with what a cluster does not tell of its cloud
    #[arg(long, value_name = "FILE")]
    pub(crate) world: Option<PathBuf>,
    /// Keep the state of the embedded cloud in this directory, which all replicas share
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Where /healthz, /readyz and /metrics are answered
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8383")]
    pub(crate) listen: SocketAddr,
    /// The name of this replica in the Lease; else the name of the machine and the number of the process
    #[arg(long, value_name = "NAME")]
    pub(crate) replica: Option<String>,
    /// Say in the log what would be done, and write nothing to the cluster
    #[arg(long)]
    pub(crate) dry_run: bool,
}
