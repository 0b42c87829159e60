//! Real time for a server that is there for long: on a busy cluster it looks a few times a second, on a silent one
//! every half minute.

use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use replank_engine::clock::{Clock, Elapsed, Rested};

use crate::clock::WallClock;

/// Changes that come within this are taken in together.
const GATHERS: SignedDuration = SignedDuration::from_millis(50);
/// What nothing announces, such as the health of a group, is looked at so often.
const LOOKS: SignedDuration = SignedDuration::from_secs(30);

/// A [`WallClock`] for a server.
#[derive(Debug)]
pub struct ServerClock(WallClock);

impl ServerClock {
    /// One that wakes as `clock` does, and every half minute.
    pub fn new(clock: WallClock) -> Self {
        Self(clock)
    }
}

impl Clock for ServerClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn within<F: Future>(&self, limit: SignedDuration, call: F) -> Result<F::Output, Elapsed> {
        self.0.within(limit, call).await
    }

    async fn rest(&self, least: SignedDuration, until: Option<Timestamp>) -> Rested {
        let latest = self.now() + LOOKS;
        self.0.rest(least.max(GATHERS), Some(until.map_or(latest, |until| until.min(latest)))).await
    }
}
