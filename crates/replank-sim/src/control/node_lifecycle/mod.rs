//! The node lifecycle controller, and the one of the cloud: taints by condition, silent kubelets, lost instances.
//!
//! Only nodes that changed are looked at; a node that lives and is Ready costs nothing.

mod monitor;
#[cfg(test)]
mod tests;
mod zones;

use std::collections::BTreeSet;

pub(super) use monitor::round;
pub(super) use zones::taint_pass;

use super::round as rounds;
use crate::api::Propagation;
use crate::event_log::Severity;
use crate::kubelet;
use crate::object::{Node, NodeReady};
use crate::queue::Work;
use crate::store::{NodeId, Ref};
use crate::time::Span;
use crate::vocab::taint::{Effect, NOT_READY, Taint, UNREACHABLE, UNSCHEDULABLE};
use crate::world::World;

/// What the controller knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeLifecycle {
    zones: zones::Zones,
    /// Nodes the next round of the monitor has to look at.
    changed: BTreeSet<NodeId>,
}

/// The taints that follow a node's conditions. Others of their keys and effect are taken away, foreign ones stay.
const BY_CONDITION: [&str; 7] = [
    NOT_READY,
    UNREACHABLE,
    UNSCHEDULABLE,
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/pid-pressure",
    "node.kubernetes.io/network-unavailable",
];

/// A node changed: its taints follow its conditions and its cordon.
pub(crate) fn sync(world: &mut World, id: NodeId) {
    if zones::note(world, id) {
        world.lifecycle.changed.insert(id);
        monitor::arm(world);
    }
    let Some(node) = world.store.nodes.get(id) else { return };
    if let Some(taints) = taints_by_condition(node, world.now) {
        world.edit_node(id, |node| node.taints = taints);
    }
}

/// What the taints of a node become, if that is a change.
fn taints_by_condition(node: &Node, now: crate::time::Time) -> Option<Vec<Taint>> {
    let condition = match node.ready {
        NodeReady::True => None,
        NodeReady::False => Some(NOT_READY),
        NodeReady::Unknown => Some(UNREACHABLE),
    };
    let wanted: Vec<&str> =
        condition.into_iter().chain(node.unschedulable.then_some(UNSCHEDULABLE)).collect();
    let stale = |taint: &Taint| {
        taint.effect == Effect::NoSchedule
            && BY_CONDITION.contains(&&*taint.key)
            && !wanted.contains(&&*taint.key)
    };
    let missing: Vec<&str> =
        wanted.iter().copied().filter(|key| !has(node, key, Effect::NoSchedule)).collect();
    if missing.is_empty() && !node.taints.iter().any(stale) {
        return None;
    }
    let kept = node.taints.iter().filter(|taint| !stale(taint)).cloned();
    let added = missing
        .into_iter()
        .map(|key| Taint { added_at: Some(now), ..Taint::new(key, "", Effect::NoSchedule) });
    Some(kept.chain(added).collect())
}

fn has(node: &Node, key: &str, effect: Effect) -> bool {
    node.taints.iter().any(|taint| taint.effect == effect && &*taint.key == key)
}

/// A kubelet died; its last heartbeat is this old.
pub(crate) fn heartbeats_stop(world: &mut World, id: NodeId, age: Span) {
    let overdue = (world.now + world.timings.grace_period + Span(-age.0)).max(world.now);
    let round = rounds::next(world, monitor::LOOP, world.timings.monitor, overdue);
    world.queue.set(round, Work::NodeSilent(id));
}

/// No heartbeat for the grace period: nobody knows how the node is.
pub(crate) fn silent(world: &mut World, id: NodeId) {
    let Some(node) = world.store.nodes.get(id).filter(|node| !node.alive) else { return };
    if node.ready == NodeReady::Unknown {
        return;
    }
    let now = world.now;
    world.edit_node(id, |node| {
        node.ready = NodeReady::Unknown;
        node.ready_since = now;
    });
    zones::note(world, id);
    world.lifecycle.changed.insert(id);
    monitor::round(world);
    if kubelet::lost_instance(world, id) {
        instance_round(world, id);
    }
}

/// The instance of a node is gone. The controller of the cloud finds out when the node is not Ready.
pub(crate) fn instance_gone(world: &mut World, id: NodeId) {
    if world.store.nodes.get(id).is_some_and(|node| node.ready != NodeReady::True) {
        instance_round(world, id);
    }
}

fn instance_round(world: &mut World, id: NodeId) {
    let round = rounds::next(world, "cloud node lifecycle", world.timings.monitor, world.now);
    world.queue.at(round, Work::NodeInstance(id));
}

/// The cloud node lifecycle controller deletes a node that is not Ready and has no instance.
pub(crate) fn instance(world: &mut World, id: NodeId) {
    let Some(node) = world.store.nodes.get(id).filter(|node| node.ready != NodeReady::True) else { return };
    let message = format!("Deleting node {} because it does not exist in the cloud provider", node.meta.name);
    let source = "cloud-node-lifecycle-controller";
    world.record(Ref::Node(id), Severity::Normal, source, "DeletingNode", message);
    // A finalizer may hold the object; nothing refuses.
    drop(crate::api::delete(world, Ref::Node(id), Propagation::Background));
}
