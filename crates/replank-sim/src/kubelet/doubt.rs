//! What nobody can know of pods that were found in the middle of something, and what the other reading would be.

use crate::object::{Phase, Ready};
use crate::store::PodId;
use crate::time::Time;
use crate::world::World;

use super::Step;
use super::found::{found_unready, found_working};

/// Pods of which something is taken to be so that may be otherwise.
#[derive(Clone, Debug, Default)]
pub(crate) struct Doubts {
    /// Pods that work for longer than they have to, and when they may be done at the earliest.
    pub(crate) work: Vec<(PodId, Time)>,
    /// Pods that are taken to become Ready.
    pub(crate) unready: Vec<PodId>,
}

/// Work of unknown length is done as soon as it may be.
pub(crate) fn work_ends_soon(world: &mut World) {
    for (id, soonest) in std::mem::take(&mut world.kubelets.doubts.work) {
        if world.kubelets.steps.get(&id).is_some_and(|step| matches!(step, Step::Working)) {
            found_working(world, id, soonest);
        }
    }
}

/// Pods that were taken to become Ready stay as they are.
pub(crate) fn unready_stay(world: &mut World) {
    for id in std::mem::take(&mut world.kubelets.doubts.unready) {
        let now = world.now;
        let Some(pod) = world.store.pods.get(id) else { continue };
        if pod.phase != Phase::Running || pod.terminating() {
            continue;
        }
        let was_ready = pod.ready.is;
        found_unready(world, id, None);
        if was_ready {
            world.edit_pod(id, |pod| pod.ready = Ready { is: false, since: now });
        }
    }
}
