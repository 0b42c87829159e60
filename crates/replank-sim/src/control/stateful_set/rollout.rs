//! Revisions and the rolling update of a stateful set: from the highest member down to the partition, each only when
//! those above it are well.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Stop, available, is, make};
use crate::control::revision;
use crate::object::{Pod, PodTemplate};
use crate::store::{PodId, Ref, StatefulSetId};
use crate::world::World;

/// The revisions of all stateful sets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rollouts(BTreeMap<StatefulSetId, Rollout>);

/// From which revision to which.
#[derive(Clone, Debug)]
struct Rollout {
    current: Revision,
    update: Revision,
}

/// A template and the value of its label `controller-revision-hash`.
type Revision = (Arc<PodTemplate>, Arc<str>);

impl World {
    /// The revisions that a stateful set goes from and to, as its status names them.
    pub fn revisions_of(&self, id: StatefulSetId) -> Option<(Arc<str>, Arc<str>)> {
        self.rollouts.0.get(&id).map(|rollout| (rollout.current.1.clone(), rollout.update.1.clone()))
    }
}

/// Notes the template when it is another.
pub(super) fn know(world: &mut World, id: StatefulSetId) {
    let Some(set) = world.store.stateful_sets.get(id) else { return };
    let known = world.rollouts.0.get_mut(&id);
    if known.as_ref().is_some_and(|known| Arc::ptr_eq(&known.update.0, &set.template)) {
        return;
    }
    let name: Arc<str> = Arc::from(format!("{}-{}", set.meta.name, make::hash_of(&set.template)));
    let update = (set.template.clone(), name);
    let template = set.template.clone();
    match known {
        Some(known) => known.update = update,
        None => {
            world.rollouts.0.insert(id, Rollout { current: update.clone(), update });
        }
    }
    revision::note(world, Ref::StatefulSet(id), &template);
}

/// Forgets a set that is gone.
pub(super) fn forget(world: &mut World, id: StatefulSetId) {
    world.rollouts.0.remove(&id);
    revision::forget(world, Ref::StatefulSet(id));
}

/// What a new member is made from: below the partition from the old revision.
pub(super) fn revision_for(world: &World, id: StatefulSetId, ordinal: i64) -> Option<Revision> {
    let (set, known) = (world.store.stateful_sets.get(id)?, world.rollouts.0.get(&id)?);
    let old = set.partition.is_some_and(|partition| ordinal < set.first + partition);
    Some(if old { known.current.clone() } else { known.update.clone() })
}

/// Replaces the highest member of an old revision, if those above are well.
pub(super) fn step(world: &mut World, id: StatefulSetId, pods: &BTreeMap<i64, PodId>) -> Result<(), Stop> {
    let Some(set) = world.store.stateful_sets.get(id) else { return Ok(()) };
    let Some(partition) = set.partition else { return Ok(()) };
    let members = (set.first + partition)..(set.first + set.replicas);
    let Some(update) = world.rollouts.0.get(&id).map(|known| known.update.0.id) else { return Ok(()) };
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

/// Ends a rolling update when every member is of the new revision and Ready.
pub(super) fn complete(world: &mut World, id: StatefulSetId, pods: &[PodId], ready: i64) {
    let Some(replicas) = world.store.stateful_sets.get(id).map(|set| set.replicas) else { return };
    let Some(known) = world.rollouts.0.get_mut(&id) else { return };
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
