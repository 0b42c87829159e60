//! The pod garbage collector (Kubernetes: `pkg/controller/podgc`): deletes pods of missing or out-of-service
//! nodes, terminating pods without a node, and finished pods above a threshold.
//!
//! Its loop is scheduled only while there may be something to collect.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::round;
use crate::apiserver;
use crate::kubernetes::components_mut;
use replank_world::object::{NodeReady, Phase, Ready};
use replank_world::queue::Work;
use replank_world::store::{NodeId, PodId, Verb};
use replank_world::time::{Span, Time};
use replank_world::world::World;

/// Period of the loop (Kubernetes: `gcCheckPeriod`).
const PERIOD: Span = Span::secs(20);
/// How long a node has to be missing before its pods are deleted (Kubernetes: `quarantineTime`).
const QUARANTINE: Span = Span::secs(40);
/// The quarantine lasts two periods, so its end and a round coincide; this share of the nodes is handled one
/// round later (measured on a real control plane: 2 % of the pods).
const MISSED: f64 = 0.02;
/// `--terminated-pod-gc-threshold` of kube-controller-manager.
const FINISHED_MAX: usize = 12_500;
/// Key of the taint that users put on nodes that are shut down for certain.
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// State of the collector.
#[derive(Clone, Debug, Default)]
pub(crate) struct PodGc {
    /// Missing nodes that had pods, with the end of their quarantine; `None` until a round has noticed them.
    missing: BTreeMap<NodeId, Option<Time>>,
    /// Nodes that are not Ready and have the out-of-service taint.
    off: BTreeSet<NodeId>,
    /// Terminating pods that were never bound.
    unscheduled: BTreeSet<PodId>,
    /// Pods created with the name of a node that does not exist, with the end of the quarantine; `None` until
    /// noticed.
    astray: BTreeMap<PodId, Option<Time>>,
    /// Finished pods, oldest first.
    finished: BTreeSet<(Time, PodId)>,
}

fn arm(world: &mut World) {
    let at = round::next(world, "pod gc", PERIOD, world.now);
    world.queue.at(at, Work::PodGc);
}

/// Updates the collector's state after a change of a pod.
pub(crate) fn pod_changed(world: &mut World, id: PodId, verb: Verb) {
    let Some(pod) = world.store.pods.get(id) else { return };
    let (node, finished, terminating) = (pod.node, pod.finished(), pod.terminating());
    let place = (pod.meta.created_at, id);
    if verb == Verb::Deleted {
        components_mut(&mut world.state).pod_gc.finished.remove(&place);
        components_mut(&mut world.state).pod_gc.unscheduled.remove(&id);
        components_mut(&mut world.state).pod_gc.astray.remove(&id);
        return;
    }
    if node.is_none() && pod.template.spec.node_name.is_some() {
        if let std::collections::btree_map::Entry::Vacant(new) =
            components_mut(&mut world.state).pod_gc.astray.entry(id)
        {
            new.insert(None);
            arm(world);
        }
        return;
    }
    match node {
        None if terminating && components_mut(&mut world.state).pod_gc.unscheduled.insert(id) => arm(world),
        Some(node) if world.store.nodes.get(node).is_none() => missing(world, node),
        None | Some(_) => {}
    }
    if finished
        && !terminating
        && components_mut(&mut world.state).pod_gc.finished.insert(place)
        && components_mut(&mut world.state).pod_gc.finished.len() > FINISHED_MAX
    {
        arm(world);
    }
}

/// Updates the set of out-of-service nodes after a change of a node.
pub(crate) fn node_changed(world: &mut World, id: NodeId) {
    let off = world.store.nodes.get(id).is_some_and(|node| {
        node.ready != NodeReady::True && node.taints.iter().any(|taint| &*taint.key == OUT_OF_SERVICE)
    });
    if off && components_mut(&mut world.state).pod_gc.off.insert(id) {
        arm(world);
    } else if !off {
        components_mut(&mut world.state).pod_gc.off.remove(&id);
    }
}

/// A node was created: pods that name it in their spec are bound to it.
pub(crate) fn node_added(world: &mut World, id: NodeId) {
    let Some(name) = world.store.nodes.get(id).map(|node| node.meta.name.clone()) else { return };
    let named = |pod: &PodId| {
        let pod = world.store.pods.get(*pod);
        pod.is_some_and(|pod| pod.template.spec.node_name.as_ref() == Some(&name))
    };
    let pods: Vec<PodId> =
        components_mut(&mut world.state).pod_gc.astray.keys().copied().filter(named).collect();
    for pod in pods {
        components_mut(&mut world.state).pod_gc.astray.remove(&pod);
        world.bind_pod(pod, id);
    }
}

