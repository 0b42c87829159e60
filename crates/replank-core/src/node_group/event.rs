//! Facts we record: what the world cannot tell again.

use crate::observed::Lost;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::names::{InstanceId, NodeName, ObjectName, Zone};
use crate::node_group::phase::{Phase, Purpose};
use crate::node_group::problem::{Failure, KeptBecause, Outcome};
use crate::observed::Taint;
use crate::sizes::Sizes;

/// One fact and when it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub fact: Fact,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// Setup worked out its numbers; they hold for the whole update.
    Measured(Measured),
    /// A phase began.
    Entered {
        /// Which.
        phase: Phase,
    },
    /// The group is asked to take these sizes.
    SizesAsked {
        /// The sizes.
        to: Sizes,
    },
    /// The number of nodes that are asked for and not Ready changed.
    Missing {
        /// How many are missing now.
        nodes: u32,
    },
    /// New instances are Ready, labelled nodes: for the first time, or again after they were lost.
    Joined {
        /// The instances.
        instances: Vec<InstanceId>,
    },
    /// Nodes that had joined are no longer Ready, labelled nodes.
    Lost {
        /// The nodes.
        nodes: Vec<LostNode>,
    },
    /// A node is taken into work.
    Picked {
        /// Its instance.
        instance: InstanceId,
        /// Its node, when it ever joined.
        node: Option<NodeName>,
        /// Its zone.
        zone: Zone,
        /// What for.
        purpose: Purpose,
    },
    /// Nothing that a drain moves is left on the node.
    Drained {
        /// Its instance.
        instance: InstanceId,
    },
    /// The drain limit passed and force deletes what is left.
    ForceBegan {
        /// The instance.
        instance: InstanceId,
    },
    /// The scaling group is asked to terminate the instance.
    TerminateAsked {
        /// The instance.
        instance: InstanceId,
        /// Pods that came back after force had deleted them, and go with the node.
        with: Vec<ObjectName>,
    },
    /// The instance is gone.
    Gone {
        /// The instance.
        instance: InstanceId,
    },
    /// The node goes back to service untouched.
    GivenBack {
        /// Its instance.
        instance: InstanceId,
    },
    /// An excess node could not be drained politely and stays.
    Undrained {
        /// Its instance.
        instance: InstanceId,
    },
    /// The update cannot reach its goal; from here on it cleans up.
    Failed(Failure),
    /// A person or a rule asked to pick no more nodes.
    Paused {
        /// Whether nodes in work go back to service at once.
        give_back: bool,
    },
    /// Go on.
    Resumed,
    /// A person asked to stop for good.
    Cancelled {
        /// Whether nodes in work go back to service at once.
        give_back: bool,
        /// Whether later launches use the template version from before.
        restore_target: bool,
        /// Whether the new nodes stay and old ones go in their place; else the new ones that replaced nothing go.
        keep_new: bool,
    },
    /// A person allowed deletion of what will not leave in time.
    Forced,
    /// The end.
    Finished {
        /// How.
        outcome: Outcome,
        /// The sizes from before, when they could not be restored.
        unrestored: Option<Sizes>,
        /// Why not.
        kept: Option<KeptBecause>,
    },
}

/// A node that had joined and was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostNode {
    /// Its instance.
    pub instance: InstanceId,
    /// Its node, when it is known.
    pub node: Option<NodeName>,
    /// How it was lost.
    pub how: Lost,
    /// Who did it, as far as the cluster tells.
    pub by: Option<Arc<str>>,
}

/// What Setup worked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Sizes from before the update, to come back to.
    pub original: Sizes,
    /// The template version from before.
    pub previous_version: u64,
    /// The template version with the target's content.
    pub target_version: u64,
    /// Old nodes at the start.
    pub old: u32,
    /// How many nodes may be in work at once.
    pub batch: u32,
    /// How many extra nodes are asked for.
    pub increment: u32,
    /// How many at most, when a zone stays without a new node.
    pub ceiling: u32,
    /// Nodes that served at the start, by zone; empty in the records of versions that did not note it.
    pub zones: BTreeMap<Zone, u32>,
    /// Taints that most old nodes carried: whoever sets them on all nodes of the group closes no new one by it.
    pub taints: Vec<Taint>,
}
