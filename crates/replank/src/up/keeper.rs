//! Lets the world go on beside the clock on the wall, whether an update runs or not.

use std::future::Future;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use replank_engine::clock::{Clock, Elapsed, Rested};
use replank_sim::calendar::Calendar;
use replank_sim::drive::WorldClock;
use replank_sim::face::Shared;
use replank_sim::time::{Span, Time};
use tokio::sync::watch;

/// How often the world goes on while something is going to happen in it soon.
const FRAME: Duration = Duration::from_millis(50);
/// How often it does while nothing is.
const IDLE_FRAME: Duration = Duration::from_millis(250);

/// Wakes the keeper. Carries nothing.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rung: Mutex<bool>,
    heard: Condvar,
}

impl Bell {
    /// Rings it.
    pub(crate) fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.heard.notify_all();
    }

    /// Waits until it rings, at most so long; answers whether it did.
    fn wait(&self, most: Duration) -> bool {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.heard.wait_timeout_while(rung, most, |rung| !*rung);
        let (mut rung, _) = waited.unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *rung)
    }
}

/// What others may look at while the world goes on.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    /// Wall time of what happened in the world.
    pub(crate) calendar: Arc<Mutex<Calendar>>,
    /// The version of the world's objects, sent on after each change.
    pub(crate) version: watch::Sender<u64>,
    /// Wakes the keeper.
    pub(crate) bell: Arc<Bell>,
}

/// A clock that keeps the world at its pace.
#[derive(Debug)]
pub(crate) struct Keeper {
    clock: WorldClock,
    world: Shared,
    pace: Pace,
    times: f64,
    begun: (Instant, Time),
}

impl Keeper {
    /// Keeps `world` at so many times real time; changes that a frame brings together are seen together.
    pub(crate) fn new(world: Shared, times: f64, pace: Pace) -> Self {
        let gather = Span(((times * 10_000.0) as i64).max(100_000));
        let begun = (Instant::now(), world.lock().now);
        Self { clock: WorldClock::new(world.clone(), gather), world, pace, times, begun }
    }

    /// Where the world should be now.
    fn due(&self) -> Time {
        self.begun.1 + Span((self.begun.0.elapsed().as_micros() as f64 * self.times) as i64)
    }

    fn advance(&self, until: Time) {
        let (now, version) = {
            let mut world = self.world.lock();
            world.advance_to(until);
            (world.now, world.store.changes.version)
        };
        self.pace.calendar.lock().unwrap_or_else(PoisonError::into_inner).note(now, Timestamp::now());
        self.pace.version.send_if_modified(|seen| std::mem::replace(seen, version) != version);
    }
}

impl Clock for Keeper {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn within<F: Future>(&self, limit: SignedDuration, call: F) -> Result<F::Output, Elapsed> {
        self.clock.within(limit, call).await
    }

    async fn rest(&mut self, until: Option<Timestamp>) -> Rested {
        loop {
            let due = self.due();
            let next = self.clock.rest_until(until);
            if let Some(next) = next.filter(|next| *next <= due) {
                self.advance(next);
                self.clock.rested();
                return Rested::Awake;
            }
            let now = self.world.lock().now;
            if due > now {
                self.advance(due);
            }
            let left = next.map_or(IDLE_FRAME, |next| {
                Duration::from_micros(((next - due).0.max(0) as f64 / self.times) as u64)
            });
            let frame = if left < IDLE_FRAME { FRAME } else { IDLE_FRAME };
            if self.pace.bell.wait(left.clamp(Duration::from_millis(1), frame)) {
                self.clock.rested();
                return Rested::Awake;
            }
        }
    }
}
