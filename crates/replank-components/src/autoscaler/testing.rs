//! What tests of whole clusters ask the Cluster Autoscaler of a world.

use super::drainable::{self, Spent};
use super::{mark, process};
use crate::kubernetes::components;
use replank_world::object::Node;
use replank_world::store::{NodeId, PodId};
use replank_world::world::World;

/// Whether a node has the taint of a removal.
pub fn is_closed(node: &Node) -> bool {
    mark::going_since(node).is_some()
}

/// Whether its process runs.
pub fn is_alive(world: &World) -> bool {
    process::is_alive(world)
}

/// How many nodes are being drained.
pub fn draining(world: &World) -> usize {
    let removals = &components(&world.state).autoscaler.memory.removals;
    removals.values().filter(|removal| removal.drains()).count()
}

/// How many nodes are known not to be removable.
pub fn unremovable(world: &World) -> usize {
    components(&world.state).autoscaler.memory.unremovable.len()
}

/// The pods to evict before a node is removed, or why it stays.
pub fn to_move(world: &mut World, node: NodeId) -> Result<Vec<PodId>, String> {
    drainable::to_move(world, node, &Spent::new())
}
