//! Readiness gates: conditions that others set, such as a load balancer controller. A pod is Ready only when its
//! containers are and every gate's condition is `True` (Kubernetes: `GeneratePodReadyCondition`).

use replank_world::object::{Pod, Ready};
use replank_world::store::PodId;
use replank_world::world::World;

/// Whether the condition of every readiness gate of a pod is `True`.
pub(super) fn are_open(world: &World, id: PodId) -> bool {
    let Some(pod) = world.store.pods.get(id) else { return true };
    let said = world.store.said.get(&pod.meta.uid);
    pod.template.spec.readiness_gates.iter().all(|gate| {
        let mut conditions = said.and_then(|said| said["conditions"].as_array()).into_iter().flatten();
        conditions.any(|condition| condition["type"] == **gate && condition["status"] == "True")
    })
}

/// Sets Ready on a pod whose containers are ready, by the state of its gates.
pub(super) fn settle(pod: &mut Pod, is_open: bool, now: replank_world::time::Time) {
    pod.gates_closed = !is_open;
    if pod.ready.is != is_open {
        pod.ready = Ready { is: is_open, since: now };
    }
}

/// Re-evaluates the gates of a pod after a client wrote its conditions. The caller records the change.
pub(crate) fn turned(world: &mut World, id: PodId) {
    let (is_open, now) = (are_open(world, id), world.now);
    if let Some(pod) = world.store.pods.get_mut(id).filter(|pod| pod.ready.is || pod.gates_closed) {
        settle(pod, is_open, now);
    }
}
