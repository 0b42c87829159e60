//! The endpoint slice controller.

use crate::store::ServiceId;
use crate::world::World;

/// Looks at a service.
pub(crate) fn sync(_world: &mut World, _id: ServiceId) {}
