//! Flags of `replank operator`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use replank_server::people::Network;

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
    /// Tell this address what becomes of updates: `CloudEvents`, by POST
    #[arg(long, value_name = "URL")]
    pub(crate) notify_url: Option<String>,
    /// The secret that these are signed with, as Standard Webhooks has it
    #[arg(long, value_name = "FILE", requires = "notify_url")]
    pub(crate) notify_secret: Option<PathBuf>,
    /// Send traces to this collector, by OTLP over HTTP: a span for each turn of an update, with its acts below it
    #[arg(long, value_name = "URL")]
    pub(crate) otlp: Option<String>,
    /// Keep the whole report of each `Snapshot` in a `ConfigMap` of this namespace
    #[arg(long, value_name = "NAMESPACE")]
    pub(crate) reports: Option<String>,
    #[command(flatten)]
    pub(crate) dashboard: OperatorDashboard,
}

/// What to print for the API server.
#[derive(Debug, Args)]
pub(crate) struct Crds {
    /// Print what makes sure who approves an update instead: a `ValidatingAdmissionPolicy` and its binding
    #[arg(long)]
    pub(crate) approval: bool,
}

/// The dashboard of an operator, and who may come.
#[derive(Debug, Args)]
pub(crate) struct OperatorDashboard {
    /// Serve the dashboard and the control API here; an address that others reach needs TLS
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) dashboard: Option<SocketAddr>,
    /// The certificate of the dashboard, PEM, with the chain behind it
    #[arg(long, value_name = "FILE", requires = "dashboard")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The key of that certificate, PEM
    #[arg(long, value_name = "FILE", requires = "dashboard")]
    pub(crate) tls_key: Option<PathBuf>,
    /// The audience that bearer tokens have to be for; else the API server itself
    #[arg(long, value_name = "NAME", requires = "dashboard")]
    pub(crate) audience: Option<String>,
    /// What those may do who are known to the cluster and may not change updates there
    #[arg(long, value_name = "WHAT", default_value = "look", requires = "dashboard")]
    pub(crate) others: Others,
    /// The header in which a proxy in front names the user whom it signed in; needs --proxy-from
    #[arg(long, value_name = "HEADER", requires = "dashboard", requires = "proxy_from")]
    pub(crate) proxy_user_header: Option<String>,
    /// The header in which the proxy names the groups, separated by commas
    #[arg(long, value_name = "HEADER", requires = "proxy_user_header")]
    pub(crate) proxy_groups_header: Option<String>,
    /// Where the proxy connects from: an address or a range, which may be given several times
    #[arg(long, value_name = "NETWORK", requires = "proxy_user_header")]
    pub(crate) proxy_from: Vec<Network>,
}

/// What those may do who are known to the cluster and may not change updates there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Others {
    /// Look, and change nothing
    Look,
    /// Nothing, unless the cluster lets them list updates
    Nothing,
}