/// A node was deleted: if it had pods, it becomes a missing one.
pub(crate) fn node_gone(world: &mut World, id: NodeId) {
    components_mut(&mut world.state).pod_gc.off.remove(&id);
    if world.store.index.pods_on(id).next().is_some() {
        missing(world, id);
    }
}

fn missing(world: &mut World, id: NodeId) {
    if let std::collections::btree_map::Entry::Vacant(new) =
        components_mut(&mut world.state).pod_gc.missing.entry(id)
    {
        new.insert(None);
        arm(world);
    }
}

/// Runs one round.
pub(crate) fn sync(world: &mut World) {
    excess(world);
    for id in components_mut(&mut world.state).pod_gc.off.clone() {
        let pods: Vec<PodId> = world.store.index.pods_on(id).collect();
        let going =
            |pod: &PodId| world.store.pods.get(*pod).is_some_and(replank_world::object::Pod::terminating);
        let pods: Vec<PodId> = pods.into_iter().filter(going).collect();
        pods.into_iter().for_each(|pod| collect(world, pod));
    }
    let now = world.now;
    for (id, until) in components_mut(&mut world.state).pod_gc.missing.clone() {
        match until {
            None => {
                let late = world.chance.share("pod gc", "late", u64::from(id.0)) < MISSED;
                let until = now + QUARANTINE + if late { PERIOD } else { Span::ZERO };
                components_mut(&mut world.state).pod_gc.missing.insert(id, Some(until));
            }
            Some(until) if until <= now => {
                let pods: Vec<PodId> = world.store.index.pods_on(id).collect();
                pods.into_iter().for_each(|pod| collect(world, pod));
                components_mut(&mut world.state).pod_gc.missing.remove(&id);
            }
            Some(_) => {}
        }
    }
    astray(world);
    for id in std::mem::take(&mut components_mut(&mut world.state).pod_gc.unscheduled) {
        collect(world, id);
    }
    let waits = |id: &NodeId| world.store.index.pods_on(*id).next().is_some();
    let is_lost = !components_mut(&mut world.state).pod_gc.missing.is_empty()
        || !components_mut(&mut world.state).pod_gc.astray.is_empty();
    if is_lost || components_mut(&mut world.state).pod_gc.off.iter().any(waits) {
        let at = round::next(world, "pod gc", PERIOD, Time(now.0 + 1));
        world.queue.at(at, Work::PodGc);
    }
}

/// Handles pods that name a node which does not exist, with the same quarantine.
fn astray(world: &mut World) {
    let now = world.now;
    for (id, until) in components_mut(&mut world.state).pod_gc.astray.clone() {
        match until {
            None => drop(components_mut(&mut world.state).pod_gc.astray.insert(id, Some(now + QUARANTINE))),
            Some(until) if until <= now => {
                components_mut(&mut world.state).pod_gc.astray.remove(&id);
                collect(world, id);
            }
            Some(_) => {}
        }
    }
}

/// Deletes the oldest finished pods above the threshold.
fn excess(world: &mut World) {
    let count = components_mut(&mut world.state).pod_gc.finished.len().saturating_sub(FINISHED_MAX);
    let oldest: Vec<PodId> =
        components_mut(&mut world.state).pod_gc.finished.iter().take(count).map(|(_, id)| *id).collect();
    for id in oldest {
        apiserver::delete_pod_now(world, id);
    }
}

/// Deletes a pod without grace, after setting phase `Failed` and condition `DisruptionTarget`. Finalizers still
/// hold it.
fn collect(world: &mut World, id: PodId) {
    let now = world.now;
    if world.store.pods.get(id).is_some_and(|pod| !pod.finished()) {
        world.edit_pod(id, |pod| {
            pod.phase = Phase::Failed;
            pod.finished_at = Some(now);
            // The condition tells of a lost node, so it is not for pods without one.
            if pod.node.is_some() || pod.template.spec.node_name.is_some() {
                pod.disruption = Some("DeletionByPodGC");
            }
            pod.ready = Ready { is: false, since: if pod.ready.is { now } else { pod.ready.since } };
        });
    }
    apiserver::delete_pod_now(world, id);
}
