//! What became of actions: the four possible answers, and the last ones by what was acted on.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::action::ActionKey;
use crate::names::ObjectName;

/// What became of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has taken effect, now or earlier.
    Done,
    /// Refused for now; worth trying again.
    NotYet(Refused),
    /// It can never take effect as asked; with the error message.
    Impossible(String),
    /// No answer, or one that does not tell: it may have taken effect. With the error message.
    CannotTell(String),
}

/// Why an action was refused for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A disruption budget allows no disruption (Kubernetes: 429 with cause `DisruptionBudget`).
    Budget {
        /// The server's cause, such as `The disruption budget web needs 2 healthy pods and has 2 currently`.
        message: String,
    },
    /// The budget's status is older than its spec (Kubernetes: 429 with `Retry-After`).
    BudgetUnsynced {
        /// Seconds that the server asks to wait (`Retry-After`).
        retry_after_seconds: u32,
    },
    /// More than one budget selects the pod (Kubernetes: 500, whatever the numbers say).
    ManyBudgets {
        /// The budgets, where known.
        budgets: Vec<ObjectName>,
    },
    /// The API server or the cloud throttles.
    Throttled {
        /// Seconds that it asks to wait.
        retry_after_seconds: u32,
    },
    /// An admission webhook refused it.
    Webhook {
        /// Name of the webhook.
        webhook: String,
        /// Message of the API server, with the reason that the webhook gave.
        message: String,
    },
    /// A precondition failed or the object changed in between (Kubernetes: 409); the next turn looks again.
    Changed {
        /// Message of the server.
        message: String,
    },
    /// A termination was not asked for: at the last look the node had a pod that must leave first.
    Occupied {
        /// The first such pod.
        pod: ObjectName,
    },
    /// Any other temporary refusal.
    Other {
        /// Message of the other side.
        message: String,
    },
}

impl Refused {
    /// The message of the other side, for the kinds that have one.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Budget { message }
            | Self::Webhook { message, .. }
            | Self::Changed { message }
            | Self::Other { message } => Some(message),
            Self::BudgetUnsynced { .. }
            | Self::ManyBudgets { .. }
            | Self::Throttled { .. }
            | Self::Occupied { .. } => None,
        }
    }
}

/// The tries of one action so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When the first of the latest answers came that are all equal.
    pub since: Timestamp,
    /// When the last answer came.
    pub at: Timestamp,
    /// Number of tries.
    pub count: u32,
    /// The last answer.
    pub answer: Answer,
}

/// The last tries by what they act on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    tries: BTreeMap<ActionKey, Attempt>,
    swept_at: Option<Timestamp>,
}

/// How long an answer is kept; the effect of its action is visible long before that.
const AGE: SignedDuration = SignedDuration::from_mins(10);
/// Least time between two searches for old answers; each looks at all of them.
const SWEEP_EVERY: SignedDuration = SignedDuration::from_mins(1);

impl Answers {
    /// Keeps the answer to a try made at `at`.
    pub fn put(&mut self, key: ActionKey, answer: Answer, at: Timestamp) {
        let (since, count) = match self.tries.get(&key) {
            Some(last) if last.answer == answer => (last.since, last.count.saturating_add(1)),
            Some(last) => (at, last.count.saturating_add(1)),
            None => (at, 1),
        };
        self.tries.insert(key, Attempt { since, at, count, answer });
    }

    /// The tries on `key`; `None` when there was none or it was forgotten.
    pub fn get(&self, key: &ActionKey) -> Option<&Attempt> {
        self.tries.get(key)
    }

    /// All tries that are remembered.
    pub fn iter(&self) -> impl Iterator<Item = (&ActionKey, &Attempt)> {
        self.tries.iter()
    }

    /// Forgets answers older than ten minutes. Does nothing when called again within a minute.
    pub fn forget_old(&mut self, now: Timestamp) {
        if self.swept_at.is_none_or(|at| now.duration_since(at) >= SWEEP_EVERY) {
            self.tries.retain(|_, attempt| now.duration_since(attempt.at) <= AGE);
            self.swept_at = Some(now);
        }
    }

    /// Number of keys with a remembered answer.
    pub fn len(&self) -> usize {
        self.tries.len()
    }

    /// Whether no answer is remembered.
    pub fn is_empty(&self) -> bool {
        self.tries.is_empty()
    }
}
