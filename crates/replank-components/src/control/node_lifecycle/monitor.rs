//! The node monitor's periodic round (Kubernetes: `monitorNodeHealth`): marks pods of nodes that stopped being
//! Ready, and decides who gets or loses a `NoExecute` taint.

use super::{rounds, zones};
use crate::kubernetes::components_mut;
use replank_world::event_log::Severity;
use replank_world::object::{NodeReady, Ready};
use replank_world::queue::Work;
use replank_world::store::{NodeId, PodId, Ref};
use replank_world::vocab::taint::{Effect, NOT_READY, Taint, UNREACHABLE};
use replank_world::world::World;

/// The name of the loop, from which its phase is drawn.
pub(super) const LOOP: &str = "node monitor";

/// Schedules the next round.
pub(super) fn arm(world: &mut World) {
    let round = rounds::next(world, LOOP, world.timings.monitor, world.now);
    world.queue.at(round, Work::NodeMonitor);
}

/// Runs one round over the nodes that changed since the last.
pub(crate) fn round(world: &mut World) {
    let changed = std::mem::take(&mut components_mut(&mut world.state).lifecycle.changed);
    for id in changed {
        let Some(node) = world.store.nodes.get(id) else { continue };
        let (ready, name) = (node.ready, node.meta.name.clone());
        if zones::stopped_being_ready(world, id, ready) {
            let message = format!("Node {name} status is now: NodeNotReady");
            world.record(Ref::Node(id), Severity::Normal, "node-controller", "NodeNotReady", message);
            pods_not_ready(world, id);
        }
        match ready {
            NodeReady::True => reachable(world, id),
            NodeReady::False => out_of_reach(world, id, NOT_READY, UNREACHABLE),
            NodeReady::Unknown => out_of_reach(world, id, UNREACHABLE, NOT_READY),
        }
    }
    zones::judge(world);
}

/// Sets Ready to `False` on the pods of a node (Kubernetes: `MarkPodsNotReady`).
fn pods_not_ready(world: &mut World, id: NodeId) {
    let pods: Vec<PodId> = world.store.index.pods_on(id).collect();
    let now = world.now;
    for pod in pods {
        if world.store.pods.get(pod).is_some_and(|pod| pod.ready.is) {
            world.edit_pod(pod, |pod| pod.ready = Ready { is: false, since: now });
            let message = "Node is not ready";
            world.record(Ref::Pod(pod), Severity::Warning, "node-controller", "NodeNotReady", message);
        }
    }
}

/// Removes the controller's `NoExecute` taints from a node.
pub(super) fn reachable(world: &mut World, id: NodeId) {
    zones::unqueue(world, id);
    let theirs = |taint: &Taint| {
        taint.effect == Effect::NoExecute && (&*taint.key == NOT_READY || &*taint.key == UNREACHABLE)
    };
    if world.store.nodes.get(id).is_some_and(|node| node.taints.iter().any(theirs)) {
        world.edit_node(id, |node| node.taints.retain(|taint| !theirs(taint)));
    }
}

/// Queues an unhealthy node for its `NoExecute` taint, which its zone's rate limits; a taint that changes its key
/// is swapped at once.
fn out_of_reach(world: &mut World, id: NodeId, key: &str, other: &str) {
    let Some(node) = world.store.nodes.get(id) else { return };
    if super::has(node, other, Effect::NoExecute) {
        taint(world, id);
    } else if !super::has(node, key, Effect::NoExecute) {
        zones::queue(world, id);
    }
}

/// Puts the `NoExecute` taint of its condition on an unhealthy node, and removes that of the other condition.
pub(super) fn taint(world: &mut World, id: NodeId) {
    let now = world.now;
    let Some(node) = world.store.nodes.get(id) else { return };
    let (key, other) = match node.ready {
        NodeReady::True => return,
        NodeReady::False => (NOT_READY, UNREACHABLE),
        NodeReady::Unknown => (UNREACHABLE, NOT_READY),
    };
    let (present, swap) =
        (super::has(node, key, Effect::NoExecute), super::has(node, other, Effect::NoExecute));
    if present && !swap {
        return;
    }
    world.edit_node(id, |node| {
        node.taints.retain(|taint| taint.effect != Effect::NoExecute || &*taint.key != other);
        if !present {
            node.taints.push(Taint { added_at: Some(now), ..Taint::new(key, "", Effect::NoExecute) });
        }
    });
}
