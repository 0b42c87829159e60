//! Virtual time for the engine: a rest lets the world go on to the next moment of interest.

use std::cell::Cell;
use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use replank_engine::clock::{Clock, Elapsed, Rested};

use crate::shared::Shared;
use crate::time::{Span, Time};
use crate::world::World;

/// A clock that is the world's own. Calls on the world answer at once, so nothing is ever cut off; what they would
/// have taken passes behind them.
#[derive(Clone, Debug)]
pub struct WorldClock {
    world: Shared,
    /// Changes this close together are seen by one turn, as a watch delivers them in one go.
    gather: Span,
    /// What the world looked like at the end of the last rest.
    seen: Cell<(u64, u64)>,
}

impl WorldClock {
    /// The clock of a world; changes within `gather` are seen together.
    pub fn new(world: Shared, gather: Span) -> Self {
        Self { world, gather, seen: Cell::default() }
    }

    /// Until when the next rest lasts, `least` in any case; `None` when nothing is ever going to happen.
    ///
    /// What acts changed since the last rest is shown by a watch at once, so such a rest is short.
    pub fn rest_until(&self, least: SignedDuration, until: Option<Timestamp>) -> Option<Time> {
        let mut world = self.world.lock();
        let changed = (version(&world) != self.seen.get()).then(|| world.now + self.gather);
        let event_at = world.next_event_at().map(|at| at + self.gather);
        let until = until.map(Time::from);
        let next = event_at.into_iter().chain(until).chain(changed).min()?;
        Some(next.max(world.now + Span::from(least).max(Span(1))))
    }

    /// Until when the world goes on for what calls took, if they took anything. Whoever takes this lets it pass.
    pub fn take_owed(&self) -> Option<Time> {
        let mut world = self.world.lock();
        let owed = std::mem::replace(&mut world.owed, Span(0));
        (owed.0 > 0).then(|| world.now + owed)
    }

    /// Notes what the world looks like: the next rest is short when it looks otherwise by then.
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
