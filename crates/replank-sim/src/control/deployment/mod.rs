//! The deployment controller (Kubernetes: `pkg/controller/deployment`). It sizes replica sets; pods are theirs. What
//! is evicted from it is no business of its own.

mod recreate;
mod rolling;
mod scale;
mod sets;

use super::make;
use crate::object::{Deployment, ReplicaSet};
use crate::store::{DeploymentId, Ref, ReplicaSetId, Verb};
use crate::world::World;

pub(crate) use sets::NewSets;

use sets::Sets;

/// Looks at one.
pub(crate) fn sync(world: &mut World, id: DeploymentId) {
    let Some(deployment) = world.store.deployments.get(id) else {
        world.new_sets.forget(id);
        return;
    };
    let (deleting, paused, recreate) =
        (deployment.meta.deletion.is_some(), deployment.paused, deployment.recreate);
    if let Some(template) = make::numbered(world, &deployment.template.clone())
        && let Some(deployment) = world.store.deployments.get_mut(id)
    {
        deployment.template = template;
    }
    if !deleting {
        let sets = sets::find(world, id);
        if paused || scale::is_due(world, id, &sets) {
            scale::step(world, id, &sets);
        } else if recreate {
            recreate::step(world, id, &sets);
        } else {
            rolling::step(world, id, &sets);
        }
    }
    write_status(world, id);
    if !deleting {
        sets::forget_old_revisions(world, id);
    }
}

/// How many pods a rolling update may have too many and too few (Kubernetes: `ResolveFenceposts`).
fn room(deployment: &Deployment) -> (i64, i64) {
    let replicas = deployment.replicas;
    if deployment.recreate || replicas == 0 {
        return (0, 0);
    }
    let surge = deployment.max_surge.up(replicas);
    let unavailable = deployment.max_unavailable.down(replicas);
    let unavailable = if surge == 0 && unavailable == 0 { 1 } else { unavailable };
    (surge, unavailable.min(replicas))
}

/// What all sets of a deployment ask for together.
fn wanted(world: &World, sets: &[ReplicaSetId]) -> i64 {
    sum(world, sets, |set| set.replicas)
}

fn sum(world: &World, sets: &[ReplicaSetId], of: impl Fn(&ReplicaSet) -> i64) -> i64 {
    sets.iter().filter_map(|id| world.store.replica_sets.get(*id)).map(of).sum()
}

fn write_status(world: &mut World, id: DeploymentId) {
    let sets: Vec<ReplicaSetId> = sets::owned(world, id);
    let status = [0, 1, 2].map(|count| sum(world, &sets, |set| set.status[count]));
    let Some(deployment) = world.store.deployments.get_mut(id) else { return };
    let generation = deployment.meta.generation;
    if (deployment.status, deployment.observed) != (status, generation) {
        (deployment.status, deployment.observed) = (status, generation);
        world.changed(Ref::Deployment(id), Verb::Modified);
    }
}

/// The new set and the old ones together.
fn all(sets: &Sets) -> Vec<ReplicaSetId> {
    sets.old.iter().copied().chain(sets.new).collect()
}

#[cfg(test)]
mod tests;
