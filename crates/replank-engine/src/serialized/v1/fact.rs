//! Facts, version 1.

use replank_core::observed;
use std::collections::BTreeMap;

use replank_core::node_group::event;

use super::{Failure, KeptBecause, Object, Outcome, Phase, Purpose, Sizes, Taint};
use crate::serialized::{Time, form_enum, form_struct};

form_struct! {
    /// A fact with its time; one row of the journal.
    #[serde(rename_all = "camelCase")]
    pub Event = event::Event {
        /// When it was recorded, on the clock given to the decision.
        at: Time,
        /// The fact itself.
        fact: Fact,
    }
}

form_enum! {
    /// What happened.
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub Fact = event::Fact {
        /// Setup worked out its numbers; they hold to the end of the update.
        Measured(measured: Measured),
        /// The update entered a phase.
        Entered {
            /// The phase; a legal successor of the one before (`Phase::may_become`).
            phase: Phase,
        },
        /// The scaling group is going to be asked for these sizes.
        #[serde(alias = "sizes_asked")]
        SizesAsked {
            /// The sizes, excess included.
            to: Sizes,
        },
        /// Somebody else asked the group for more nodes than the update did; they belong to the sizes to come back to.
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
            instances: Vec<String>,
        },
        /// Nodes that had joined stopped being Ready, labelled nodes.
        Lost {
            /// One entry per node lost.
            nodes: Vec<LostNode>,
        },
        /// A node was picked: from now on it is cordoned, drained and terminated.
        Picked {
            /// Instance of the node.
            instance: String,
            /// Its node; `None` when it never joined.
            node: Option<String>,
            /// Zone of the instance.
            zone: String,
            /// Why it was picked.
            purpose: Purpose,
            /// Why it was picked before others, where the strategy chooses by state.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            chosen: Option<Chosen>,
        },
        /// No pod is left on the node that a drain moves; the deregistration delay begins.
        Drained {
            /// Instance of the node.
            instance: String,
        },
        /// The drain limit passed; the pods left are deleted from now on.
        #[serde(alias = "force_began")]
        ForceBegan {
            /// Instance of the node.
            instance: String,
        },
        /// The scaling group is going to be asked to terminate the instance.
        #[serde(alias = "terminate_asked")]
        TerminateAsked {
            /// Instance of the node.
            instance: String,
            /// Pods that came back after force had deleted them, and end with the node.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            with: Vec<Object>,
        },
        /// The instance is no longer a member of the group.
        Gone {
            /// Instance of the node.
            instance: String,
        },
        /// The node leaves work and stays in service; its cordon is removed.
        #[serde(alias = "given_back")]
        GivenBack {
            /// Instance of the node.
            instance: String,
        },
        /// An excess node could not be drained within the drain limit and stays.
        #[serde(alias = "kept")]
        Undrained {
            /// Instance of the node.
            instance: String,
        },
        /// The update cannot reach its goal; it only cleans up from now on.
        Failed(failure: Failure),
        /// A person asked to pick no more nodes for now.
        Paused {
            /// Whether nodes in work are uncordoned; otherwise they are finished.
            #[serde(rename = "uncordon", alias = "giveBack", alias = "give_back")]
            give_back: bool,
        },
        /// A person ended the pause. Join limits start again.
        Resumed,
        /// A person asked to end the update.
        Cancelled {
            /// Whether nodes in work are uncordoned; otherwise they are finished.
            #[serde(rename = "uncordon", alias = "giveBack", alias = "give_back")]
            give_back: bool,
            /// Whether the group is pointed back at the template version from before.
            #[serde(alias = "restore_target")]
            restore_target: bool,
            /// Whether old nodes are removed as the excess; otherwise new nodes that replaced nothing are.
            #[serde(default, skip_serializing_if = "std::ops::Not::not")]
            #[serde(alias = "keep_new")]
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
}

form_struct! {
    /// The numbers that Setup worked out, fixed for the whole update.
    #[serde(rename_all = "camelCase")]
    pub Measured = event::Measured {
        /// Sizes to return to: those before the update, or before an earlier one that could not restore them.
        #[serde(alias = "home")]
        original: Sizes,
        /// Template version that the group launched from before the update.
        #[serde(alias = "previous_version")]
        previous_version: u64,
        /// Template version with the target's content.
        #[serde(alias = "target_version")]
        target_version: u64,
        /// Number of old nodes at the start.
        old: u32,
        /// Most nodes in work at once.
        batch: u32,
        /// Extra nodes to ask for beyond the original desired size, including those an earlier update left.
        increment: u32,
        /// Most extra nodes, when a zone gets no new node from the first increase.
        ceiling: u32,
        /// Serving nodes at the start, by zone; empty in records of versions before this was noted.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        zones: BTreeMap<String, u32>,
        /// Taints that more than half of the old nodes carried.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        taints: Vec<Taint>,
    }
}

form_struct! {
    /// Why a node was picked before others, as counted at the pick.
    #[serde(rename_all = "camelCase")]
    pub Chosen = event::Chosen {
        /// Number of old nodes that were compared, itself included.
        among: u32,
        /// Number of its pods whose budgets also hold pods of nodes in drain.
        shared: u32,
        /// Number of its pods that lead a quorum, as far as labels and annotations tell.
        #[serde(default)]
        leaders: u32,
        /// Serving nodes in its zone beyond those at the start, nodes in work left out.
        spare: u32,
        /// Disruptions that the tightest budget over its pods allows; `None` without a budget.
        tightest: Option<u32>,
        /// Number of its pods that move.
        moves: u32,
    }
}

form_struct! {
    /// A new node that had joined and was lost.
    #[serde(rename_all = "camelCase")]
    pub LostNode = event::LostNode {
        /// Instance of the node.
        instance: String,
        /// Name of the node; `None` when its object was gone before it was seen to go.
        node: Option<String>,
        /// What shows that it is lost.
        how: Lost,
        /// Client or controller that did it, as far as field managers and taints tell.
        by: Option<String>,
    }
}

form_enum! {
    /// How a node that had joined stopped being a Ready, labelled node.
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub Lost = observed::Lost {
        /// Its Node object was deleted while its instance exists.
        Deleted,
        /// Its condition `Ready` is `False`, or a taint says it is not up.
        #[serde(alias = "not_ready")]
        NotReady,
        /// Its kubelet stopped reporting (`Ready` is `Unknown`).
        Silent,
        /// It lost the labels that its template gives.
        Unlabelled,
        /// Its instance is terminating, and not through this update.
        Terminated,
    }
}
