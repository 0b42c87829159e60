//! The one value that every face shows: screens, lines, JSON, pages. Nobody computes any of it again.
//!
//! A [`Report`] costs what is in work. [`roster()`] lists every node of the group and costs the group's size; it is
//! for live views.

mod build;
pub(crate) mod members;
mod narrate;
pub mod plan;
mod repeats;
mod roster;
mod stalls;
mod waited;
pub mod wire;

use jiff::Timestamp;
use replank_core::names::{ClusterName, InstanceId, NodeGroupName, NodeName, UpdateId, Zone};
use replank_core::node_group::phase::{Phase, Purpose};
use replank_core::node_group::problem::{Failure, Problem};
use replank_core::node_group::rollout::{End, Stage, Wishes};
use replank_core::node_group::wait::Wait;
use replank_core::sizes::Sizes;

pub use narrate::{About, Line, Narrator};
pub use repeats::Repeats;
pub use roster::{Place, Row, roster};
pub use stalls::{Stall, StallJson, Stalls, WORTH_TELLING, budget};
pub use waited::{Waited, WaitedJson};

/// One update as it stands after a turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// When it was made.
    pub at: Timestamp,
    /// The update.
    pub update: UpdateId,
    /// The cluster.
    pub cluster: ClusterName,
    /// The node group.
    pub group: NodeGroupName,
    /// The release that every node shall run.
    pub release: String,
    /// Its Kubernetes minor.
    pub version: String,
    /// When the update was asked for.
    pub started_at: Timestamp,
    /// The phase it is in.
    pub phase: Phase,
    /// Since when.
    pub phase_since: Timestamp,
    /// The group's sizes now, when it was ever seen.
    pub sizes: Option<Sizes>,
    /// The sizes to come back to, once Setup worked them out.
    pub original: Option<Sizes>,
    /// How many nodes may be in work at once, once Setup worked it out.
    pub batch: Option<u32>,
    /// How many extra nodes are asked for, once Setup worked it out.
    pub increment: Option<u32>,
    /// How many nodes stand where.
    pub counts: Counts,
    /// The nodes in work, by instance.
    pub nodes: Vec<NodeInWork>,
    /// Everything that is waited for.
    pub waits: Vec<Wait>,
    /// What a person should look at.
    pub problems: Vec<Problem>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// How it ended, once it did.
    pub end: Option<End>,
    /// What persons asked for on the way.
    pub wishes: Wishes,
    /// Whether what will not leave in time is deleted.
    pub force: bool,
    /// When the next turn comes at the latest; `None` when only a change or a person can bring news.
    pub wake_at: Option<Timestamp>,
}

/// How many nodes stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Old nodes that still run, those in work among them.
    pub old: u32,
    /// Nodes in work.
    pub in_work: u32,
    /// New nodes that serve: Ready, labelled and open to pods.
    pub ready: u32,
    /// New nodes that are Ready and labelled, and that somebody else closed.
    pub closed: u32,
    /// New nodes on their way.
    pub joining: u32,
    /// Nodes on their way out.
    pub leaving: u32,
    /// Old nodes replaced so far.
    pub replaced: u32,
    /// Surplus nodes removed so far.
    pub removed: u32,
}

/// A node in work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeInWork {
    /// Its instance.
    pub instance: InstanceId,
    /// Its node, when it ever joined.
    pub node: Option<NodeName>,
    /// Its zone.
    pub zone: Zone,
    /// What for.
    pub purpose: Purpose,
    /// How far.
    pub stage: Stage,
    /// Since when it is that far.
    pub since: Timestamp,
    /// When patience with this stage ends.
    pub until: Option<Timestamp>,
    /// Pods that have to leave before it can go.
    pub pods_left: u32,
}
