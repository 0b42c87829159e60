//! The cloud.

use crate::world::World;

/// Something in the cloud is due.
pub(crate) fn happen(_world: &mut World, _number: u64) {}
