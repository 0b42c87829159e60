//! One world for many: its faces, and whoever lets time pass in it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::world::World;

/// One world, shared by its faces and whoever lets time pass in it.
#[derive(Clone, Debug)]
pub struct Shared(Arc<Mutex<World>>);

impl Shared {
    /// Shares a world.
    pub fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// The world, for as long as the guard lives. A world that a panic left behind is still a world.
    pub fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
