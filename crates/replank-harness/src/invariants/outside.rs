//! Nothing outside the group is changed, and in it pods are moved only off nodes that take no new ones.

use std::sync::Arc;

use replank_core::action::{MarkNode, PodId};
use replank_core::names::InstanceId;

use super::{Case, Invariant, Objection, SEEN_AFTER, pod};
use replank_rehearsal::adapter::MANAGER;
use replank_world::object::Node;
use replank_world::world::World;

const NODEGROUP: &str = "eks.amazonaws.com/nodegroup";

/// Whether the node belongs to the group, by its label.
pub(super) fn belongs(case: &Case, world: &World, node: &Node) -> bool {
    world.store.labels.get(node.meta.labels).get(NODEGROUP).is_some_and(|group| **group == *case.group)
}

pub(super) fn node(case: &Case, world: &World, mark: &MarkNode) -> Objection {
    let found = world.store.nodes.find("", mark.node.as_str()).and_then(|id| world.store.nodes.get(id))?;
    (!belongs(case, world, found))
        .then(|| (Invariant::Outside, format!("node {} of another group was marked", mark.node)))
}

pub(super) fn pod(case: &Case, world: &World, id: &PodId) -> Objection {
    let node = pod::node(world, id)?;
    (!belongs(case, world, node)).then(|| {
        (Invariant::Outside, format!("pod {} on node {} of another group was moved", id.name, node.meta.name))
    })
}

pub(super) fn instance(case: &Case, world: &World, instance: &InstanceId) -> Objection {
    let id = *world.store.index.by_instance.get(instance.as_str())?;
    let node = world.store.nodes.get(id)?;
    (!belongs(case, world, node))
        .then(|| (Invariant::Outside, format!("instance {instance} of another group was terminated")))
}

/// Pods are moved only off cordoned nodes, whoever cordoned them. That someone uncordoned a node may be seen
/// late.
pub(super) fn cordon(world: &World, id: &PodId) -> Objection {
    let node = pod::node(world, id)?;
    let name = &node.meta.name;
    let others = |by: &Option<Arc<str>>| by.as_deref().is_none_or(|by| by != MANAGER);
    let unseen = node.cordoned.as_ref().is_some_and(|(by, at)| others(by) && world.now - *at < SEEN_AFTER);
    (!node.unschedulable && !unseen).then(|| {
        (Invariant::Cordon, format!("pod {} was moved off node {name}, which takes new pods", id.name))
    })
}
