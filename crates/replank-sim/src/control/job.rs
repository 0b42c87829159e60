//! The job controller.

use crate::store::JobId;
use crate::world::World;

/// Looks at one.
pub(crate) fn sync(_world: &mut World, _id: JobId) {}
