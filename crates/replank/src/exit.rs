//! Exit codes.

use std::process::ExitCode;

use replank_core::node_group::problem::Outcome;
use replank_engine::report::plan::PlanJson;

/// Exit codes of every command. They are a stable interface; docs/reference/exit-codes.md is generated from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done as asked.
    Done,
    /// The update failed; the group was left clean as far as possible.
    Failed,
    /// Flags or files are wrong; nothing was started.
    BadInput,
    /// The update was cancelled by a user.
    Cancelled,
    /// The update waits for something that only a person can change.
    Stuck,
    /// No server answers, or it rejects the credentials.
    Unreachable,
    /// Every node runs the target, and pods have no node.
    Unplaced,
    /// A check has findings at or above `--fail-on`.
    Found,
    /// Unexpected: a bug, or a failure of the machine.
    Unexpected,
}

impl Exit {
    /// All codes, by number.
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

    /// Number of the exit code.
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

    /// Meaning, in a sentence for the reference.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Done => "Done: every node runs the target, or the plan was printed and nothing stops it.",
            Self::Failed => {
                "Failed: the update could not reach its goal. The failure and what held it are printed."
            }
            Self::BadInput => {
                "Bad input: a flag, a file, a name or a data directory is wrong, or the update does not allow it. \
                 Nothing was started. `replank check` checks what it can read, and ends so when it could not read all of it."
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
    /// Exit code of a plan or a rehearsal: whether it would succeed, and whether all pods would have a node.
    pub(crate) fn of_plan(succeeds: bool, is_everybody_placed: bool) -> Self {
        match (succeeds, is_everybody_placed) {
            (false, _) => Self::Stuck,
            (true, false) => Self::Unplaced,
            (true, true) => Self::Done,
        }
    }

    /// The more severe one of two.
    pub(crate) fn or_worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::Done | Self::Unplaced, other) if other != Self::Done => other,
            _ => self,
        }
    }
}

impl From<&PlanJson> for Exit {
    fn from(plan: &PlanJson) -> Self {
        Self::of_plan(plan.succeeds(), plan.unplaced.after.is_empty())
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
