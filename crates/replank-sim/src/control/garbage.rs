//! The garbage collector.

use crate::store::Ref;
use crate::world::World;

/// Looks at an object whose owner is gone.
pub(crate) fn sync(_world: &mut World, _at: Ref) {}

/// An object is gone; what it owned follows.
pub(crate) fn owner_gone(_world: &mut World, _at: Ref) {}
