//! The report of a turn: the one value that screens, lines, JSON and pages show. None of them works anything out again.
//!
//! A [`Report`] costs as much as is in work. [`roster()`] lists every node of the group and costs the group's size; it
//! is for live views.

mod budgets;
mod build;
pub(crate) mod members;
mod narrate;
pub mod phases;
pub mod plan;
mod repeats;
mod roster;
mod stalls;
mod waited;
pub mod wire;

use jiff::Timestamp;
use replank_core::names::{ClusterName, InstanceId, NodeGroupName, NodeName, UpdateId, Zone};
use replank_core::node_group::phase::{Phase, Purpose};
use replank_core::node_group::plan::NoNode;
use replank_core::node_group::problem::{Failure, Problem};
use replank_core::node_group::rollout::{End, Stage, Wishes};
use replank_core::node_group::wait::Wait;
use replank_core::sizes::Sizes;

pub use budgets::{BudgetJson, Budgets};
pub use narrate::{About, Line, Narrator};
pub use phases::PhaseJson;
pub use repeats::Repeats;
pub use roster::{NodeProgress, NodeProgressJson, Row, RowJson, roster};
pub use stalls::{Stall, StallJson, Stalls, WORTH_TELLING, budget};
pub use waited::{Waited, WaitedJson};

/// The state of one update after a turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Time of the turn.
    pub at: Timestamp,
    /// Id of the update.
    pub update: UpdateId,
    /// Name of the cluster.
    pub cluster: ClusterName,
    /// Name of the node group.
    pub group: NodeGroupName,
    /// Release that every node is to run.
    pub release: String,
    /// Kubernetes minor of that release; empty for an image of the user's own.
    pub version: String,
    /// When the update was asked for.
    pub started_at: Timestamp,
    /// Present phase.
    pub phase: Phase,
    /// When that phase began.
    pub phase_since: Timestamp,
    /// The group's sizes as last seen; `None` until it is first seen.
    pub sizes: Option<Sizes>,
    /// Original sizes, once Setup worked them out.
    pub original: Option<Sizes>,
    /// Most nodes in work at once, once Setup worked it out.
    pub batch: Option<u32>,
    /// Number of extra nodes to ask for, once Setup worked it out.
    pub increment: Option<u32>,
    /// Numbers of nodes by their place in the update.
    pub counts: Counts,
    /// Nodes in work, by instance id.
    pub nodes: Vec<NodeInWork>,
    /// Everything that is waited for.
    pub waits: Vec<Wait>,
    /// What does not stop the update and needs a person's attention.
    pub problems: Vec<Problem>,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
    /// How it ended; `None` while it runs.
    pub end: Option<End>,
    /// Pods of the cluster that had no node when it ended; empty while it runs.
    pub unplaced: Vec<NoNode>,
    /// What persons asked for since the start.
    pub wishes: Wishes,
    /// Whether pods that do not leave within the drain limit are deleted.
    pub force: bool,
    /// Latest time of the next turn; `None` when only a change or a person brings news.
    pub wake_at: Option<Timestamp>,
}

/// Numbers of nodes by their place in the update.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Old nodes that are not terminating, those in work included.
    pub old: u32,
    /// Nodes being cordoned, drained or terminated.
    pub in_work: u32,
    /// New nodes that are Ready, labelled and open to pods.
    pub ready: u32,
    /// New nodes that are Ready, labelled and closed by somebody else.
    pub closed: u32,
    /// New nodes that are not Ready, labelled nodes yet or any more.
    pub joining: u32,
    /// Nodes that are terminating.
    pub leaving: u32,
    /// Old nodes replaced so far.
    pub replaced: u32,
    /// Excess nodes removed so far.
    pub removed: u32,
}

/// A node that is being cordoned, drained or terminated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeInWork {
    /// Instance of the node.
    pub instance: InstanceId,
    /// Name of the node; `None` when it never joined.
    pub node: Option<NodeName>,
    /// Zone of the instance.
    pub zone: Zone,
    /// Why it was picked.
    pub purpose: Purpose,
    /// Present step.
    pub stage: Stage,
    /// When that step began.
    pub since: Timestamp,
    /// When the time limit of that step passes; `None` for forced deletion.
    pub until: Option<Timestamp>,
    /// Number of pods that have to leave before it is terminated.
    pub pods_left: u32,
}
