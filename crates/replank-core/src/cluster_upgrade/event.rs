//! Facts we record: what the world cannot tell again.

use jiff::Timestamp;

use super::problem::{Outcome, Stop};
use crate::names::ObjectName;

/// One fact and when it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it was recorded.
    pub at: Timestamp,
    /// What became true then.
    pub fact: Fact,
}

/// What happened. Steps are counted from 0 in the order of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A step began: a gate is reached, or what the step does is about to be asked for.
    Began {
        /// Number of the step in the plan, from 0.
        step: u32,
    },
    /// A step is over.
    Passed {
        /// Number of the step in the plan, from 0.
        step: u32,
        /// Whether the step had anything to do.
        how: How,
    },
    /// The update of the step's node group is paused by this upgrade.
    ChildHeld {
        /// Number of the step in the plan, from 0.
        step: u32,
    },
    /// The update of the step's node group goes on.
    ChildReleased {
        /// Number of the step in the plan, from 0.
        step: u32,
    },
    /// A node of the new minor is Ready and runs a pod: the rest of the group may follow.
    CanaryServed {
        /// Number of the step in the plan, from 0.
        step: u32,
    },
    /// A pod on Fargate is about to be evicted, to be made again.
    Relaunched {
        /// Number of the step in the plan, from 0.
        step: u32,
        /// The pod that is evicted.
        pod: ObjectName,
        /// What makes it again, such as `ReplicaSet shop/web-7d4b9`.
        owner: String,
    },
    /// A step cannot go on until a person says so.
    Stopped {
        /// Number of the step in the plan, from 0.
        step: u32,
        /// Reason of the stop, for the person who mends it.
        why: Stop,
    },
    /// A person asked to begin nothing more.
    Paused,
    /// A person asked to go on: after a pause, at a gate, or after a stop, whose step is tried again.
    Resumed,
    /// A person asked to stop for good.
    Cancelled,
    /// The upgrade is over; no further fact follows.
    Finished {
        /// Whether it reached its target or was cancelled; an upgrade never ends as failed.
        outcome: Outcome,
    },
}

/// How a step went by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// What it does was done.
    Done,
    /// There was nothing to do.
    NothingToDo,
}
