//! Taints it sets: a soft one on unneeded nodes, a hard one and a cordon on nodes being removed (Cluster
//! Autoscaler 1.34.5: `utils/taints`, `softtaint.go`).

use crate::kubernetes::{components, components_mut};
use replank_world::api::{Act, NodePatch};
use replank_world::object::Node;
use replank_world::store::NodeId;
use replank_world::world::World;

use super::{SOURCE, view};

/// Key of the taint on a node being removed.
pub(super) const GOING: &str = "ToBeDeletedByClusterAutoscaler";
/// Key of the soft taint on an unneeded node.
const CANDIDATE: &str = "DeletionCandidateOfClusterAutoscaler";
/// The most soft taints set and removed in one loop (flag `--max-bulk-soft-taint-count`).
const SOFT_MAX: usize = 10;

/// Taints a node for removal and cordons it. A node with the taint is left as it is.
pub(super) fn close(world: &mut World, id: NodeId) {
    let cordon = components_mut(&mut world.state).autoscaler.settings.cordons.then_some(true);
    let taint = (GOING.into(), seconds(world).into(), "NoSchedule".into());
    let change = NodePatch {
        unschedulable: cordon,
        by: Some(SOURCE.into()),
        set_taints: vec![taint],
        ..NodePatch::default()
    };
    if !has(world, id, GOING) {
        patch(world, id, change);
    }
}

/// Removes the taint and uncordons the node, whoever cordoned it. Returns whether the taint was there.
pub(super) fn open(world: &mut World, id: NodeId) -> bool {
    if !has(world, id, GOING) {
        return false;
    }
    let cordon = components_mut(&mut world.state).autoscaler.settings.cordons.then_some(false);
    let remove_taints = vec![(GOING.into(), None)];
    patch(
        world,
        id,
        NodePatch { unschedulable: cordon, by: Some(SOURCE.into()), remove_taints, ..NodePatch::default() },
    );
    true
}

/// Sets the soft taint on unneeded nodes and removes it from needed ones, a limited number in each loop.
pub(super) fn mark_candidates(world: &mut World) {
    let ours = view::nodes(world);
    let is_unneeded =
        |world: &World, id: NodeId| components(&world.state).autoscaler.memory.unneeded.contains_key(&id);
    let wrong = ours
        .into_iter()
        .map(|(id, _)| (id, is_unneeded(world, id)))
        .filter(|(id, unneeded)| !has(world, *id, GOING) && has(world, *id, CANDIDATE) != *unneeded);
    let (mark, clean): (Vec<_>, Vec<_>) = wrong.partition(|(_, unneeded)| *unneeded);
    let value = seconds(world);
    for (id, unneeded) in clean.into_iter().chain(mark).take(SOFT_MAX) {
        let change = if unneeded {
            let taint = (CANDIDATE.into(), value.as_str().into(), "PreferNoSchedule".into());
            NodePatch { set_taints: vec![taint], ..NodePatch::default() }
        } else {
            NodePatch { remove_taints: vec![(CANDIDATE.into(), None)], ..NodePatch::default() }
        };
        patch(world, id, change);
    }
}

/// The time of the removal taint, in seconds since the Unix epoch; `None` without the taint.
pub(super) fn going_since(node: &Node) -> Option<i64> {
    node.taints.iter().find(|taint| &*taint.key == GOING)?.value.parse().ok()
}

fn has(world: &World, id: NodeId, key: &str) -> bool {
    world.store.nodes.get(id).is_some_and(|node| node.taints.iter().any(|taint| &*taint.key == key))
}

fn seconds(world: &World) -> String {
    world.now.0.div_euclid(1_000_000).to_string()
}

/// Patches a node; this is not refused while the node exists.
fn patch(world: &mut World, id: NodeId, patch: NodePatch) {
    if let Some(name) = world.store.nodes.get(id).map(|node| node.meta.name.clone()) {
        let _written = world.request(Act::PatchNode { name, uid: None, patch });
    }
}
