//! The replica set controller (Kubernetes: `pkg/controller/replicaset`). It keeps as many active pods as it was told;
//! a pod that is being deleted is no longer active, so its replacement does not wait for it to be gone.

mod victims;

use std::sync::Arc;

use super::adopt;
use super::make::{self, Order};
use crate::object::{Pod, ReplicaSet};
use crate::queue::Work;
use crate::store::{PodId, Ref, ReplicaSetId, Verb};
use crate::time::{Span, Time};
use crate::world::World;

/// Pods made or deleted in one look at most.
const BURST_MAX: usize = 500;

/// Looks at one.
pub(crate) fn sync(world: &mut World, id: ReplicaSetId) {
    let Some(set) = world.store.replica_sets.get(id) else { return };
    let (wanted, min_ready, deleting) = (set.replicas, set.min_ready, set.meta.deletion.is_some());
    if let Some(template) = make::numbered(world, &set.template.clone())
        && let Some(set) = world.store.replica_sets.get_mut(id)
    {
        set.template = template;
    }
    let at = Ref::ReplicaSet(id);
    adopt::pods(world, at);
    let active = active_pods(world, at);
    let seen = counts(world, &active, min_ready);
    if !deleting {
        let missing = wanted - active.len() as i64;
        if missing > 0 {
            grow(world, id, (missing as usize).min(BURST_MAX));
        } else if missing < 0 {
            let surplus = (missing.unsigned_abs() as usize).min(BURST_MAX);
            for pod in victims::choose(world, id, &active, surplus) {
                make::delete(world, pod);
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
    let status = [active.len() as i64, seen.ready, seen.available];
    let Some(set) = world.store.replica_sets.get_mut(id) else { return };
    if set.status != status {
        set.status = status;
        world.changed(at, Verb::Modified);
    }
}

/// A deployment that waits for the last old pod to be gone cannot see that in any status.
fn tell_recreate(world: &mut World, id: ReplicaSetId) {
    let Some(set) = world.store.replica_sets.get(id).filter(|set| set.replicas == 0) else { return };
    let Some(Ref::Deployment(owner)) = set.meta.owner.as_ref().and_then(|owner| owner.at) else { return };
    let waits = world.store.deployments.get(owner).is_some_and(|deployment| deployment.recreate);
    if waits && world.store.index.pods_of(Ref::ReplicaSet(id)).next().is_none() {
        world.soon(Work::Deployment(owner));
    }
}

/// The pods of an owner that it counts.
pub(super) fn active_pods(world: &World, owner: Ref) -> Vec<PodId> {
    let pods = &world.store.pods;
    world.store.index.pods_of(owner).filter(|id| pods.get(*id).is_some_and(Pod::active)).collect()
}

/// What a controller counts of its pods.
pub(super) struct Counts {
    /// Ready.
    pub(super) ready: i64,
    /// Ready for long enough.
    pub(super) available: i64,
    /// When the next one is.
    pub(super) available_at: Option<Time>,
}

/// Counts pods that are Ready, and those that have been for `min_ready`.
pub(super) fn counts(world: &World, pods: &[PodId], min_ready: Span) -> Counts {
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
    for _ in 0..count {
        let pod_name: Arc<str> = make::pod_name(world, &namespace, &name, &mut made);
        make::pod(world, Order::new(owner.clone(), namespace.clone(), pod_name, template.clone()));
    }
    if let Some(set) = world.store.replica_sets.get_mut(id) {
        set.made = made;
    }
}

#[cfg(test)]
mod tests;
