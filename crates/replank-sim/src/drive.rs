//! Virtual time for the engine: a rest lets the world go on to the next moment of interest.

use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use replank_engine::clock::{Clock, Elapsed, Rested};

use crate::shared::Shared;
use crate::time::{Span, Time};

/// A clock that is the world's own. Calls on the world answer at once, so nothing is ever cut off.
#[derive(Clone, Debug)]
pub struct WorldClock {
    world: Shared,
    /// Changes this close together are seen by one turn, as a watch delivers them in one go.
    gather: Span,
}

impl WorldClock {
    /// The clock of a world; changes within `gather` are seen together.
    pub fn new(world: Shared, gather: Span) -> Self {
        Self { world, gather }
    }

    /// Until when the next rest lasts; `None` when nothing is ever going to happen.
    pub fn rest_until(&self, until: Option<Timestamp>) -> Option<Time> {
        let mut world = self.world.lock();
        let event_at = world.next_event_at().map(|at| at + self.gather);
        let until = until.map(Time::from);
        let next = event_at.into_iter().chain(until).min()?;
        Some(next.max(world.now + Span(1)))
    }
}

impl Clock for WorldClock {
    fn now(&self) -> Timestamp {
        self.world.lock().now.into()
    }

    async fn within<F: Future>(&self, _limit: SignedDuration, call: F) -> Result<F::Output, Elapsed> {
        Ok(call.await)
    }

    async fn rest(&mut self, until: Option<Timestamp>) -> Rested {
        let Some(until) = self.rest_until(until) else { return Rested::Stuck };
        self.world.lock().advance_to(until);
        Rested::Awake
    }
}
