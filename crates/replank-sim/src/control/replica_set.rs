//! The replica set controller.

use crate::store::ReplicaSetId;
use crate::world::World;

/// Looks at one.
pub(crate) fn sync(_world: &mut World, _id: ReplicaSetId) {}
