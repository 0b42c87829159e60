//! A rule: which calls it meets, and what it makes of them.

use super::Call;
use crate::time::{Span, Time};

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is wrong.
    Pass,
    /// It fails with this code and message, and does nothing.
    Fail {
        /// HTTP code.
        code: u16,
        /// The words.
        message: String,
    },
    /// It does what it was asked, so much later; nobody waits that long for the answer.
    Delay(Span),
    /// It does what it was asked; the answer is lost.
    LoseAnswer,
    /// A reading shows what was there so long ago.
    Stale(Span),
    /// It is refused for so many seconds.
    Throttle(u32),
    /// The engine's process dies after this call.
    Crash,
}

/// A rule. Everything that is given must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The call it is about; `None` is any.
    pub call: Option<Call>,
    /// What the call is about, by name; `*` at the end is anything.
    pub object: Option<String>,
    /// Only the n-th such call.
    pub nth: Option<u64>,
    /// Only every n-th such call.
    pub every: Option<u64>,
    /// The share of such calls, 0 to 1.
    pub share: f64,
    /// From when.
    pub from: Time,
    /// Until when, exclusive.
    pub until: Time,
    /// How many calls it meets at most.
    pub times_max: u64,
    /// What it says.
    pub verdict: Verdict,
}

impl Rule {
    /// A rule that meets every call.
    pub fn new(verdict: Verdict) -> Self {
        Self {
            call: None,
            object: None,
            nth: None,
            every: None,
            share: 1.0,
            from: Time(i64::MIN),
            until: Time(i64::MAX),
            times_max: u64::MAX,
            verdict,
        }
    }

    pub(super) fn is_about(&self, object: &str) -> bool {
        self.object.as_ref().is_none_or(|pattern| match pattern.strip_suffix('*') {
            Some(start) => object.starts_with(start),
            None => object == pattern,
        })
    }

    pub(super) fn is_in_force(&self, now: Time) -> bool {
        (self.from..self.until).contains(&now)
    }

    pub(super) fn counts(&self, asked: u64) -> bool {
        self.nth.is_none_or(|nth| nth == asked)
            && self.every.is_none_or(|every| asked.is_multiple_of(every.max(1)))
    }
}
