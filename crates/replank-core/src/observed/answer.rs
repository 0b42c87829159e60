//! The four answers to an act, and the memory of recent ones.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::action::ActionKey;
use crate::names::ObjectName;

/// What became of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It took effect, now or before.
    Done,
    /// Refused for the time being.
    NotYet(Refused),
    /// It can never take effect as asked.
    Impossible(String),
    /// No answer, or one that says nothing: it may have taken effect.
    CannotTell(String),
}

/// Why an act was refused for the time being.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A disruption budget allows no disruption (Kubernetes: 429 with cause `DisruptionBudget`).
    Budget {
        /// The server's cause, such as `The disruption budget web needs 2 healthy pods and has 2 currently`.
        message: String,
    },
    /// The budget's status is older than its spec (Kubernetes: 429 with `Retry-After`).
    BudgetUnsynced {
        /// Seconds the server asks to wait.
        retry_after_seconds: u32,
    },
    /// More than one budget selects the pod (Kubernetes: 500, whatever the numbers say).
    ManyBudgets {
        /// The budgets, when known.
        budgets: Vec<ObjectName>,
    },
    /// The server or the cloud asks to slow down.
    Throttled {
        /// Seconds the server asks to wait.
        retry_after_seconds: u32,
    },
    /// An admission webhook refused.
    Webhook {
        /// The webhook's name.
        webhook: String,
        /// What it said.
        message: String,
    },
    /// The object is another one than expected, or changed under us; the next turn looks again.
    Changed {
        /// The server's words.
        message: String,
    },
    /// Nothing was asked: at the last look a pod was on the node that has to leave first.
    Occupied {
        /// The pod.
        pod: ObjectName,
    },
    /// Anything else that may pass.
    Other {
        /// The server's words.
        message: String,
    },
}

impl Refused {
    /// The other side's own words, where it had any.
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

/// One try of one act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When the first of an unbroken row of equal answers came.
    pub since: Timestamp,
    /// When the last answer came.
    pub at: Timestamp,
    /// How often it was tried.
    pub count: u32,
    /// The last answer.
    pub answer: Answer,
}

/// Recent tries by what they act on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    tries: BTreeMap<ActionKey, Attempt>,
    swept_at: Option<Timestamp>,
}

/// What an act changed is seen in the world long before an answer is so old.
const AGE: SignedDuration = SignedDuration::from_mins(10);
/// How often old answers are looked for; each time costs how many there are.
const SWEEP_EVERY: SignedDuration = SignedDuration::from_mins(1);

impl Answers {
    /// Remembers an answer.
    pub fn put(&mut self, key: ActionKey, answer: Answer, at: Timestamp) {
        let (since, count) = match self.tries.get(&key) {
            Some(last) if last.answer == answer => (last.since, last.count.saturating_add(1)),
            Some(last) => (at, last.count.saturating_add(1)),
            None => (at, 1),
        };
        self.tries.insert(key, Attempt { since, at, count, answer });
    }

    /// The last try on `key`.
    pub fn get(&self, key: &ActionKey) -> Option<&Attempt> {
        self.tries.get(key)
    }

    /// The last tries on everything.
    pub fn iter(&self) -> impl Iterator<Item = (&ActionKey, &Attempt)> {
        self.tries.iter()
    }

    /// Forgets what is old. Nothing is looked at when that was done a moment ago.
    pub fn forget_old(&mut self, now: Timestamp) {
        if self.swept_at.is_none_or(|at| now.duration_since(at) >= SWEEP_EVERY) {
            self.tries.retain(|_, attempt| now.duration_since(attempt.at) <= AGE);
            self.swept_at = Some(now);
        }
    }

    /// How many tries are remembered.
    pub fn len(&self) -> usize {
        self.tries.len()
    }

    /// Whether none is remembered.
    pub fn is_empty(&self) -> bool {
        self.tries.is_empty()
    }
}
