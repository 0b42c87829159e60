//! A world shared between its adapters and the loop that advances time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::world::World;

/// A world behind a mutex, for its adapters and the loop that advances its time.
#[derive(Clone, Debug)]
pub struct Shared(Arc<Mutex<World>>);

impl Shared {
    /// Wraps a world.
    pub fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// Whether it is the same world as another.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Locks the world. A lock poisoned by a panic is taken all the same.
    pub fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
