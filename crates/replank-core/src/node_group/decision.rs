//! The result of one turn.

use jiff::Timestamp;

use crate::action::Action;
use crate::names::NodeName;
use crate::node_group::event::Event;
use crate::node_group::problem::Problem;
use crate::node_group::wait::Wait;

/// The result of one turn. The facts are committed to the journal before any action is performed.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a decision that nobody carries out stops the update"]
pub struct Decision {
    /// Facts to record, in the order in which they happened.
    pub record: Vec<Event>,
    /// Actions to perform once the facts are recorded, in order.
    pub act: Vec<Action>,
    /// Nodes for which the next observation is to say whether their pods would find a place elsewhere.
    pub place: Vec<NodeName>,
    /// Everything that is waited for at this turn; empty when nothing holds the update up.
    pub waits: Vec<Wait>,
    /// What does not stop the update and needs a person's attention.
    pub problems: Vec<Problem>,
    /// Latest time of the next decision; `None` when only a change or a person brings news.
    pub wake_at: Option<Timestamp>,
}
