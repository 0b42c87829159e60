//! A node in work: what for, and how far.

use crate::node_group::phase::Purpose;
use jiff::Timestamp;

use crate::names::{NodeName, Zone};

/// A node in work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// Its node, when it ever joined.
    pub node: Option<NodeName>,
    /// Its zone.
    pub zone: Zone,
    /// What for.
    pub purpose: Purpose,
    /// When it was picked; the drain limit counts from here.
    pub picked_at: Timestamp,
    /// How far.
    pub stage: Stage,
    /// Whether force had to delete what would not leave.
    pub forced: bool,
}

/// How far a node in work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Cordoned and being drained through the eviction API.
    Draining,
    /// The drain limit passed; force deletes what is left.
    Forcing {
        /// Since when.
        since: Timestamp,
    },
    /// Drained; load balancers get time to notice.
    Deregistering {
        /// Since when.
        since: Timestamp,
    },
    /// The scaling group was asked to terminate it.
    Terminating {
        /// Since when.
        since: Timestamp,
    },
}
