//! What one turn decides, and the effects it may ask for.

use jiff::Timestamp;

use super::event::Event;
use super::problem::Problem;
use super::wait::Wait;
use crate::names::{AddOnName, NodeGroupName, UpdateId};
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
    /// The step.
    pub step: u32,
    /// Which attempt at it, from 0.
    pub attempt: u32,
    /// What.
    pub action: Action,
}

/// What an act asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Moves the control plane.
    StartControlPlane {
        /// To what.
        to: Minor,
    },
    /// Moves an add-on.
    StartAddOn {
        /// Which.
        add_on: AddOnName,
        /// To what.
        version: String,
    },
    /// Begins to replace the nodes of a group.
    StartGroup {
        /// Which.
        group: NodeGroupName,
        /// To what.
        to: Minor,
    },
    /// Pauses the update of a group.
    PauseChild {
        /// The update.
        update: UpdateId,
    },
    /// Lets it go on.
    ResumeChild {
        /// The update.
        update: UpdateId,
    },
    /// Cancels it.
    CancelChild {
        /// The update.
        update: UpdateId,
    },
}
