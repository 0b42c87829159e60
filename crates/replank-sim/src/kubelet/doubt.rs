//! Assumptions about pods found mid-life in a snapshot, which a rehearsal also runs the other way round.

use crate::kubernetes::components_mut;
use crate::object::{Phase, Ready};
use crate::store::PodId;
use crate::time::Time;
use crate::world::World;

use super::Step;
use super::found::{found_unready, found_working};

/// The pods about which something was assumed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Doubts {
    /// Pods of unknown remaining run time, assumed to run long, with the earliest time they could be done.
    pub(crate) work: Vec<(PodId, Time)>,
    /// Pods that are not Ready and are assumed to become so.
    pub(crate) unready: Vec<PodId>,
}

/// Assumes the opposite: pods of unknown run time finish as early as they could.
pub(crate) fn work_ends_soon(world: &mut World) {
    for (id, soonest) in std::mem::take(&mut components_mut(&mut world.state).kubelets.doubts.work) {
        if components_mut(&mut world.state)
            .kubelets
            .steps
            .get(&id)
            .is_some_and(|step| matches!(step, Step::Working))
        {
            found_working(world, id, soonest);
        }
    }
}

/// Assumes the opposite: pods that are not Ready never become so.
pub(crate) fn unready_stay(world: &mut World) {
    for id in std::mem::take(&mut components_mut(&mut world.state).kubelets.doubts.unready) {
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
