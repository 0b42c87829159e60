//! What a person must look at: why a step stopped, how an upgrade ended, what is late.

use jiff::Timestamp;

use super::observed::CheckFinding;
use super::plan::What;
use crate::names::{AddOnName, NodeGroupName, UpdateId};
use crate::node_group::problem;
use crate::version::Minor;

/// How an upgrade ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The cluster is at the target.
    Succeeded,
    /// A person stopped it.
    Cancelled,
}

impl From<Outcome> for problem::Outcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Succeeded,
            Outcome::Cancelled => Self::Cancelled,
        }
    }
}

/// Why a step cannot go on. A person mends it and resumes; then the step is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// What the step asks for was refused.
    Refused {
        /// Message of the service, as it was given.
        message: String,
    },
    /// The update that the step began failed.
    Failed {
        /// Id of the failed update; trying again begins another one.
        update: UpdateId,
        /// Error message of that update.
        message: String,
    },
    /// Somebody cancelled the update that the step began.
    ChildCancelled {
        /// Id of the cancelled update; trying again begins another one.
        update: UpdateId,
    },
    /// The first new node of a group is Ready and nothing runs on it.
    CanaryIdle {
        /// Node group that waits with all but its first new node.
        group: NodeGroupName,
    },
    /// There is no version of the add-on for the minor.
    NoAddOnVersion {
        /// Name of the add-on, such as `coredns`.
        add_on: AddOnName,
        /// Minor that the step leads to.
        minor: Minor,
    },
    /// Somebody else moved the control plane past the step.
    MovedOn {
        /// Minor that the control plane runs now.
        minor: Minor,
    },
}

impl Stop {
    /// Whether the step's update is over, so that trying again means another one.
    pub fn is_over(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::Failed { .. } | Self::ChildCancelled { .. } => true,
            Self::CanaryIdle { .. } | Self::NoAddOnVersion { .. } | Self::MovedOn { .. } => false,
        }
    }
}

/// Something that does not stop the upgrade and that a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A step takes longer than it ever should.
    Late {
        /// What the late step does.
        what: What,
        /// When the step began; how late it is follows from the limit for such steps.
        since: Timestamp,
    },
    /// Something stops working with a minor, though the cluster gets there.
    Breaks {
        /// The first thing that does.
        first: CheckFinding,
        /// How many there are.
        count: u32,
        /// Minor that the cluster was checked for.
        minor: Minor,
    },
}
