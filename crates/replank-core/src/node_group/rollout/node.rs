//! A node in work: why, and how far it is.

use crate::node_group::phase::Purpose;
use jiff::Timestamp;

use crate::names::{NodeName, Zone};

/// A node that is being cordoned, drained or terminated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// Name of its node; `None` when the instance had not joined at the pick.
    pub node: Option<NodeName>,
    /// Zone of the instance.
    pub zone: Zone,
    /// Why it was picked.
    pub purpose: Purpose,
    /// When it was picked. The drain limit runs from here, or from the cordon when that was seen much later.
    pub picked_at: Timestamp,
    /// Present step.
    pub stage: Stage,
    /// Whether force began on it, now or earlier.
    pub forced: bool,
}

/// The step a node in work is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Being cordoned and drained through the eviction API.
    Draining,
    /// The drain limit passed; remaining pods are deleted.
    Forcing {
        /// When deletion began.
        since: Timestamp,
    },
    /// Drained; external load balancers get time to take it out ([`Limits`](crate::node_group::spec::Limits)).
    Deregistering {
        /// When the drain was done.
        since: Timestamp,
    },
    /// The scaling group is asked to terminate the instance.
    Terminating {
        /// When it was first asked.
        since: Timestamp,
    },
}
