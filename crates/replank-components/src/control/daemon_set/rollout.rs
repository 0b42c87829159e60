//! The rolling update of a DaemonSet (Kubernetes: `rollingUpdate`). Without `maxSurge`, old pods are deleted as
//! far as `maxUnavailable` allows; with it, new pods are created beside old ones as far as `maxSurge` allows.

use super::fit::Fit;
use super::{fit, make, place};
use crate::kubernetes::{components, components_mut};
use replank_world::store::{DaemonSetId, NodeId, PodId};
use replank_world::vocab::percent::IntOrPercent;
use replank_world::world::World;

/// Whether the strategy has a `maxSurge` other than 0.
pub(super) fn surges(world: &World, id: DaemonSetId) -> bool {
    let set = world.store.daemon_sets.get(id).filter(|set| set.max_unavailable.is_some());
    set.is_some_and(|set| !matches!(set.max_surge, IntOrPercent::Int(0) | IntOrPercent::Percent(0)))
}

/// Takes the next step of the rollout.
pub(super) fn step(world: &mut World, id: DaemonSetId) {
    if surges(world, id) {
        surge(world, id);
        return;
    }
    let Some(max) = world.store.daemon_sets.get(id).and_then(|set| set.max_unavailable) else { return };
    let Some(known) = components_mut(&mut world.state).daemons.sets.get(&id) else { return };
    let [down, up] = &known.old;
    if down.is_empty() && up.is_empty() {
        return;
    }
    let room = (max.up(known.sums.desired).max(1) - known.sums.unavailable).max(0);
    // Pods that are down anyway cost nothing.
    let places: Vec<NodeId> = down.iter().chain(up.iter().take(room as usize)).copied().collect();
    for node in places {
        delete_old(world, id, node);
    }
}

fn surge(world: &mut World, id: DaemonSetId) {
    let Some(max) = world.store.daemon_sets.get(id).map(|set| set.max_surge) else { return };
    let Some(known) = components(&world.state).daemons.sets.get(&id) else { return };
    let ([down, up], [coming, come]) = (&known.old, &known.both);
    let room = (max.up(known.sums.desired) - coming.len() as i64).max(0);
    // Beside a pod that is down anyway a new one may come at any time.
    let growing: Vec<NodeId> = down.iter().chain(up.iter().take(room as usize)).copied().collect();
    let old_is_down = |node: &&NodeId| {
        let pods = known.places.get(*node).map(|place| place.pods.as_slice()).unwrap_or_default();
        let mut old = pods.iter().filter(|pod| is_old(world, id, **pod));
        old.any(|pod| place::is(world, *pod, |pod| !pod.ready.is))
    };
    let over: Vec<NodeId> = come.iter().chain(coming.iter().filter(old_is_down)).copied().collect();
    for node in over {
        delete_old(world, id, node);
    }
    for node in growing {
        let Some(template) =
            components_mut(&mut world.state).daemons.sets.get(&id).map(|known| known.template.clone())
        else {
            return;
        };
        let fit = fit::of(world, node, &template);
        if fit == Fit::Run {
            place::create(world, id, node);
            place::count(world, id, node, fit);
        }
    }
}

fn is_old(world: &World, id: DaemonSetId, pod: PodId) -> bool {
    let current = components(&world.state).daemons.sets.get(&id).map(|known| known.template.id);
    place::is(world, pod, |pod| Some(pod.template.id) != current)
}

fn delete_old(world: &mut World, id: DaemonSetId, node: NodeId) {
    let Some(known) = components_mut(&mut world.state).daemons.sets.get(&id) else { return };
    let template = known.template.clone();
    let pods: Vec<PodId> = known.places.get(&node).map(|place| place.pods.clone()).unwrap_or_default();
    for pod in pods {
        if is_old(world, id, pod) {
            make::delete(world, pod);
        }
    }
    let fit = fit::of(world, node, &template);
    place::count(world, id, node, fit);
}
