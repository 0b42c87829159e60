//! A world that is looked at: its pace beside the clock on the wall, and who is woken when it changes.
//!
//! All time passes through [`Live::advance_to`], all acts of this API through [`Live::act`], so that whoever watches
//! sees every write in order.

mod tape;

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use replank_sim::shared::Shared;
use replank_sim::time::Time;
use replank_sim::wall_clock_map::WallClockMap;
use replank_sim::world::World;

use crate::show::View;
pub(crate) use tape::{Change, Tape, shows_in};

/// A world beside the clock on the wall.
#[derive(Debug)]
pub struct Live {
    world: Shared,
    calendar: Arc<Mutex<WallClockMap>>,
    tape: Arc<Tape>,
}

impl Live {
    /// Follows a world from now on; `wall` is what the clock on the wall shows. `calendar` is that of an earlier run,
    /// if there was one.
    pub fn new(world: Shared, calendar: Option<WallClockMap>, wall: Timestamp) -> Arc<Self> {
        let now = world.lock().now;
        let mut calendar = calendar.unwrap_or_else(|| WallClockMap::new(now, wall));
        calendar.note(now, wall);
        let calendar = Arc::new(Mutex::new(calendar));
        let tape = Arc::new(Tape::new(calendar.clone()));
        let mut locked = world.lock();
        locked.follower = Some(tape.clone());
        drop(locked);
        Arc::new(Self { world, calendar, tape })
    }

    /// The world itself. Whoever changes it past this calls [`Self::wake`] afterwards.
    pub fn world(&self) -> &Shared {
        &self.world
    }

    /// Lets time pass in the world to `until`, which it reaches when the wall shows `wall`.
    pub fn advance_to(&self, until: Time, wall: Timestamp) {
        self.calendar.lock().unwrap_or_else(PoisonError::into_inner).note(until, wall);
        self.world.lock().advance_to(until);
        self.wake();
    }

    /// Wakes everybody who waits for a change that there was.
    pub fn wake(&self) {
        self.tape.wake();
    }

    /// A copy of the calendar, to keep it over a restart.
    pub fn calendar(&self) -> WallClockMap {
        self.calendar.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks at the world.
    pub(crate) fn look<R>(&self, look: impl FnOnce(View<'_>) -> R) -> R {
        let world = self.world.lock();
        let calendar = self.calendar.lock().unwrap_or_else(PoisonError::into_inner);
        look(View { world: &world, calendar: &calendar })
    }

    /// Changes the world, and wakes whoever waits for that.
    pub(crate) fn act<R>(&self, act: impl FnOnce(&mut World, &Mutex<WallClockMap>) -> R) -> R {
        let mut world = self.world.lock();
        let done = act(&mut world, &self.calendar);
        drop(world);
        self.wake();
        done
    }

    /// What was written lately, for watches.
    pub(crate) fn tape(&self) -> &Tape {
        &self.tape
    }
}

/// Looks at a world that is being changed.
pub(crate) fn view_of<R>(
    world: &World,
    calendar: &Mutex<WallClockMap>,
    look: impl FnOnce(View<'_>) -> R,
) -> R {
    let calendar = calendar.lock().unwrap_or_else(PoisonError::into_inner);
    look(View { world, calendar: &calendar })
}
