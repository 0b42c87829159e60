//! Controllers that were found with pods of theirs: which template those are of.

use std::sync::Arc;

use super::{daemon_set, deployment};
use crate::object::PodTemplate;
use crate::store::{DeploymentId, Ref, ReplicaSetId};
use crate::world::World;

/// The template of today of whatever makes pods.
pub(crate) fn template_of(world: &mut World, at: Ref) -> Option<Arc<PodTemplate>> {
    match at {
        Ref::ReplicaSet(id) => world.store.replica_sets.get(id).map(|set| set.template.clone()),
        Ref::StatefulSet(id) => world.store.stateful_sets.get(id).map(|set| set.template.clone()),
        Ref::Job(id) => world.store.jobs.get(id).map(|job| job.template.clone()),
        Ref::DaemonSet(id) => daemon_set::template_of(world, id),
        _ => None,
    }
}

/// A deployment takes this set for the one of its template of today.
pub(crate) fn found_new_set(world: &mut World, id: DeploymentId, set: ReplicaSetId) {
    deployment::found_new_set(world, id, set);
}
