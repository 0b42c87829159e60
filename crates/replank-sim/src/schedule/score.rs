//! Which of the nodes that take a pod is best; ties are broken by the world's chance.

use crate::object::{Node, Pod};
use crate::store::{NodeId, PodId};
use crate::world::World;

/// The best of the nodes.
pub(super) fn best(world: &World, id: PodId, feasible: &[NodeId]) -> Option<NodeId> {
    let pod = world.store.pods.get(id)?;
    let scored = feasible.iter().filter_map(|at| {
        let node = world.store.nodes.get(*at)?;
        let tie = world.chance.draw("schedule", &node.meta.name, u64::from(id.0));
        Some(((score(world, pod, *at, node), tie), *at))
    });
    scored.max().map(|(_, at)| at)
}

/// Resources (least allocated and balanced) and spread over hosts and zones, with the scheduler's weights.
fn score(world: &World, pod: &Pod, at: NodeId, node: &Node) -> i64 {
    let wanted = &pod.template.spec.nonzero;
    let share =
        |used: i64, wanted: i64, all: i64| ((used + wanted) * 100).checked_div(all).unwrap_or(100).min(100);
    let cpu = share(node.used_nonzero.cpu_milli, wanted.cpu_milli, node.allocatable.cpu_milli);
    let memory = share(node.used_nonzero.memory_bytes, wanted.memory_bytes, node.allocatable.memory_bytes);
    let least = (200 - cpu - memory) / 2;
    let balanced = 100 - (cpu - memory).abs() / 2;
    let owner = pod.meta.owner.as_ref().and_then(|owner| owner.at);
    let siblings = world.store.index.pods_on(at).filter_map(|id| world.store.pods.get(id));
    let siblings = siblings.filter(|other| {
        owner.is_some()
            && !other.terminating()
            && other.meta.owner.as_ref().and_then(|owner| owner.at) == owner
    });
    let spread = 100 - (siblings.count() as i64 * 40).min(100);
    least + balanced + 2 * spread
}
