//! A world that is served: its time in relation to wall time, and who is woken when it changes.
//!
//! All time passes through [`Live::advance_to`], all writes of the API through [`Live::act`], so that watches see every
//! write in order.

mod watch_cache;

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use replank_world::shared::Shared;
use replank_world::time::Time;
use replank_world::wall_clock_map::WallClockMap;
use replank_world::world::World;

use crate::show::View;
pub(crate) use watch_cache::{Change, WatchCache, shows_in};

/// A world with the map from its time to wall time.
#[derive(Debug)]
pub struct Live {
    world: Shared,
    clock_map: Arc<Mutex<WallClockMap>>,
    watch_cache: Arc<WatchCache>,
}

impl Live {
    /// Starts to follow a world; `wall` is the present wall-clock time, `clock_map` the map of an earlier run, if any.
    pub fn new(world: Shared, clock_map: Option<WallClockMap>, wall: Timestamp) -> Arc<Self> {
        let now = world.lock().now;
        let mut clock_map = clock_map.unwrap_or_else(|| WallClockMap::new(now, wall));
        clock_map.note(now, wall);
        let clock_map = Arc::new(Mutex::new(clock_map));
        let watch_cache = Arc::new(WatchCache::new(clock_map.clone()));
        let mut locked = world.lock();
        locked.follower = Some(watch_cache.clone());
        drop(locked);
        Arc::new(Self { world, clock_map, watch_cache })
    }

    /// The world. Call [`Self::wake`] after changing it directly.
    pub fn world(&self) -> &Shared {
        &self.world
    }

    /// Advances the world to `until`, which is reached when wall time is `wall`.
    pub fn advance_to(&self, until: Time, wall: Timestamp) {
        self.clock_map.lock().unwrap_or_else(PoisonError::into_inner).note(until, wall);
        self.world.lock().advance_to(until);
        self.wake();
    }

    /// Wakes watches and other waiters after a change.
    pub fn wake(&self) {
        self.watch_cache.wake();
    }

    /// A copy of the wall-clock map, to be stored over a restart.
    pub fn clock_map(&self) -> WallClockMap {
        self.clock_map.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The wall-clock map itself, for others that tell times of this world.
    pub fn shared_clock_map(&self) -> Arc<Mutex<WallClockMap>> {
        self.clock_map.clone()
    }

    /// Reads the world under its lock.
    pub(crate) fn look<R>(&self, look: impl FnOnce(View<'_>) -> R) -> R {
        let world = self.world.lock();
        let clock_map = self.clock_map.lock().unwrap_or_else(PoisonError::into_inner);
        look(View { world: &world, clock_map: &clock_map })
    }

    /// Changes the world under its lock and wakes watches.
    pub(crate) fn act<R>(&self, act: impl FnOnce(&mut World, &Mutex<WallClockMap>) -> R) -> R {
        let mut world = self.world.lock();
        let done = act(&mut world, &self.clock_map);
        drop(world);
        self.wake();
        done
    }

    /// The recent writes, for watches.
    pub(crate) fn watch_cache(&self) -> &WatchCache {
        &self.watch_cache
    }
}

/// Reads a world whose lock is held.
pub(crate) fn view_of<R>(
    world: &World,
    clock_map: &Mutex<WallClockMap>,
    look: impl FnOnce(View<'_>) -> R,
) -> R {
    let clock_map = clock_map.lock().unwrap_or_else(PoisonError::into_inner);
    look(View { world, clock_map: &clock_map })
}
