//! The daemon set controller.

use crate::store::{DaemonSetId, NodeId};
use crate::world::World;

/// Looks at one.
pub(crate) fn sync(_world: &mut World, _id: DaemonSetId) {}

/// Looks at all of them for one node.
pub(crate) fn sync_node(_world: &mut World, _id: NodeId) {}
