//! Facts, version 1.

use replank_core::observed;
use std::collections::BTreeMap;

use replank_core::node_group::event;

use super::{Failure, KeptBecause, Object, Outcome, Phase, Purpose, Sizes, Taint};
use crate::serialized::{Time, form_enum, form_struct};

form_struct! {
    /// One fact and when it was.
    pub Event = event::Event {
        /// When.
        at: Time,
        /// What.
        fact: Fact,
    }
}

form_enum! {
    /// What happened.
    pub Fact = event::Fact {
        /// Setup worked out its numbers.
        Measured(measured: Measured),
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
        /// New instances are Ready, labelled nodes, for the first time or again.
        Joined {
            /// The instances.
            instances: Vec<String>,
        },
        /// Nodes that had joined are no Ready, labelled nodes any more.
        Lost {
            /// The nodes.
            nodes: Vec<LostNode>,
        },
        /// A node is taken into work.
        Picked {
            /// Its instance.
            instance: String,
            /// Its node, when it ever joined.
            node: Option<String>,
            /// Its zone.
            zone: String,
            /// What for.
            purpose: Purpose,
        },
        /// Nothing that a drain moves is left on the node.
        Drained {
            /// Its instance.
            instance: String,
        },
        /// Force deletes what is left.
        ForceBegan {
            /// The instance.
            instance: String,
        },
        /// The scaling group is asked to terminate the instance.
        TerminateAsked {
            /// The instance.
            instance: String,
            /// Pods that came back after force had deleted them, and go with the node.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            with: Vec<Object>,
        },
        /// The instance is gone.
        Gone {
            /// The instance.
            instance: String,
        },
        /// The node goes back to service.
        GivenBack {
            /// Its instance.
            instance: String,
        },
        /// An excess node would not drain in time and stays.
        #[serde(rename = "kept")]
        Undrained {
            /// Its instance.
            instance: String,
        },
        /// The update cannot reach its goal.
        Failed(failure: Failure),
        /// No more nodes are picked.
        Paused {
            /// Whether nodes in work go back to service.
            give_back: bool,
        },
        /// It goes on.
        Resumed,
        /// A person stopped it.
        Cancelled {
            /// Whether nodes in work go back to service.
            give_back: bool,
            /// Whether later launches use the template version from before.
            restore_target: bool,
            /// Whether the new nodes stay and old ones go in their place.
            #[serde(default, skip_serializing_if = "std::ops::Not::not")]
            keep_new: bool,
        },
        /// What will not leave in time is deleted.
        Forced,
        /// The end.
        Finished {
            /// How.
            outcome: Outcome,
            /// Sizes that could not be restored.
            unrestored: Option<Sizes>,
            /// Why not.
            kept: Option<KeptBecause>,
        },
    }
}

form_struct! {
    /// What Setup worked out.
    pub Measured = event::Measured {
        /// Sizes to come back to.
        #[serde(rename = "home")]
        original: Sizes,
        /// The template version from before.
        previous_version: u64,
        /// The template version of the target.
        target_version: u64,
        /// Old nodes at the start.
        old: u32,
        /// How many nodes may be in work at once.
        batch: u32,
        /// How many extra nodes are asked for.
        increment: u32,
        /// How many at most.
        ceiling: u32,
        /// Nodes that served at the start, by zone.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        zones: BTreeMap<String, u32>,
        /// Taints that most old nodes carried.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        taints: Vec<Taint>,
    }
}

form_struct! {
    /// A node that had joined and was lost.
    pub LostNode = event::LostNode {
        /// Its instance.
        instance: String,
        /// Its node, when it is known.
        node: Option<String>,
        /// How it was lost.
        how: Lost,
        /// Who did it, as far as the cluster tells.
        by: Option<String>,
    }
}

form_enum! {
    /// How a node that had joined is lost.
    pub Lost = observed::Lost {
        /// Its Node object was deleted.
        Deleted,
        /// It is not Ready.
        NotReady,
        /// Its kubelet does not report.
        Silent,
        /// It lost its labels.
        Unlabelled,
        /// Somebody else terminates its instance.
        Terminated,
    }
}
