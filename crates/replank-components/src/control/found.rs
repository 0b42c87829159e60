//! Templates and ReplicaSets of controllers that a snapshot brings together with their pods.

use std::sync::Arc;

use super::{daemon_set, deployment};
use replank_world::object::PodTemplate;
use replank_world::store::{DeploymentId, Ref, ReplicaSetId};
use replank_world::world::World;

/// The template that a controller now creates pods from; `None` for kinds that create none.
pub fn template_of(world: &mut World, at: Ref) -> Option<Arc<PodTemplate>> {
    match at {
        Ref::ReplicaSet(id) => world.store.replica_sets.get(id).map(|set| set.template.clone()),
        Ref::StatefulSet(id) => world.store.stateful_sets.get(id).map(|set| set.template.clone()),
        Ref::Job(id) => world.store.jobs.get(id).map(|job| job.template.clone()),
        Ref::DaemonSet(id) => daemon_set::template_of(world, id),
        _ => None,
    }
}

/// Declares a ReplicaSet to be that of a Deployment's current template.
pub fn found_new_set(world: &mut World, id: DeploymentId, set: ReplicaSetId) {
    deployment::found_new_set(world, id, set);
}
