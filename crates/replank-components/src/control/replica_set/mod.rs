//! The replica set controller (Kubernetes: `pkg/controller/replicaset`): keeps `spec.replicas` active pods. A
//! terminating pod is not active, so its replacement is created before it is gone.

mod victims;

use std::cmp::Ordering;
use std::sync::Arc;

use super::adopt;
use super::make::{self, Order};
use replank_core::behaviour::Behaviour;
use replank_world::object::{Condition, Pod, ReplicaSet, Truth};
use replank_world::queue::Work;
use replank_world::store::{PodId, Ref, ReplicaSetId, Verb};
use replank_world::time::{Span, Time};
use replank_world::world::World;

/// The most pods created or deleted in one sync (Kubernetes: `BurstReplicas`).
const BURST_MAX: usize = 500;

/// Syncs a ReplicaSet: creates or deletes pods and writes the status.
pub(crate) fn sync(world: &mut World, id: ReplicaSetId) {
    let Some(set) = world.store.replica_sets.get(id) else { return };
    let (wanted, min_ready, deleting) = (set.replicas, set.min_ready, set.meta.deletion.is_some());
    if set.template.id == 0
        && let Some(template) = make::numbered(world, &set.template.clone())
        && let Some(set) = world.store.replica_sets.get_mut(id)
    {
        set.template = template;
    }
    let at = Ref::ReplicaSet(id);
    adopt::pods(world, at);
    let crew = world.store.index.standing.crew(at);
    let seen = if min_ready == Span::ZERO {
        Counts { ready: crew.ready, available: crew.ready, available_at: None }
    } else {
        counts(world, &active_pods(world, at), min_ready)
    };
    if !deleting {
        let missing = wanted - crew.active;
        match missing.cmp(&0) {
            Ordering::Greater => grow(world, id, (missing as usize).min(BURST_MAX)),
            Ordering::Equal => forget_failure(world, id),
            Ordering::Less => {
                forget_failure(world, id);
                let surplus = (missing.unsigned_abs() as usize).min(BURST_MAX);
                for pod in victims::choose(world, id, &active_pods(world, at), surplus) {
                    make::delete(world, pod);
                }
            }
        }
        if missing.unsigned_abs() as usize > BURST_MAX {
            world.soon(Work::ReplicaSet(id));
        }
    }
    tell_recreate(world, id);
    if let Some(due) = seen.available_at {
        world.queue.at(due, Work::ReplicaSet(id));
    }
    let status = [crew.active, seen.ready, seen.available];
    let tells = world.known.version.has(Behaviour::TerminatingReplicas);
    let Some(set) = world.store.replica_sets.get_mut(id) else { return };
    let terminating = (tells && !set.is_controller).then_some(crew.leaving);
    if (set.status, set.terminating) != (status, terminating) {
        (set.status, set.terminating) = (status, terminating);
        world.changed(at, Verb::Modified);
    }
}

/// Nothing is created any more, so nothing is refused (Kubernetes: `calculateStatus`).
fn forget_failure(world: &mut World, id: ReplicaSetId) {
    let set = world.store.replica_sets.get_mut(id);
    if set.is_some_and(|set| set.failure.take().is_some()) {
        world.changed(Ref::ReplicaSet(id), Verb::Modified);
    }
}

/// Wakes a Deployment with strategy `Recreate` when the last pod of an old ReplicaSet is gone, which no status
/// shows.
fn tell_recreate(world: &mut World, id: ReplicaSetId) {
    let Some(set) = world.store.replica_sets.get(id).filter(|set| set.replicas == 0) else { return };
    let Some(Ref::Deployment(owner)) = set.meta.owner.as_ref().and_then(|owner| owner.at) else { return };
    let waits = world.store.deployments.get(owner).is_some_and(|deployment| deployment.recreate);
    if waits && world.store.index.pods_of(Ref::ReplicaSet(id)).next().is_none() {
        world.soon(Work::Deployment(owner));
    }
}

/// The pods of an owner that are neither finished nor terminating.
pub(crate) fn active_pods(world: &World, owner: Ref) -> Vec<PodId> {
    let pods = &world.store.pods;
    world.store.index.pods_of(owner).filter(|id| pods.get(*id).is_some_and(Pod::active)).collect()
}

/// Ready and available pods of a controller.
pub(crate) struct Counts {
    /// Pods whose condition Ready is `True`.
    pub(crate) ready: i64,
    /// Pods that have been Ready for `minReadySeconds`.
    pub(crate) available: i64,
    /// When the next Ready pod becomes available.
    pub(crate) available_at: Option<Time>,
}

/// Counts Ready pods, and those that have been Ready for `min_ready`.
pub(crate) fn counts(world: &World, pods: &[PodId], min_ready: Span) -> Counts {
    let mut counts = Counts { ready: 0, available: 0, available_at: None };
    for pod in pods.iter().filter_map(|id| world.store.pods.get(*id)).filter(|pod| pod.ready.is) {
        counts.ready += 1;
        let due = pod.ready.since + min_ready;
        if due <= world.now {
            counts.available += 1;
        } else {
            counts.available_at = Some(counts.available_at.map_or(due, |earliest| earliest.min(due)));
        }
    }
    counts
}

fn grow(world: &mut World, id: ReplicaSetId, count: usize) {
    let Some(set) = world.store.replica_sets.get(id) else { return };
    let ReplicaSet { meta, template, .. } = set;
    let owner = make::owner_of(world.store.kind_of(Ref::ReplicaSet(id)), meta, Ref::ReplicaSet(id));
    let (namespace, name, template, mut made) =
        (meta.namespace.clone(), meta.name.clone(), template.clone(), set.made);
    let mut refused = None;
    for _ in 0..count {
        let pod_name: Arc<str> = make::pod_name(world, &namespace, &name, &mut made);
        let order = Order::new(owner.clone(), namespace.clone(), pod_name, template.clone());
        // Kubernetes begins with one pod (`slowStartBatch`) and stops at the first that is refused.
        if let Err(message) = make::pod(world, order) {
            refused = Some(message);
            break;
        }
    }
    let now = world.now;
    if let Some(set) = world.store.replica_sets.get_mut(id) {
        set.made = made;
        let said = set.failure.as_ref().map(|failure| &*failure.message);
        if said != refused.as_deref() {
            set.failure =
                refused.map(|message| Condition::new(Truth::True, "FailedCreate", message.as_str(), now));
            world.changed(Ref::ReplicaSet(id), Verb::Modified);
        }
    }
}

#[cfg(test)]
mod tests;
