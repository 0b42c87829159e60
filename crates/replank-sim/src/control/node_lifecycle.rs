//! The node lifecycle controller, and the one of the cloud.

use crate::store::NodeId;
use crate::time::Span;
use crate::world::World;

/// Conditions and taints of a node.
pub(crate) fn sync(_world: &mut World, _id: NodeId) {}

/// No heartbeat for the grace period.
pub(crate) fn silent(_world: &mut World, _id: NodeId) {}

/// Whether the instance of a silent node is still there.
pub(crate) fn instance(_world: &mut World, _id: NodeId) {}

/// A kubelet died; its last heartbeat is this old.
pub(crate) fn heartbeats_stop(_world: &mut World, _id: NodeId, _age: Span) {}

/// The instance of a node is gone.
pub(crate) fn instance_gone(_world: &mut World, _id: NodeId) {}
