//! Flags of `schema`: the documents that commands print as JSON.

use clap::{Args, ValueEnum};

/// The JSON Schema of a document.
#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// What a command prints as JSON; without it, all are listed
    #[arg(value_enum)]
    pub(crate) document: Option<Document>,
}

/// A document, by what prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Document {
    /// `plan`, and `upgrade nodegroup` without `--approve`: one for each node group
    Plan,
    /// `demo`: a line each
    DemoLine,
    /// `rehearse`
    Rehearsal,
    /// `rehearse cluster`
    ClusterRehearsal,
    /// `check`, in any place where findings are printed as JSON
    Check,
    /// `upgrade cluster` without `--approve`
    UpgradePlan,
    /// `upgrade nodegroup --no-wait`
    Begun,
    /// `follow`, and `upgrade nodegroup --approve`: a line each
    Line,
    /// the same, at the end
    LastLine,
    /// `why`: what is under way, with its waits
    Why,
    /// `history`, of an update of a node group
    History,
    /// `history`, of an upgrade of a cluster
    UpgradeHistory,
    /// `pause`, `resume`, `cancel`
    Command,
    /// `get clusters`
    Clusters,
    /// `get nodegroups`
    Nodegroups,
    /// `get updates`
    Updates,
    /// `get images`
    Images,
    /// `get nodes`
    Nodes,
    /// `drain` without `--approve`
    DrainPlan,
    /// `world`, `world speed`
    Time,
    /// `world do`
    Act,
    /// `dashboard`
    Link,
}
