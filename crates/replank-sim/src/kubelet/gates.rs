//! Readiness gates: conditions that somebody else gives a pod, such as a load balancer once it knows it. Until all
//! are `True` the pod is not ready, whatever its containers are (Kubernetes: `GeneratePodReadyCondition`).

use crate::object::{Pod, Ready};
use crate::store::PodId;
use crate::world::World;

/// Whether every readiness gate of a pod is open.
pub(super) fn are_open(world: &World, id: PodId) -> bool {
    let Some(pod) = world.store.pods.get(id) else { return true };
    let said = world.store.said.get(&pod.meta.uid);
    pod.template.spec.readiness_gates.iter().all(|gate| {
        let mut conditions = said.and_then(|said| said["conditions"].as_array()).into_iter().flatten();
        conditions.any(|condition| condition["type"] == **gate && condition["status"] == "True")
    })
}

/// Makes a pod whose containers are ready what its gates allow.
pub(super) fn settle(pod: &mut Pod, is_open: bool, now: crate::time::Time) {
    pod.gates_closed = !is_open;
    if pod.ready.is != is_open {
        pod.ready = Ready { is: is_open, since: now };
    }
}

/// Somebody said something of a pod: its gates may be open now, or closed. Whoever calls notes the change.
pub(crate) fn turned(world: &mut World, id: PodId) {
    let (is_open, now) = (are_open(world, id), world.now);
    if let Some(pod) = world.store.pods.get_mut(id).filter(|pod| pod.ready.is || pod.gates_closed) {
        settle(pod, is_open, now);
    }
}
