//! The stateful set controller.

use crate::store::StatefulSetId;
use crate::world::World;

/// Looks at one.
pub(crate) fn sync(_world: &mut World, _id: StatefulSetId) {}
