//! What one turn decides.

use jiff::Timestamp;

use crate::action::Action;
use crate::names::NodeName;
use crate::node_group::event::Event;
use crate::node_group::problem::Problem;
use crate::node_group::wait::Wait;

/// What one turn decides. The facts are recorded before the actions are performed.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a decision that nobody carries out stops the update"]
pub struct Decision {
    /// Facts to record, in order.
    pub record: Vec<Event>,
    /// Effects to ask for once the facts are recorded, in order.
    pub act: Vec<Action>,
    /// Nodes about which the next observation shall tell where their pods would go.
    pub place: Vec<NodeName>,
    /// Everything that is waited for.
    pub waits: Vec<Wait>,
    /// What a person should look at.
    pub problems: Vec<Problem>,
    /// When to decide again at the latest; `None` when only a change or a person can bring news.
    pub wake_at: Option<Timestamp>,
}
