//! Time as the engine needs it: what it is, how to cut a call off, how to rest.
//!
//! The engine never asks the machine. A driver in virtual time and one in real time differ in this trait alone.

use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

/// Where time comes from. Calls may be under way while it rests.
pub trait Clock {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Runs `call` for at most `limit`. In virtual time calls answer at once and nothing is cut off.
    fn within<F: Future>(
        &self,
        limit: SignedDuration,
        call: F,
    ) -> impl Future<Output = Result<F::Output, Elapsed>>;

    /// Returns when something changed, at `until` at the latest; `None` leaves it to a change alone. It lasts `least`
    /// in any case, so that what happens meanwhile is seen together. A clock that knows that nothing can ever change
    /// again says so.
    fn rest(&self, least: SignedDuration, until: Option<Timestamp>) -> impl Future<Output = Rested>;
}

/// A call that did not answer within its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no answer within {} s", .limit.as_secs())]
pub struct Elapsed {
    /// The deadline.
    pub limit: SignedDuration,
}

/// How a rest ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rested {
    /// Something may have changed, or the time has come.
    Awake,
    /// Nothing is going to change any more and no time was set: only a person can bring news.
    Stuck,
}
