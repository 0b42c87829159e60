//! Assumptions about pods found mid-life in a snapshot, which a rehearsal also runs the other way round.

use crate::kubernetes::{components, components_mut};
use replank_world::object::{Phase, Ready};
use replank_world::store::PodId;
use replank_world::time::Time;
use replank_world::world::World;

use super::Step;
use super::found::{found_unready, found_working};

/// The pods about which something was assumed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Doubts {
    /// Pods of unknown remaining run time, assumed to run long, with the earliest time they could be done.
    work: Vec<(PodId, Time)>,
    /// Pods that are not Ready and are assumed to become so.
    unready: Vec<PodId>,
}

/// Notes that a pod is assumed to run for long; it could be done at `soonest`.
pub fn assume_work(world: &mut World, id: PodId, soonest: Time) {
    components_mut(&mut world.state).kubelets.doubts.work.push((id, soonest));
}

/// Notes that a pod which is not Ready is assumed to become so.
pub fn assume_ready(world: &mut World, id: PodId) {
    components_mut(&mut world.state).kubelets.doubts.unready.push(id);
}

/// Whether anything is assumed of how long pods run.
pub fn is_work_assumed(world: &World) -> bool {
    !components(&world.state).kubelets.doubts.work.is_empty()
}

/// Whether pods are assumed to become Ready.
pub fn is_ready_assumed(world: &World) -> bool {
    !components(&world.state).kubelets.doubts.unready.is_empty()
}

/// Assumes the opposite: pods of unknown run time finish as early as they could.
pub fn work_ends_soon(world: &mut World) {
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
pub fn unready_stay(world: &mut World) {
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
