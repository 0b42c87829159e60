//! What nobody can know of pods that were found in the middle of something, and what the other reading would be.

use crate::object::{Phase, Ready};
use crate::queue::Work;
use crate::store::PodId;
use crate::time::Time;
use crate::world::World;

use super::{Life, Step};

/// Pods of which something is taken to be so that may be otherwise.
#[derive(Clone, Debug, Default)]
pub(crate) struct Doubts {
    /// Pods that work for longer than they have to, and when they may be done at the earliest.
    work: Vec<(PodId, Time)>,
    /// Pods that are taken to become Ready.
    unready: Vec<PodId>,
}

impl Doubts {
    /// A pod works on; it may be done by then.
    pub(crate) fn works(&mut self, id: PodId, soonest: Time) {
        self.work.push((id, soonest));
    }

    /// A pod that is not Ready is taken to become so.
    pub(crate) fn becomes_ready(&mut self, id: PodId) {
        self.unready.push(id);
    }

    /// Whether there is work of unknown length.
    pub(crate) fn has_work(&self) -> bool {
        !self.work.is_empty()
    }

    /// Whether there are pods of which nobody knows whether they become Ready.
    pub(crate) fn has_unready(&self) -> bool {
        !self.unready.is_empty()
    }
}

/// Work of unknown length is done as soon as it may be.
pub(crate) fn work_ends_soon(world: &mut World) {
    for (id, soonest) in std::mem::take(&mut world.kubelets.doubts.work) {
        if world.kubelets.steps.get(&id).is_some_and(|step| matches!(step, Step::Working)) {
            world.queue.set(soonest.max(world.now), Work::Kubelet(id));
        }
    }
}

/// Pods that were taken to become Ready stay as they are.
pub(crate) fn unready_stay(world: &mut World) {
    for id in std::mem::take(&mut world.kubelets.doubts.unready) {
        let now = world.now;
        let waits = |pod: &crate::object::Pod| pod.phase == Phase::Running && !pod.terminating();
        if !world.store.pods.get(id).is_some_and(waits) {
            continue;
        }
        world.kubelets.steps.insert(id, Step::Running(Life::NeverReady));
        world.queue.cancel(Work::Kubelet(id));
        if world.store.pods.get(id).is_some_and(|pod| pod.ready.is) {
            world.edit_pod(id, |pod| pod.ready = Ready { is: false, since: now });
        }
    }
}
