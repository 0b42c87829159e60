//! The scheduler: one pod at a time onto the best node that takes it (kube-scheduler, default profile).

mod feasible;
mod filter;
mod message;
mod queue;
mod score;

use std::sync::Arc;

use crate::object::Scheduled;
use crate::queue::Work;
use crate::store::{ClaimId, NodeId, PodId, Verb};
use crate::world::World;

pub(crate) use feasible::no_place;
pub(crate) use queue::Scheduler;

/// Takes the next pod.
pub(crate) fn next(world: &mut World) {
    let Some(id) = world.scheduler.pop() else { return };
    if !world.scheduler.is_idle() {
        world.after(world.timings.schedule, Work::Schedule);
    }
    let Some(pod) = world.store.pods.get(id) else { return };
    if pod.node.is_some() || pod.terminating() || pod.finished() {
        return;
    }
    let verdicts = filter::all(world, id);
    let feasible: Vec<NodeId> =
        verdicts.iter().filter(|(_, reasons)| reasons.is_empty()).map(|(node, _)| *node).collect();
    match score::best(world, id, &feasible) {
        Some(node) => {
            filter::bind_claims(world, id, node);
            world.scheduler.forget(id);
            world.bind_pod(id, node);
        }
        None => {
            let message: Arc<str> = message::unschedulable(&verdicts).into();
            let told = Scheduled::Unschedulable(message);
            if world.store.pods.get(id).is_some_and(|pod| pod.scheduled != told) {
                world.edit_pod(id, |pod| pod.scheduled = told);
            }
            let pause = world.scheduler.failed(id);
            world.after(pause, Work::BackOff(id));
        }
    }
}

/// A pod's back-off is over; it waits in the pool until something changes.
pub(crate) fn back_off_over(world: &mut World, id: PodId) {
    if world.scheduler.back_off_over(id, &world.store) {
        world.after(world.timings.schedule, Work::Schedule);
    } else if !world.queue.has(Work::Flush) {
        world.after(queue::FLUSH, Work::Flush);
    }
}

/// Every pod in the pool gets another chance.
pub(crate) fn flush(world: &mut World) {
    wake(world);
}

/// A pod changed.
pub(crate) fn pod_changed(world: &mut World, id: PodId, verb: Verb) {
    let Some(pod) = world.store.pods.get(id) else { return };
    let waits = pod.node.is_none() && !pod.terminating() && !pod.finished() && !pod.template.spec.gated;
    match verb {
        Verb::Added if waits => {
            world.scheduler.push(id, pod.template.spec.priority);
            world.after(world.timings.schedule, Work::Schedule);
        }
        Verb::Deleted => {
            let bound = pod.node.is_some();
            world.scheduler.forget(id);
            if bound {
                wake(world);
            }
        }
        Verb::Added | Verb::Modified => {}
    }
}

/// A node changed.
pub(crate) fn node_changed(world: &mut World, _id: NodeId, _verb: Verb) {
    wake(world);
}

/// A claim changed.
pub(crate) fn claim_changed(world: &mut World, _id: ClaimId) {
    wake(world);
}

/// Something changed that may let waiting pods in.
fn wake(world: &mut World) {
    if world.scheduler.wake(&world.store) {
        world.after(world.timings.schedule, Work::Schedule);
    }
}
