//! Strategy `RollingUpdate`: the new ReplicaSet grows within `maxSurge`, then the old ones shrink within
//! `maxUnavailable` (Kubernetes: `rolloutRolling`).

use super::sets::{self, Sets};
use super::{all, room, sum, wanted};
use replank_world::store::{DeploymentId, ReplicaSetId};
use replank_world::world::World;

/// Takes the next step of the rollout: scales the new ReplicaSet up or, when that is not possible, the old ones
/// down.
pub(super) fn step(world: &mut World, id: DeploymentId, sets: &Sets) {
    let Some(new) = sets.new else {
        sets::create(world, id, sets);
        return;
    };
    if !grow(world, id, sets, new) {
        shrink(world, id, sets, new);
    }
}

fn grow(world: &mut World, id: DeploymentId, sets: &Sets, new: ReplicaSetId) -> bool {
    let Some(deployment) = world.store.deployments.get(id) else { return false };
    let (target, (surge, _)) = (deployment.replicas, room(deployment));
    let present = wanted(world, &[new]);
    let free = target + surge - wanted(world, &all(sets));
    let size = match present.cmp(&target) {
        std::cmp::Ordering::Equal => return false,
        std::cmp::Ordering::Greater => target,
        std::cmp::Ordering::Less => present + free.clamp(0, target - present),
    };
    sets::resize(world, id, new, size)
}

fn shrink(world: &mut World, id: DeploymentId, sets: &Sets, new: ReplicaSetId) {
    let Some(deployment) = world.store.deployments.get(id) else { return };
    if wanted(world, &sets.old) == 0 {
        return;
    }
    let least = deployment.replicas - room(deployment).1;
    let starting = sum(world, &[new], |set| set.replicas - set.status[2]);
    let most = wanted(world, &all(sets)) - least - starting;
    if most <= 0 {
        return;
    }
    shrink_unhealthy(world, id, sets, most);
    let available = sum(world, &all(sets), |set| set.status[2]);
    let mut left = available - least;
    for old in &sets.old {
        if left <= 0 {
            return;
        }
        let present = wanted(world, &[*old]);
        let count = present.min(left);
        if count > 0 {
            sets::resize(world, id, *old, present - count);
            left -= count;
        }
    }
}

/// Scales old ReplicaSets down by their unavailable pods first (Kubernetes: `cleanupUnhealthyReplicas`), by
/// `most` in all.
fn shrink_unhealthy(world: &mut World, id: DeploymentId, sets: &Sets, most: i64) {
    let mut left = most;
    for old in &sets.old {
        let Some(set) = world.store.replica_sets.get(*old) else { continue };
        let (present, unhealthy) = (set.replicas, set.replicas - set.status[2]);
        let count = unhealthy.min(left).min(present);
        if count > 0 {
            sets::resize(world, id, *old, present - count);
            left -= count;
        }
    }
}
