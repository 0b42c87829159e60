//! A world that is served: its time in relation to wall time, and who is woken when it changes.
//!
//! All time passes through [`Live::advance_to`], all writes of the API through [`Live::act`], so that watches see every
//! write in order.

mod tape;

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use replank_world::shared::Shared;
use replank_world::time::Time;
use replank_world::wall_clock_map::WallClockMap;
use replank_world::world::World;

use crate::show::View;
pub(crate) use tape::{Change, Tape, shows_in};

/// A world with the map from its time to wall time.
#[derive(Debug)]
pub struct Live {
    world: Shared,
    calendar: Arc<Mutex<WallClockMap>>,
    tape: Arc<Tape>,
}

impl Live {
    /// Starts to follow a world; `wall` is the present wall-clock time, `calendar` the map of an earlier run, if any.
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

    /// The world. Call [`Self::wake`] after changing it directly.
    pub fn world(&self) -> &Shared {
        &self.world
    }

    /// Advances the world to `until`, which is reached when wall time is `wall`.
    pub fn advance_to(&self, until: Time, wall: Timestamp) {
        self.calendar.lock().unwrap_or_else(PoisonError::into_inner).note(until, wall);
        self.world.lock().advance_to(until);
        self.wake();
    }

    /// Wakes watches and other waiters after a change.
    pub fn wake(&self) {
        self.tape.wake();
    }

    /// A copy of the wall-clock map, to be stored over a restart.
    pub fn calendar(&self) -> WallClockMap {
        self.calendar.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The wall-clock map itself, for others that tell times of this world.
    pub fn shared_calendar(&self) -> Arc<Mutex<WallClockMap>> {
        self.calendar.clone()
    }

    /// Reads the world under its lock.
    pub(crate) fn look<R>(&self, look: impl FnOnce(View<'_>) -> R) -> R {
        let world = self.world.lock();
        let calendar = self.calendar.lock().unwrap_or_else(PoisonError::into_inner);
        look(View { world: &world, calendar: &calendar })
    }

    /// Changes the world under its lock and wakes watches.
    pub(crate) fn act<R>(&self, act: impl FnOnce(&mut World, &Mutex<WallClockMap>) -> R) -> R {
        let mut world = self.world.lock();
        let done = act(&mut world, &self.calendar);
        drop(world);
        self.wake();
        done
    }

    /// The recent writes, for watches.
    pub(crate) fn tape(&self) -> &Tape {
        &self.tape
    }
}

/// Reads a world whose lock is held.
pub(crate) fn view_of<R>(
    world: &World,
    calendar: &Mutex<WallClockMap>,
    look: impl FnOnce(View<'_>) -> R,
) -> R {
    let calendar = calendar.lock().unwrap_or_else(PoisonError::into_inner);
    look(View { world, calendar: &calendar })
}
