//! What one turn decides, and the effects it may ask for.

use jiff::Timestamp;

use super::event::Event;
use super::problem::Problem;
use super::wait::Wait;
use crate::names::{AddOnName, NodeGroupName, ObjectName, UpdateId};
use crate::version::Minor;

/// What one turn decides. The facts are recorded before the actions are performed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a decision that nobody carries out stops the upgrade"]
pub struct Decision {
    /// Facts to record, in order.
    pub record: Vec<Event>,
    /// The effect to ask for once the facts are recorded.
    pub act: Option<Act>,
    /// Everything that is waited for.
    pub waits: Vec<Wait>,
    /// What a person should look at.
    pub problems: Vec<Problem>,
    /// When to decide again at the latest; `None` when only a person can bring news.
    pub wake_at: Option<Timestamp>,
}

/// An effect, for one attempt at one step. These two make the id of the update that it begins, so that asking twice
/// begins it once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Number of the step in the plan, from 0.
    pub step: u32,
    /// Which attempt at it, from 0.
    pub attempt: u32,
    /// The effect; asking for it twice with the same step and attempt begins it once.
    pub action: Action,
}

/// What an act asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Moves the control plane.
    StartControlPlane {
        /// Minor to bring the control plane to: the next one, or on the way back the one before.
        to: Minor,
    },
    /// Moves an add-on.
    StartAddOn {
        /// Name of the add-on, such as `coredns`.
        add_on: AddOnName,
        /// Version to install: the default one that the service offers for the step's minor.
        version: String,
    },
    /// Puts the objects of an add-on that is its owner's as its version for a minor wants them.
    StartOwnAddOn {
        /// Name of the add-on, such as `coredns`.
        add_on: AddOnName,
        /// Version to bring it to.
        version: String,
        /// Minor of the control plane.
        to: Minor,
    },
    /// Puts back what [`Action::StartOwnAddOn`] of the same step and attempt changed.
    UndoOwnAddOn {
        /// Name of the add-on.
        add_on: AddOnName,
        /// Why, for whoever reads how it ended.
        why: String,
    },
    /// Begins to replace the nodes of a group.
    StartGroup {
        /// Node group whose nodes are replaced.
        group: NodeGroupName,
        /// Minor that all its nodes run in the end.
        to: Minor,
    },
    /// Evicts a pod on Fargate, which is made again at the control plane's version.
    Relaunch {
        /// The pod to evict.
        pod: ObjectName,
    },
    /// Pauses the update of a group.
    PauseChild {
        /// Update of the node group, to be paused.
        update: UpdateId,
    },
    /// Lets a paused update of a group go on.
    ResumeChild {
        /// Update of the node group that this upgrade paused before.
        update: UpdateId,
    },
    /// Ends the update of a group, after a person cancelled the upgrade.
    CancelChild {
        /// Update of the node group, to be cancelled.
        update: UpdateId,
    },
}
