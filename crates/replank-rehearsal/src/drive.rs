//! The engine's clock on a world: time advances only while the engine rests, to the next event of the world.

use std::cell::Cell;
use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use replank_engine::clock::{Clock, Elapsed, Rested};

use replank_world::shared::Shared;
use replank_world::time::{Span, Time};
use replank_world::world::World;

/// A clock that reads the world's virtual time. Ports answer at once, so no deadline ever cuts a call off; the
/// time that calls would have taken is added after each of them.
#[derive(Clone, Debug)]
pub struct WorldClock {
    world: Shared,
    /// How long a rest goes on after the first event, so that one turn sees a burst of changes together, as a
    /// watch delivers them.
    gather: Span,
    /// Resource version and progress of the world at the end of the last rest.
    seen: Cell<(u64, u64)>,
}

impl WorldClock {
    /// The clock of `world`; events within `gather` of each other are seen by one turn.
    pub fn new(world: Shared, gather: Span) -> Self {
        Self { world, gather, seen: Cell::default() }
    }

    /// The time that the next rest goes on to: the next event, the engine's own `until` or, when the engine's
    /// acts changed something, a short while; never less than `least` from now. `None` when no event is due.
    pub fn rest_until(&self, least: SignedDuration, until: Option<Timestamp>) -> Option<Time> {
        let mut world = self.world.lock();
        let changed = (version(&world) != self.seen.get()).then(|| world.now + self.gather);
        let event_at = world.next_event_at().map(|at| at + self.gather);
        let until = until.map(Time::from);
        let next = event_at.into_iter().chain(until).chain(changed).min()?;
        Some(next.max(world.now + Span::from(least).max(Span(1))))
    }

    /// The time to advance the world to for what the calls since the last time would have taken; `None` when they
    /// took none. The caller advances it.
    pub fn take_owed(&self) -> Option<Time> {
        let mut world = self.world.lock();
        let owed = std::mem::replace(&mut world.owed, Span(0));
        (owed.0 > 0).then(|| world.now + owed)
    }

    /// Remembers the state of the world: if it differs at the next rest, that rest is short.
    pub fn rested(&self) {
        self.seen.set(version(&self.world.lock()));
    }
}

impl Clock for WorldClock {
    fn now(&self) -> Timestamp {
        self.world.lock().now.into()
    }

    async fn within<F: Future>(&self, _limit: SignedDuration, call: F) -> Result<F::Output, Elapsed> {
        let answer = call.await;
        if let Some(until) = self.take_owed() {
            self.world.lock().advance_to(until);
        }
        Ok(answer)
    }

    async fn rest(&self, least: SignedDuration, until: Option<Timestamp>) -> Rested {
        let Some(until) = self.rest_until(least, until) else { return Rested::Stuck };
        self.world.lock().advance_to(until);
        self.rested();
        Rested::Awake
    }
}

fn version(world: &World) -> (u64, u64) {
    (world.store.changes.version, world.progress())
}
