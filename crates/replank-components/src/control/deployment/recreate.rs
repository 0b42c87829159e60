//! Strategy `Recreate`: all old pods are gone before the first new one is created (Kubernetes:
//! `rolloutRecreate`).

use super::sets::{self, Sets};
use replank_world::store::{DeploymentId, PodId, Ref};
use replank_world::world::World;

/// Takes the next step of the rollout.
pub(super) fn step(world: &mut World, id: DeploymentId, sets: &Sets) {
    let mut shrunk = false;
    for old in &sets.old {
        let wants_pods = world.store.replica_sets.get(*old).is_some_and(|set| set.replicas > 0);
        shrunk |= wants_pods && sets::resize(world, id, *old, 0);
    }
    let runs = |pod: PodId| world.store.pods.get(pod).is_some_and(|pod| !pod.finished());
    let old_pods = || sets.old.iter().flat_map(|set| world.store.index.pods_of(Ref::ReplicaSet(*set)));
    if shrunk || old_pods().any(runs) {
        return;
    }
    let Some(new) = sets.new else {
        sets::create(world, id, sets);
        return;
    };
    let Some(replicas) = world.store.deployments.get(id).map(|deployment| deployment.replicas) else {
        return;
    };
    sets::resize(world, id, new, replicas);
}
