//! Scaling a Deployment: its ReplicaSets follow, in proportion while a rollout is under way (Kubernetes:
//! `scale`).

use super::sets::{self, Sets};
use super::{all, room, wanted};
use replank_world::object::ReplicaSet;
use replank_world::store::{DeploymentId, ReplicaSetId};
use replank_world::world::World;

/// Whether the Deployment was scaled since a ReplicaSet with pods was last sized (Kubernetes: `isScalingEvent`).
pub(super) fn is_due(world: &World, id: DeploymentId, sets: &Sets) -> bool {
    let Some(deployment) = world.store.deployments.get(id) else { return false };
    let active = sets.old.iter().chain(&sets.new).filter_map(|set| world.store.replica_sets.get(*set));
    active
        .filter(|set| set.replicas > 0)
        .any(|set| sets::sized_for(set).is_some_and(|desired| desired != deployment.replicas))
}

/// Scales the ReplicaSets to the size of the Deployment.
pub(super) fn step(world: &mut World, id: DeploymentId, sets: &Sets) {
    let Some(replicas) = world.store.deployments.get(id).map(|deployment| deployment.replicas) else {
        return;
    };
    let has_pods = |set: &ReplicaSetId| wanted(world, &[*set]) > 0;
    let active: Vec<ReplicaSetId> = all(sets).into_iter().filter(has_pods).collect();
    let only = match active.as_slice() {
        [] => sets.new.or(sets.old.last().copied()),
        [only] => Some(*only),
        _ => None,
    };
    if let Some(only) = only {
        sets::resize(world, id, only, replicas);
        return;
    }
    if sets.new.is_some_and(|new| saturated(world, new, replicas)) {
        for old in active.into_iter().filter(|set| Some(*set) != sets.new) {
            sets::resize(world, id, old, 0);
        }
        return;
    }
    in_proportion(world, id, active);
}

fn saturated(world: &World, new: ReplicaSetId, replicas: i64) -> bool {
    let set = world.store.replica_sets.get(new);
    set.is_some_and(|set| {
        set.replicas == replicas && sets::sized_for(set) == Some(replicas) && set.status[2] == replicas
    })
}

fn in_proportion(world: &mut World, id: DeploymentId, mut active: Vec<ReplicaSetId>) {
    let Some(deployment) = world.store.deployments.get(id).filter(|deployment| !deployment.recreate) else {
        return;
    };
    let (replicas, (surge, _), before) = (deployment.replicas, room(deployment), deployment.status[0]);
    let allowed = if replicas > 0 { replicas + surge } else { 0 };
    let change = allowed - wanted(world, &active);
    // The largest first; of equal ones the newest when growing, the oldest when shrinking.
    active.sort_by_key(|set| {
        let age = if change > 0 { -i64::from(set.0) } else { i64::from(set.0) };
        (-wanted(world, &[*set]), age)
    });
    let mut done = 0;
    let mut sizes: Vec<(ReplicaSetId, i64)> = Vec::new();
    for at in active {
        let Some(set) = world.store.replica_sets.get(at) else { continue };
        let share = share(set, replicas, replicas + surge, before);
        let left = change - done;
        let share = if change > 0 { share.min(left) } else { share.max(left) };
        let share = if change == 0 || left == 0 { 0 } else { share };
        done += share;
        sizes.push((at, set.replicas + share));
    }
    for (place, (set, size)) in sizes.into_iter().enumerate() {
        let leftover = if place == 0 { change - done } else { 0 };
        sets::resize(world, id, set, (size + leftover).max(0));
    }
}

/// By how many pods a ReplicaSet grows (or shrinks, negative) with its Deployment: its share of `most`, rounded
/// (Kubernetes: `getReplicaSetFraction`). `before` is the Deployment's last size.
fn share(set: &ReplicaSet, replicas: i64, most: i64, before: i64) -> i64 {
    if replicas == 0 {
        return -set.replicas;
    }
    let before = sets::sized_at_most(set).filter(|max| *max > 0).unwrap_or(before).max(1);
    let grown = (set.replicas * most) as f64 / before as f64;
    grown.round() as i64 - set.replicas
}
