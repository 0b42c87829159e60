//! The deployment controller (Kubernetes: `pkg/controller/deployment`): creates and scales ReplicaSets, which own
//! the pods. It does not react to evictions; the ReplicaSet does.

mod progress;
mod recreate;
mod rolling;
mod scale;
mod sets;
mod settled;

use super::make;
use crate::kubernetes::components_mut;
use replank_world::object::{Deployment, ReplicaSet};
use replank_world::store::{DeploymentId, ReplicaSetId};
use replank_world::world::World;

pub(crate) use sets::found_new_set;
pub(crate) use settled::NewSets;

use sets::Sets;

/// Syncs a Deployment: status, scale and rollout.
pub(crate) fn sync(world: &mut World, id: DeploymentId) {
    let Some(deployment) = world.store.deployments.get(id) else {
        components_mut(&mut world.state).new_sets.forget(id);
        return;
    };
    if settled::is_settled(world, id) {
        return;
    }
    let (deleting, paused, recreate) =
        (deployment.meta.deletion.is_some(), deployment.paused, deployment.recreate);
    if deployment.template.id == 0
        && let Some(template) = make::numbered(world, &deployment.template.clone())
        && let Some(deployment) = world.store.deployments.get_mut(id)
    {
        deployment.template = template;
    }
    if !deleting && settled::is_steady(world, id) {
        progress::write_status(world, id, true);
        settled::renew_settled(world, id);
        return;
    }
    let mut rolled = false;
    if !deleting {
        let now = world.now;
        if let Some(deployment) = world.store.deployments.get_mut(id) {
            progress::note_pause(deployment, now);
        }
        let sets = sets::find(world, id);
        rolled = !paused && !scale::is_due(world, id, &sets);
        if !rolled {
            scale::step(world, id, &sets);
        } else if recreate {
            recreate::step(world, id, &sets);
        } else {
            rolling::step(world, id, &sets);
        }
    }
    progress::write_status(world, id, rolled);
    if !deleting {
        sets::forget_old_revisions(world, id);
        settled::note_settled(world, id);
    }
}

/// Pods above and below `replicas` that a rolling update may have: surge and unavailable (Kubernetes:
/// `ResolveFenceposts`).
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

/// The sum of `spec.replicas` over the given ReplicaSets.
fn wanted(world: &World, sets: &[ReplicaSetId]) -> i64 {
    sum(world, sets, |set| set.replicas)
}

fn sum(world: &World, sets: &[ReplicaSetId], of: impl Fn(&ReplicaSet) -> i64) -> i64 {
    sets.iter().filter_map(|id| world.store.replica_sets.get(*id)).map(of).sum()
}

/// All ReplicaSets: the old ones, then the new one.
fn all(sets: &Sets) -> Vec<ReplicaSetId> {
    sets.old.iter().copied().chain(sets.new).collect()
}

#[cfg(test)]
mod tests;
