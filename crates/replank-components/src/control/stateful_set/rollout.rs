//! Revisions and the rolling update of a StatefulSet: from the highest ordinal down to the partition, each member
//! only when those above it are available, or as many at once as `maxUnavailable` says where the version knows it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Stop, available, is, make};
use crate::control::revision;
use replank_core::behaviour::Behaviour;
use replank_world::object::{Pod, PodManagement};
use replank_world::revisions::{Hashed, Rollout};
use replank_world::store::{PodId, Ref, StatefulSetId};
use replank_world::world::World;

/// Records a changed template as the update revision.
pub(super) fn know(world: &mut World, id: StatefulSetId) {
    let Some(set) = world.store.stateful_sets.get(id) else { return };
    let known = world.revisions.rollouts.get_mut(&id);
    if known.as_ref().is_some_and(|known| Arc::ptr_eq(&known.update.0, &set.template)) {
        return;
    }
    let name: Arc<str> = Arc::from(format!("{}-{}", set.meta.name, make::hash_of(&set.template)));
    let update = (set.template.clone(), name);
    let template = set.template.clone();
    match known {
        Some(known) => known.update = update,
        None => {
            world.revisions.rollouts.insert(id, Rollout { current: update.clone(), update });
        }
    }
    revision::note(world, Ref::StatefulSet(id), &template);
}

/// Forgets a deleted StatefulSet.
pub(super) fn forget(world: &mut World, id: StatefulSetId) {
    world.revisions.rollouts.remove(&id);
    revision::forget(world, Ref::StatefulSet(id));
}

/// The revision that a new member is created from: the current one below the partition, else the update revision.
pub(super) fn revision_for(world: &World, id: StatefulSetId, ordinal: i64) -> Option<Hashed> {
    let (set, known) = (world.store.stateful_sets.get(id)?, world.revisions.rollouts.get(&id)?);
    let old = set.partition.is_some_and(|partition| ordinal < set.first + partition);
    Some(if old { known.current.clone() } else { known.update.clone() })
}

/// Deletes members of the old revision, as many as may be unavailable.
pub(super) fn step(world: &mut World, id: StatefulSetId, pods: &BTreeMap<i64, PodId>) -> Result<(), Stop> {
    let Some(set) = world.store.stateful_sets.get(id) else { return Ok(()) };
    let Some(partition) = set.partition else { return Ok(()) };
    let members = (set.first + partition)..(set.first + set.replicas);
    if world.known.version.has(Behaviour::SetMaxUnavailable) {
        return several(world, id, pods, members);
    }
    let Some(update) = world.revisions.rollouts.get(&id).map(|known| known.update.0.id) else {
        return Ok(());
    };
    for ordinal in members.rev() {
        // A member that was made just now is not well yet.
        let Some(pod) = pods.get(&ordinal).copied() else { return Err(Stop::Wait) };
        let terminating = is(world, pod, Pod::terminating);
        if !terminating && is(world, pod, |pod| pod.template.id != update) {
            make::delete(world, pod);
            return Err(Stop::Wait);
        }
        if terminating || !available(world, id, pod) {
            return Err(Stop::Wait);
        }
    }
    Ok(())
}

/// Deletes members of the old revision from the highest down, until `maxUnavailable` are unavailable (Kubernetes:
/// `updateStatefulSetAfterInvariantEstablished`). Where the version does so, a parallel set first gives up those that
/// are unavailable already, which costs nothing.
fn several(
    world: &mut World,
    id: StatefulSetId,
    pods: &BTreeMap<i64, PodId>,
    members: std::ops::Range<i64>,
) -> Result<(), Stop> {
    let Some(set) = world.store.stateful_sets.get(id) else { return Ok(()) };
    let at_most = set.max_unavailable.map_or(1, |most| most.down(set.replicas)).max(1);
    let (first, end) = (set.first, set.first + set.replicas);
    let sick_first =
        set.management == PodManagement::Parallel && world.known.version.has(Behaviour::SetUnavailableFirst);
    let Some(update) = world.revisions.rollouts.get(&id).map(|known| known.update.0.id) else {
        return Ok(());
    };
    let mut left = at_most;
    let (mut well, mut sick) = (Vec::new(), Vec::new());
    for ordinal in (first..end).rev() {
        let pod = pods.get(&ordinal).copied();
        let terminating = pod.is_some_and(|pod| is(world, pod, Pod::terminating));
        let serves = !terminating && pod.is_some_and(|pod| available(world, id, pod));
        left -= i64::from(!serves);
        let old = |pod: &PodId| is(world, *pod, |pod| pod.template.id != update);
        if let Some(pod) = pod.filter(|pod| members.contains(&ordinal) && !terminating && old(pod)) {
            if serves || !sick_first { well.push(pod) } else { sick.push(pod) }
        }
    }
    well.truncate(left.max(0) as usize);
    let gone: Vec<PodId> = sick.into_iter().chain(well).collect();
    gone.iter().for_each(|pod| make::delete(world, *pod));
    if gone.is_empty() && left == at_most { Ok(()) } else { Err(Stop::Wait) }
}

/// Makes the update revision the current one when every member is of it and Ready.
pub(super) fn complete(world: &mut World, id: StatefulSetId, pods: &[PodId], ready: i64) {
    let Some(replicas) = world.store.stateful_sets.get(id).map(|set| set.replicas) else { return };
    let Some(known) = world.revisions.rollouts.get_mut(&id) else { return };
    if Arc::ptr_eq(&known.current.0, &known.update.0) {
        return;
    }
    let update = known.update.0.id;
    let updated =
        pods.iter().filter(|pod| world.store.pods.get(**pod).is_some_and(|pod| pod.template.id == update));
    if updated.count() as i64 == replicas && ready == replicas && pods.len() as i64 == replicas {
        known.current = known.update.clone();
        revision::forget_old(world, Ref::StatefulSet(id));
    }
}
