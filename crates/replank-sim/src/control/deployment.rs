//! The deployment controller.

use crate::store::DeploymentId;
use crate::world::World;

/// Looks at one.
pub(crate) fn sync(_world: &mut World, _id: DeploymentId) {}
