//! Whoever follows every single write of a world as it happens, such as the watches of its API.
//!
//! A follower sees each object as that write left it, a deleted one as it was last. It may not change the world.

use std::fmt::Debug;

use crate::event_log::Event;
use crate::store::Change;
use crate::world::World;

/// Follows the writes of a world.
pub trait Follower: Debug + Send + Sync {
    /// An object was written. One that is taken out is still there.
    fn changed(&self, world: &World, change: &Change);

    /// An event was recorded, or counted once more.
    fn said(&self, world: &World, event: &Event);
}
