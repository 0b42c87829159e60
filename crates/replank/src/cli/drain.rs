//! Flags of `replank drain`.

use clap::Args;

use super::Reach;
use super::remote::Format;
use super::selector::Selector;

/// Empty nodes of a real cluster.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
pub(crate) struct Drain {
    /// Names of the nodes to empty
    #[arg(value_name = "NODE", required_unless_present = "selector", conflicts_with = "selector")]
    pub(crate) nodes: Vec<String>,
    /// The nodes with such labels
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub(crate) selector: Option<Selector>,
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Drain; without it nothing is done
    #[arg(long)]
    pub(crate) approve: bool,
    /// Evict pods that no controller brings back; one with an emptyDir needs --delete-emptydir-data too
    #[arg(long)]
    pub(crate) force: bool,
    /// Evict pods whose emptyDir is lost with them; one that no controller brings back needs --force too
    #[arg(long)]
    pub(crate) delete_emptydir_data: bool,
    /// Pods of `DaemonSets` stay with their node in any case; accepted as kubectl accepts it
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
    /// Go on waiting where nothing is left but pods whose budgets can never let them go, so that somebody may mend these;
    /// without it that ends the drain with exit code 4
    #[arg(long)]
    pub(crate) wait_anyway: bool,
    /// Print lines even on a terminal
    #[arg(long)]
    pub(crate) plain: bool,
    /// How to print
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    pub(crate) output: Format,
}
