//! The node lifecycle controller and the cloud node lifecycle controller: taints by condition, missing
//! heartbeats, deleted instances.
//!
//! Only nodes that changed are checked; a healthy node costs nothing.

mod monitor;
#[cfg(test)]
mod tests;
mod zones;

use std::collections::BTreeSet;

pub(crate) use monitor::round;
pub(crate) use zones::taint_pass;

use super::round as rounds;
use crate::kubernetes::{components, components_mut};
use replank_world::api::Propagation;
use replank_world::event_log::Severity;
use replank_world::object::{Node, NodeReady};
use replank_world::queue::Work;
use replank_world::store::{NodeId, Ref};
use replank_world::time::Span;
use replank_world::vocab::taint::{Effect, NOT_READY, Taint, UNREACHABLE, UNSCHEDULABLE};
use replank_world::world::World;

/// State of the controller.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeLifecycle {
    zones: zones::Zones,
    /// Nodes that changed since the monitor's last round.
    changed: BTreeSet<NodeId>,
}

/// `NoSchedule` taints that the controller derives from conditions and cordon: it removes stale ones of these
/// keys and leaves others alone.
const BY_CONDITION: [&str; 7] = [
    NOT_READY,
    UNREACHABLE,
    UNSCHEDULABLE,
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/pid-pressure",
    "node.kubernetes.io/network-unavailable",
];

/// Syncs the taints of a node with its conditions and cordon, and its zone's counts.
pub(crate) fn sync(world: &mut World, id: NodeId) {
    if zones::note(world, id) {
        components_mut(&mut world.state).lifecycle.changed.insert(id);
        monitor::arm(world);
    }
    let Some(node) = world.store.nodes.get(id) else { return };
    if let Some(taints) = taints_by_condition(node, world.now) {
        world.edit_node(id, |node| node.taints = taints);
    }
}

/// The taints a node should have; `None` when it has them.
fn taints_by_condition(node: &Node, now: replank_world::time::Time) -> Option<Vec<Taint>> {
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

/// Schedules the end of the grace period after a kubelet died, `age` after its last heartbeat.
pub(crate) fn heartbeats_stop(world: &mut World, id: NodeId, age: Span) {
    let overdue = (world.now + world.timings.grace_period + Span(-age.0)).max(world.now);
    let round = rounds::next(world, monitor::LOOP, world.timings.monitor, overdue);
    world.queue.set(round, Work::NodeSilent(id));
}

/// The grace period passed without a heartbeat: condition Ready becomes `Unknown`.
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
    components_mut(&mut world.state).lifecycle.changed.insert(id);
    monitor::round(world);
    if components(&world.state).kubelets.has_lost_instance(id) {
        instance_round(world, id);
    }
}

/// The instance of a node was terminated: if the node is not Ready, the cloud controller checks it in its next
/// round.
pub(crate) fn instance_gone(world: &mut World, id: NodeId) {
    if world.store.nodes.get(id).is_some_and(|node| node.ready != NodeReady::True) {
        instance_round(world, id);
    }
}

fn instance_round(world: &mut World, id: NodeId) {
    let round = rounds::next(world, "cloud node lifecycle", world.timings.monitor, world.now);
    world.queue.at(round, Work::NodeInstance(id));
}

/// Deletes a node that is not Ready and whose instance does not exist.
pub(crate) fn instance(world: &mut World, id: NodeId) {
    let Some(node) = world.store.nodes.get(id).filter(|node| node.ready != NodeReady::True) else { return };
    let message = format!("Deleting node {} because it does not exist in the cloud provider", node.meta.name);
    let source = "cloud-node-lifecycle-controller";
    world.record(Ref::Node(id), Severity::Normal, source, "DeletingNode", message);
    // A finalizer may hold the object; nothing refuses.
    drop(crate::apiserver::delete(world, Ref::Node(id), Propagation::Background));
}
