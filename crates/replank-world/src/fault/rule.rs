//! One fault rule: the calls it meets, and its verdict.

use super::Call;
use crate::time::{Span, Time};

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is carried out and answered as without a rule.
    Pass,
    /// It fails and has no effect.
    Fail {
        /// HTTP status code.
        code: u16,
        /// Text of the error response.
        message: String,
    },
    /// It takes effect after this time, and its answer comes too late for the caller.
    Delay(Span),
    /// It takes effect, and its answer is lost.
    LoseAnswer,
    /// An observation shows the last one's state, if that is younger than this.
    Stale(Span),
    /// It is refused with 429; `Retry-After` in seconds.
    Throttle(u32),
    /// The engine's process dies after the call.
    Crash,
}

/// A fault rule: all its conditions must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The kind of call; `None` for any.
    pub call: Option<Call>,
    /// Name of the object of the call; a final `*` matches any continuation. `None` for any.
    pub object: Option<String>,
    /// Only the n-th such call, from 1.
    pub nth: Option<u64>,
    /// Only every n-th such call.
    pub every: Option<u64>,
    /// The probability of meeting such a call, 0 to 1.
    pub share: f64,
    /// Applies from this time on.
    pub from: Time,
    /// Applies until before this time.
    pub until: Time,
    /// The most calls it meets.
    pub times_max: u64,
    /// What happens to the calls it meets.
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
