//! Flags of `replank snapshot` and `replank rehearse`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::remote::{AwsAccount, Cloud, Format};
use super::{Reach, Stalls, Update};

/// Take a snapshot.
#[derive(Debug, Args)]
pub(crate) struct Snapshot {
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Not from a cluster but from what `kubectl get -o json` or `-o yaml` printed, in files; - reads standard input
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["kubeconfig", "context"])]
    pub(crate) from: Vec<PathBuf>,
    /// When the objects of --from were listed, such as 2026-11-30T12:00:00Z; else the newest time that they tell
    #[arg(long, value_name = "TIME", requires = "from")]
    pub(crate) taken_at: Option<jiff::Timestamp>,
    /// Where to write the snapshot
    #[arg(long, value_name = "FILE", alias = "output", short_alias = 'o')]
    pub(crate) out: PathBuf,
    /// Scramble names, namespaces and values of labels
    #[arg(long)]
    pub(crate) anonymize: bool,
    /// The cluster's name; else what the kubeconfig calls it
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
}

/// Rehearse an update on a snapshot.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Rehearse {
    /// What else than a node group to rehearse.
    #[command(subcommand)]
    pub(crate) what: Option<RehearseWhat>,
    /// The snapshot; without one, the cluster is read now
    #[arg(value_name = "FILE", conflicts_with_all = ["kubeconfig", "context"])]
    pub(crate) snapshot: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// The node group to update, when the snapshot has several
    #[arg(long, value_name = "NAME")]
    pub(crate) nodegroup: Option<String>,
    /// A world file with what the cluster does not tell: sizes, timings, the autoscaler
    #[arg(long = "world", value_name = "FILE")]
    pub(crate) world: Option<PathBuf>,
    /// AWS: the group's sizes, zones, images and launch times are read there, and what the update leads to; --nodegroup is
    /// its name there
    #[arg(long, value_enum, requires = "nodegroup", conflicts_with_all = ["snapshot", "world"])]
    pub(crate) cloud: Option<Cloud>,
    /// AWS: the cluster that the group has to belong to
    #[arg(long, value_name = "NAME", requires = "cloud")]
    pub(crate) cluster: Option<String>,
    /// AWS: the image to move to, for groups that are not EKS's
    #[arg(long, value_name = "AMI", requires = "cloud", conflicts_with_all = ["release_version", "kubernetes_version"])]
    pub(crate) image_id: Option<String>,
    #[command(flatten)]
    pub(crate) account: AwsAccount,
    #[command(flatten)]
    pub(crate) update: Update,
    /// How often to rehearse, each time with other picks and delays
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=100))]
    pub(crate) seeds: u64,
    /// The seed of the first rehearsal; the others follow it
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    pub(crate) first_seed: u64,
    /// Rehearse with this changed as well, such as "batch 3" or "budget shop/web minAvailable=2"
    ///
    /// Several changes in one, with commas between, are made together. Given several times, each is rehearsed by
    /// itself. Changes: batch N|N%, strategy default|minimal|replace, order random|zone-by-zone|oldest|emptiest, force,
    /// budget NAMESPACE/NAME minAvailable=N|maxUnavailable=N|none, zone ZONE no-capacity,
    /// jobs end-soon, unready stay, gates lifted.
    #[arg(long, value_name = "CHANGE")]
    pub(crate) what_if: Vec<String>,
    #[command(flatten)]
    pub(crate) stalls: Stalls,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    pub(crate) output: Format,
    /// Write a report with a timeline of the nodes to this file: one page, nothing to load
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

/// What else can be rehearsed.
#[derive(Debug, Subcommand)]
pub(crate) enum RehearseWhat {
    /// Run the upgrade of a whole cluster in virtual time, on a snapshot of the cluster
    ///
    /// Check, control plane, add-ons and node groups of every minor on the way, as `replank upgrade cluster` does them:
    /// how long each step takes, what holds it up, which pods move, what the check finds before each minor.
    ///
    /// Examples:
    ///   replank rehearse cluster prod.snap                # to the latest minor that EKS serves
    ///   replank rehearse cluster prod.snap --to 1.35 --html report.html
    ///   replank rehearse cluster --context prod           # the cluster as it is now
    ///
    /// Exit codes: 0 it would get there, 4 it would not or a finding would hold it, 6 pods are without a node
    /// in the end, 2 a flag or a file is wrong.
    #[command(verbatim_doc_comment)]
    Cluster(RehearseCluster),
}

/// Rehearse the upgrade of a cluster.
#[derive(Debug, Args)]
pub(crate) struct RehearseCluster {
    /// The snapshot; without one, the cluster is read now
    #[arg(value_name = "FILE", conflicts_with_all = ["kubeconfig", "context"])]
    pub(crate) snapshot: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// The Kubernetes version to reach; the latest by default
    #[arg(long, value_name = "VERSION")]
    pub(crate) to: Option<String>,
    /// A world file with what the cluster does not tell: sizes, timings, the autoscaler
    #[arg(long = "world", value_name = "FILE")]
    pub(crate) world: Option<PathBuf>,
    /// The seed of picks and delays
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) stalls: Stalls,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    pub(crate) output: Format,
    /// Write a report to this file: one page, nothing to load
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}
