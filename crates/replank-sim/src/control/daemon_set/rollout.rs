//! The rolling update of a daemon set without surge: pods of an earlier template go, as many at a time as may be
//! unavailable (Kubernetes: `rollingUpdate`).

use super::{fit, make, place};
use crate::store::{DaemonSetId, NodeId, PodId};
use crate::world::World;

/// Deletes what may go now.
pub(super) fn step(world: &mut World, id: DaemonSetId) {
    let Some(max) = world.store.daemon_sets.get(id).and_then(|set| set.max_unavailable) else { return };
    let Some(known) = world.daemons.sets.get(&id) else { return };
    let [down, up] = &known.old;
    if down.is_empty() && up.is_empty() {
        return;
    }
    let room = (max.up(known.sums.desired).max(1) - known.sums.unavailable).max(0);
    // Pods that are down anyway cost nothing.
    let places: Vec<NodeId> = down.iter().chain(up.iter().take(room as usize)).copied().collect();
    let template = known.template.clone();
    for node in places {
        let pods: Vec<PodId> = match world.daemons.sets.get(&id).and_then(|known| known.places.get(&node)) {
            Some(place) => place.pods.clone(),
            None => continue,
        };
        for pod in pods {
            if world.store.pods.get(pod).is_some_and(|pod| pod.template.id != template.id) {
                make::delete(world, pod);
            }
        }
        let fit = fit::of(world, node, &template);
        place::count(world, id, node, fit);
    }
}
