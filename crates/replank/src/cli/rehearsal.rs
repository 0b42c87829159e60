//! Flags of `replank snapshot` and `replank rehearse`.

use std::path::PathBuf;

use clap::Args;

use super::{Output, Reach, Stalls, Update};

/// Take a snapshot.
#[derive(Debug, Args)]
pub(crate) struct Snapshot {
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Not from a cluster but from what `kubectl get -o json` printed, in files; - reads standard input
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["kubeconfig", "context"])]
    pub(crate) from: Vec<PathBuf>,
    /// When the objects of --from were listed, such as 2026-11-30T12:00:00Z; else the newest time that they tell
    #[arg(long, value_name = "TIME", requires = "from")]
    pub(crate) taken_at: Option<jiff::Timestamp>,
    /// Where to write the snapshot
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Scramble names, namespaces and values of labels
    #[arg(long)]
    pub(crate) anonymize: bool,
    /// The cluster's name; else what the kubeconfig calls it
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
}

/// Rehearse an update on a snapshot.
#[derive(Debug, Args)]
pub(crate) struct Rehearse {
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
    /// jobs end-soon, unready stay.
    #[arg(long, value_name = "CHANGE")]
    pub(crate) what_if: Vec<String>,
    #[command(flatten)]
    pub(crate) stalls: Stalls,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
    /// Write a report with a timeline of the nodes to this file: one page, nothing to load
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}
