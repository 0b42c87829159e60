//! Adoption: a controller takes over pods without a controller that its selector matches (Kubernetes:
//! `PodControllerRefManager`, `ReplicaSetControllerRefManager`).
//!
//! A pod whose labels no longer match is released where the labels are written (`api/replace.rs`).
//! A Job adopts only with a `manualSelector`, which is not modelled.

use std::sync::Arc;

use super::{daemon_set, make};
use replank_world::object::{OwnerRef, Pod};
use replank_world::queue::Work;
use replank_world::store::{DeploymentId, PodId, Ref, ReplicaSetId, Verb};
use replank_world::vocab::selector::Selector;
use replank_world::world::World;

/// A pod without a controller was created or removed.
pub(crate) fn pod_changed(world: &mut World, id: PodId, verb: Verb) {
    let Some(pod) = world.store.pods.get(id).filter(|pod| !pod.mirror) else { return };
    let place = (pod.meta.namespace.clone(), pod.meta.labels);
    match verb {
        Verb::Added => orphaned(world, id),
        Verb::Modified => {}
        Verb::Deleted => forget(world, &place, id),
    }
}

/// Indexes a pod that has no controller, and wakes the controllers whose selectors match it.
pub(crate) fn orphaned(world: &mut World, id: PodId) {
    let Some(pod) = world.store.pods.get(id) else { return };
    let (namespace, labels) = (pod.meta.namespace.clone(), pod.meta.labels);
    world.store.index.orphans.entry((namespace.clone(), labels)).or_default().insert(id);
    let labels = world.store.labels.get(labels);
    let store = &world.store;
    let mut work: Vec<Work> = Vec::new();
    let sets = store.replica_sets.in_namespace(&namespace);
    work.extend(sets.filter(|(_, it)| it.selector.matches(labels)).map(|(id, _)| Work::ReplicaSet(id)));
    let sets = store.stateful_sets.in_namespace(&namespace);
    work.extend(sets.filter(|(_, it)| it.selector.matches(labels)).map(|(id, _)| Work::StatefulSet(id)));
    let sets = store.daemon_sets.in_namespace(&namespace);
    work.extend(sets.filter(|(_, it)| it.selector.matches(labels)).map(|(id, _)| Work::DaemonSet(id)));
    work.into_iter().for_each(|work| world.soon(work));
}

/// Adopts the active pods without a controller that the selector of `at` matches.
pub(crate) fn pods(world: &mut World, at: Ref) {
    if world.store.index.orphans.is_empty() {
        return;
    }
    let Some(meta) = world.store.meta(at).filter(|meta| meta.deletion.is_none()) else { return };
    let first = (meta.namespace.clone(), replank_world::vocab::labels::LabelSetId(0));
    let orphans = world.store.index.orphans.range(first..);
    let orphans = orphans.take_while(|((namespace, _), _)| *namespace == meta.namespace);
    let Some(selector) = selector(world, at) else { return };
    let selected = orphans.filter(|((_, labels), _)| selector.matches(world.store.labels.get(*labels)));
    let fits = |id: &&PodId| {
        let pod = world.store.pods.get(**id);
        pod.is_some_and(|pod| pod.active() && (ordinal(world, at, pod).is_some() || !names_count(at)))
    };
    let pods: Vec<PodId> = selected.flat_map(|(_, pods)| pods.iter().filter(fits)).copied().collect();
    for pod in pods {
        take_in(world, at, pod);
    }
}

/// Adopts ReplicaSets without an owner that the selector of a Deployment matches, such as those left by an
/// orphaning deletion of an earlier one.
pub(crate) fn replica_sets(world: &mut World, id: DeploymentId) {
    let Some(deployment) = world.store.deployments.get(id) else { return };
    let labels = |labels| world.store.labels.get(labels);
    let free = world.store.replica_sets.in_namespace(&deployment.meta.namespace).filter(|(_, set)| {
        set.meta.owner.is_none()
            && !set.is_controller
            && set.meta.deletion.is_none()
            && deployment.selector.matches(labels(set.meta.labels))
    });
    let free: Vec<ReplicaSetId> = free.map(|(id, _)| id).collect();
    let owner = make::owner_of("Deployment", &deployment.meta, Ref::Deployment(id));
    for set in free {
        own(world, Ref::ReplicaSet(set), owner.clone());
    }
}

fn take_in(world: &mut World, at: Ref, id: PodId) {
    let Some(meta) = world.store.meta(at) else { return };
    let owner = make::owner_of(world.store.kind_of(at), meta, at);
    let Some(pod) = world.store.pods.get(id) else { return };
    let (place, ordinal) = ((pod.meta.namespace.clone(), pod.meta.labels), ordinal(world, at, pod));
    forget(world, &place, id);
    if let Some(pod) = world.store.pods.get_mut(id) {
        pod.ordinal = ordinal;
    }
    own(world, Ref::Pod(id), owner);
    if let Ref::DaemonSet(set) = at {
        daemon_set::pod_changed(world, id, set, Verb::Added);
    }
}

/// Sets the controller of an object and updates the index of owners.
pub(crate) fn own(world: &mut World, at: Ref, owner: OwnerRef) {
    let known = world.store.meta(at).and_then(|meta| meta.owner.as_ref()?.at);
    if let Some(owned) = known.and_then(|known| world.store.index.owned.get_mut(&known)) {
        owned.remove(&at);
    }
    if let Some(new) = owner.at {
        world.store.index.owned.entry(new).or_default().insert(at);
    }
    if let Some(meta) = world.store.meta_mut(at) {
        meta.owner = Some(owner);
    }
    world.changed(at, Verb::Modified);
}

/// Forgets a pod without a controller after somebody else gave it one.
pub(crate) fn taken(world: &mut World, id: PodId) {
    let Some(pod) = world.store.pods.get(id) else { return };
    forget(world, &(pod.meta.namespace.clone(), pod.meta.labels), id);
}

fn forget(world: &mut World, place: &(Arc<str>, replank_world::vocab::labels::LabelSetId), id: PodId) {
    let orphans = &mut world.store.index.orphans;
    if let Some(pods) = orphans.get_mut(place) {
        pods.remove(&id);
        if pods.is_empty() {
            orphans.remove(place);
        }
    }
}

fn selector(world: &World, at: Ref) -> Option<&Selector> {
    match at {
        Ref::ReplicaSet(id) => world.store.replica_sets.get(id).map(|set| &set.selector),
        Ref::StatefulSet(id) => world.store.stateful_sets.get(id).map(|set| &set.selector),
        Ref::DaemonSet(id) => world.store.daemon_sets.get(id).map(|set| &set.selector),
        _ => None,
    }
}

fn names_count(at: Ref) -> bool {
    matches!(at, Ref::StatefulSet(_))
}

fn ordinal(world: &World, at: Ref, pod: &Pod) -> Option<i64> {
    let Ref::StatefulSet(id) = at else { return None };
    let set = world.store.stateful_sets.get(id)?;
    let number = pod.meta.name.strip_prefix(&*set.meta.name)?.strip_prefix('-')?;
    number.parse().ok().filter(|ordinal: &i64| ordinal.to_string() == number)
}

#[cfg(test)]
mod tests;
