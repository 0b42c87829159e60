//! The taint eviction controller.

use crate::store::{NodeId, PodId};
use crate::world::World;

/// The time a pod was tolerated is over.
pub(crate) fn sync(_world: &mut World, _id: PodId) {}

/// A pod is new on its node or changed.
pub(crate) fn pod_changed(_world: &mut World, _id: PodId) {}

/// Taints of a node may have changed.
pub(crate) fn node_changed(_world: &mut World, _id: NodeId) {}
