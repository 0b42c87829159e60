//! Flags of `replank up`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use replank_server::quota::Quota;

use super::{Reach, World, remote};

/// Serve the embedded world, or a real cluster.
#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    pub(crate) world: World,
    /// How fast virtual time runs: real, or a factor such as 60x, which is the default
    #[arg(long, value_name = "SPEED")]
    pub(crate) speed: Option<String>,
    /// Keep everything in this directory; the same command again goes on where it was
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The port of the EKS endpoint; 7300 when it is free, else any
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// The port of the Kubernetes API; 7443 when it is free, else any
    #[arg(long, value_name = "PORT")]
    pub(crate) kubernetes_port: Option<u16>,
    /// How many there may be of something, as clusters=200; EKS's own are clusters=100, nodegroups=30 and
    /// fargate-profiles=10
    #[arg(long = "quota", value_name = "NAME=NUMBER", value_parser = Quota::read)]
    pub(crate) quotas: Vec<Quota>,
    #[command(flatten)]
    pub(crate) bind: Bind,
    #[command(flatten)]
    pub(crate) real: Real,
}

/// A real cluster behind the endpoint.
#[derive(Debug, Args)]
#[command(next_help_heading = "A real cluster in the place of the embedded world")]
pub(crate) struct Real {
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Who launches and terminates its machines
    #[arg(long, value_enum)]
    pub(crate) cloud: Option<remote::Cloud>,
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
