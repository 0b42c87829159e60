//! A hook that sees every single write of a world as it happens, for the watches of the embedded API. A follower
//! sees an object as the write left it, a deleted one as it was last, and must not change the world.

use std::fmt::Debug;

use crate::event_log::Event;
use crate::store::Change;
use crate::world::World;

/// Receives each write of a world.
pub trait Follower: Debug + Send + Sync {
    /// An object was created, changed or deleted; a deleted one is still in its table during the call.
    fn changed(&self, world: &World, change: &Change);

    /// An Event was recorded, or its count was raised.
    fn said(&self, world: &World, event: &Event);
}
