//! The clock of the engine: the present time, deadlines for calls, and rests between turns.
//!
//! The engine never reads the machine's clock. Runs in virtual and in real time differ in this trait only.

use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

/// Source of time. Other calls may be under way while it rests.
pub trait Clock {
    /// The present time.
    fn now(&self) -> Timestamp;

    /// Runs `call` for at most `limit`; dropped and answered with [`Elapsed`] when it takes longer. In virtual time
    /// calls answer at once and are never cut off.
    fn within<F: Future>(
        &self,
        limit: SignedDuration,
        call: F,
    ) -> impl Future<Output = Result<F::Output, Elapsed>>;

    /// Rests until something may have changed, until `until` at the latest (`None`: until a change), and for `least` at
    /// least, so that several changes are seen together. A clock that knows that nothing can change any more answers
    /// [`Rested::Stuck`].
    fn rest(&self, least: SignedDuration, until: Option<Timestamp>) -> impl Future<Output = Rested>;
}

/// A call got no answer within its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no answer within {} s", .limit.as_secs())]
pub struct Elapsed {
    /// The deadline that passed.
    pub limit: SignedDuration,
}

/// Why a rest ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rested {
    /// Something may have changed, or `until` was reached.
    Awake,
    /// Nothing can change any more and no time was set; only a person can help. Virtual time only.
    Stuck,
}
