//! How the command ends, as scripts see it.

use std::process::ExitCode;

use replank_core::node_group::problem::Outcome;
use replank_engine::report::plan::PlanJson;

/// Exit codes of every command. They are part of the interface; docs/reference/exit-codes.md is made from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything that was asked for is done.
    Done,
    /// The update failed; the group was left clean as far as possible.
    Failed,
    /// Flags or files are wrong; nothing was started.
    BadInput,
    /// A person cancelled the update.
    Cancelled,
    /// The update waits for something that only a person can change.
    Stuck,
    /// No server answers, or none that takes the credentials.
    Unreachable,
    /// Every node runs the target, and pods are without a node.
    Unplaced,
    /// A check found what would not survive the upgrade.
    Found,
    /// Something unexpected: a bug, or a machine that is out of order.
    Unexpected,
}

impl Exit {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 9] = [
        Self::Done,
        Self::Failed,
        Self::BadInput,
        Self::Cancelled,
        Self::Stuck,
        Self::Unreachable,
        Self::Unplaced,
        Self::Found,
        Self::Unexpected,
    ];

    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::BadInput => 2,
            Self::Cancelled => 3,
            Self::Stuck => 4,
            Self::Unreachable => 5,
            Self::Unplaced => 6,
            Self::Found => 7,
            Self::Unexpected => 70,
        }
    }

    /// What it means, in a sentence for the reference.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Done => "Done: every node runs the target, or the plan was printed and nothing stops it.",
            Self::Failed => {
                "Failed: the update could not reach its goal. The failure and what held it are printed."
            }
            Self::BadInput => {
                "Bad input: a flag, a file, a name or a data directory is wrong, or the update does not allow it. \
                 Nothing was started."
            }
            Self::Cancelled => {
                "Cancelled: a person stopped the update, or left it. Nodes replaced until then stay. An update of a \
                 server that was left goes on."
            }
            Self::Stuck => {
                "Stuck: the update waits for what only a person can change, or a plan or a rehearsal says that it would \
                 not succeed."
            }
            Self::Unreachable => {
                "Unreachable: no server answers, or it is no replank, is busy, or does not take the credentials."
            }
            Self::Unplaced => {
                "Unplaced: every node runs the target, or would, and pods are without a node in the end, by the update \
                 or as before. They are named with the scheduler's words."
            }
            Self::Found => {
                "Found: `replank check` found what blocks the upgrade or breaks with it, or as much as --fail-on says."
            }
            Self::Unexpected => {
                "Unexpected: something that should not happen; please report it with the output."
            }
        }
    }
}

impl Exit {
    /// How a plan or a rehearsal ends: whether it would succeed, and whether pods have a node then.
    pub(crate) fn foreseen(succeeds: bool, is_everybody_placed: bool) -> Self {
        match (succeeds, is_everybody_placed) {
            (false, _) => Self::Stuck,
            (true, false) => Self::Unplaced,
            (true, true) => Self::Done,
        }
    }

    /// The one that says more of what is wrong.
    pub(crate) fn or_worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::Done | Self::Unplaced, other) if other != Self::Done => other,
            _ => self,
        }
    }
}

impl From<&PlanJson> for Exit {
    fn from(plan: &PlanJson) -> Self {
        Self::foreseen(plan.succeeds(), plan.unplaced.after.is_empty())
    }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Done,
            Outcome::Failed => Self::Failed,
            Outcome::Cancelled => Self::Cancelled,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
