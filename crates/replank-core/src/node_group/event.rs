//! The facts of an update that are recorded because the world cannot tell them again after a restart.

use crate::observed::Lost;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::names::{InstanceId, NodeName, ObjectName, Zone};
use crate::node_group::phase::{Phase, Purpose};
use crate::node_group::problem::{Failure, KeptBecause, Outcome};
use crate::observed::Taint;
use crate::sizes::Sizes;

/// A fact with its time; one row of the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When it was recorded, on the clock given to the decision.
    pub at: Timestamp,
    /// The fact itself.
    pub fact: Fact,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// Setup worked out its numbers; they hold to the end of the update.
    Measured(Measured),
    /// The update entered a phase.
    Entered {
        /// The phase; a legal successor of the one before ([`Phase::may_become`]).
        phase: Phase,
    },
    /// The scaling group is going to be asked for these sizes.
    SizesAsked {
        /// The sizes, excess included.
        to: Sizes,
    },
    /// Somebody else, such as an autoscaler, asked the group for more nodes than the update did. They belong to the sizes
    /// to come back to.
    Grown {
        /// By how many nodes.
        by: u32,
    },
    /// The number of nodes asked for and not serving changed.
    Missing {
        /// The new number.
        nodes: u32,
    },
    /// New instances became Ready, labelled nodes: for the first time, or again after they were lost.
    Joined {
        /// Ids of the instances.
        instances: Vec<InstanceId>,
    },
    /// Nodes that had joined stopped being Ready, labelled nodes.
    Lost {
        /// One entry per node lost.
        nodes: Vec<LostNode>,
    },
    /// A node was picked: from now on it is cordoned, drained and terminated.
    Picked {
        /// Instance of the node.
        instance: InstanceId,
        /// Its node; `None` when it never joined.
        node: Option<NodeName>,
        /// Zone of the instance.
        zone: Zone,
        /// Why it was picked.
        purpose: Purpose,
        /// Why it was picked before others, where the strategy chooses by state.
        chosen: Option<Chosen>,
    },
    /// No pod is left on the node that a drain moves; the deregistration delay begins.
    Drained {
        /// Instance of the node.
        instance: InstanceId,
    },
    /// The drain limit passed; the pods left are deleted from now on.
    ForceBegan {
        /// Instance of the node.
        instance: InstanceId,
    },
    /// The scaling group is going to be asked to terminate the instance.
    TerminateAsked {
        /// Instance of the node.
        instance: InstanceId,
        /// Pods that came back after force had deleted them, and end with the node.
        with: Vec<ObjectName>,
    },
    /// The instance is no longer a member of the group.
    Gone {
        /// Instance of the node.
        instance: InstanceId,
    },
    /// The node leaves work and stays in service; its cordon is removed.
    GivenBack {
        /// Instance of the node.
        instance: InstanceId,
    },
    /// An excess node could not be drained within the drain limit and stays.
    Undrained {
        /// Instance of the node.
        instance: InstanceId,
    },
    /// The update cannot reach its goal; it only cleans up from now on.
    Failed(Failure),
    /// A person asked to pick no more nodes for now.
    Paused {
        /// Whether nodes in work go back to service; otherwise they are finished.
        give_back: bool,
    },
    /// A person ended the pause. Join limits start again.
    Resumed,
    /// A person asked to end the update.
    Cancelled {
        /// Whether nodes in work go back to service; otherwise they are finished.
        give_back: bool,
        /// Whether the group is pointed back at the template version from before.
        restore_target: bool,
        /// Whether old nodes are removed as the excess; otherwise new nodes that replaced nothing are.
        keep_new: bool,
    },
    /// A person allowed to delete pods that do not leave within the drain limit.
    Forced,
    /// The update ended; no fact follows.
    Finished {
        /// Successful, failed or cancelled.
        outcome: Outcome,
        /// Original sizes that could not be restored, for the next update of the group.
        unrestored: Option<Sizes>,
        /// Why the group keeps more nodes than before, if it does.
        kept: Option<KeptBecause>,
    },
}

/// Why a node was picked before others, as counted at the pick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Number of old nodes that were compared, itself included.
    pub among: u32,
    /// Number of its pods whose budgets also hold pods of nodes in drain.
    pub shared: u32,
    /// Number of its pods that lead a quorum.
    pub leaders: u32,
    /// Serving nodes in its zone beyond those at the start, nodes in work left out.
    pub spare: u32,
    /// Disruptions that the tightest budget over its pods allows; `None` without a budget.
    pub tightest: Option<u32>,
    /// Number of its pods that move.
    pub moves: u32,
}

/// A new node that had joined and was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostNode {
    /// Instance of the node.
    pub instance: InstanceId,
    /// Name of the node; `None` when its object was gone before it was seen to go.
    pub node: Option<NodeName>,
    /// What shows that it is lost.
    pub how: Lost,
    /// Client or controller that did it, as far as field managers and taints tell.
    pub by: Option<Arc<str>>,
}

/// The numbers that Setup worked out, fixed for the whole update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Sizes to return to: those before the update, or before an earlier one that could not restore them.
    pub original: Sizes,
    /// Template version that the group launched from before the update.
    pub previous_version: u64,
    /// Template version with the target's content.
    pub target_version: u64,
    /// Number of old nodes at the start.
    pub old: u32,
    /// Most nodes in work at once.
    pub batch: u32,
    /// Extra nodes to ask for beyond the original desired size, including those an earlier update left.
    pub increment: u32,
    /// Most extra nodes, when a zone gets no new node from the first increase.
    pub ceiling: u32,
    /// Serving nodes at the start, by zone; empty in records of versions before this was noted.
    pub zones: BTreeMap<Zone, u32>,
    /// Taints that more than half of the old nodes carried. On a new node they do not count as closed by somebody else.
    pub taints: Vec<Taint>,
}
