//! Which ReplicaSet is that of a Deployment's template, and when a sync has nothing to do.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::progress;
use super::sets::{newest, sized_for};
use crate::kubernetes::{components, components_mut};
use replank_world::object::{Deployment, PodTemplate, ReplicaSet};
use replank_world::store::{DeploymentId, Ref, ReplicaSetId};
use replank_world::vocab::labels::Map;
use replank_world::world::World;

/// What the controller remembers of Deployments.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewSets {
    /// The ReplicaSet of each Deployment's current template, with that template.
    pub(super) of: FxHashMap<DeploymentId, (Arc<PodTemplate>, ReplicaSetId)>,
    /// Deployments and their only ReplicaSets as they were when a sync left nothing to do.
    settled: FxHashMap<DeploymentId, Settled>,
}

/// What a Deployment and its only ReplicaSet were like when a sync left nothing to do.
#[derive(Clone, Debug)]
struct Settled {
    /// Their resource versions.
    versions: (u64, u64),
    /// Their generations: what was asked of them.
    generations: (u64, u64),
    /// Their annotations. They are kept, so that a change makes others of them.
    annotations: (Arc<Map>, Arc<Map>),
}

impl NewSets {
    pub(super) fn forget(&mut self, id: DeploymentId) {
        self.of.remove(&id);
        self.settled.remove(&id);
    }
}

/// Whether nothing was written since a sync that left nothing to do. Every status that a sync writes asks for another
/// one, and that one is nearly always for nothing.
pub(super) fn is_settled(world: &World, id: DeploymentId) -> bool {
    let known = components(&world.state).new_sets.settled.get(&id);
    known.is_some_and(|known| Some(known.versions) == versions(world, id))
}

/// Whether nothing but numbers in the status was written since a sync that left nothing to do: there is still one
/// ReplicaSet, that of the current template, with all replicas, so that only the status is to be counted anew.
pub(super) fn is_steady(world: &World, id: DeploymentId) -> bool {
    let new_sets = &components(&world.state).new_sets;
    let (Some(known), Some((template, _))) = (new_sets.settled.get(&id), new_sets.of.get(&id)) else {
        return false;
    };
    let Some((deployment, set)) = with_only_set(world, id) else { return false };
    (deployment.meta.generation, set.meta.generation) == known.generations
        && Arc::ptr_eq(&deployment.meta.annotations, &known.annotations.0)
        && Arc::ptr_eq(&set.meta.annotations, &known.annotations.1)
        && Arc::ptr_eq(&deployment.template, template)
        && (deployment.replicas, deployment.min_ready) == (set.replicas, set.min_ready)
        && !deployment.paused
        && !deployment.recreate
}

/// Notes that the status of a steady Deployment is written.
pub(super) fn renew_settled(world: &mut World, id: DeploymentId) {
    let versions = versions(world, id);
    if let Some(known) = components_mut(&mut world.state).new_sets.settled.get_mut(&id)
        && let Some(versions) = versions
    {
        known.versions = versions;
    }
}

/// Notes that a sync left nothing to do: all replicas are wanted of the ReplicaSet of the current template, there is no
/// other, and no deadline runs.
pub(super) fn note_settled(world: &mut World, id: DeploymentId) {
    let Some(deployment) = world.store.deployments.get(id) else { return };
    let is_over = deployment.progressing.as_ref().is_none_or(|it| it.reason == progress::COMPLETE);
    let set = newest(world, id).and_then(|set| world.store.replica_sets.get(set));
    let fits = set.is_some_and(|set| {
        set.replicas == deployment.replicas && sized_for(set) == Some(deployment.replicas)
    });
    let only = with_only_set(world, id).filter(|_| is_over && fits && !deployment.paused);
    let now = only.map(|(deployment, set)| Settled {
        versions: (deployment.meta.version, set.meta.version),
        generations: (deployment.meta.generation, set.meta.generation),
        annotations: (deployment.meta.annotations.clone(), set.meta.annotations.clone()),
    });
    let settled = &mut components_mut(&mut world.state).new_sets.settled;
    match now {
        Some(now) => drop(settled.insert(id, now)),
        None => drop(settled.remove(&id)),
    }
}

/// The resource versions of a Deployment and its only ReplicaSet; `None` where it has none or several.
fn versions(world: &World, id: DeploymentId) -> Option<(u64, u64)> {
    with_only_set(world, id).map(|(deployment, set)| (deployment.meta.version, set.meta.version))
}

/// A Deployment and its only ReplicaSet; `None` where it has none or several.
fn with_only_set(world: &World, id: DeploymentId) -> Option<(&Deployment, &ReplicaSet)> {
    let mut owned = world.store.index.owned_by(Ref::Deployment(id));
    let (Ref::ReplicaSet(only), None) = (owned.next()?, owned.next()) else { return None };
    Some((world.store.deployments.get(id)?, world.store.replica_sets.get(only)?))
}
