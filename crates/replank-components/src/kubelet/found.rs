//! Sets the kubelet's state for pods that a snapshot brings mid-life.

use super::{Life, Step};
use crate::kubernetes::components_mut;
use replank_world::queue::Work;
use replank_world::store::PodId;
use replank_world::time::{Span, Time};
use replank_world::world::World;

/// Makes a running pod that is not Ready become so after `left`, or never.
pub fn found_unready(world: &mut World, id: PodId, left: Option<Span>) {
    let life = if left.is_some() { Life::Ready(None) } else { Life::NeverReady };
    components_mut(&mut world.state).kubelets.steps.insert(id, Step::Running(life));
    match left {
        Some(left) => world.queue.set(world.now + left, Work::Kubelet(id)),
        None => world.queue.cancel(Work::Kubelet(id)),
    }
}

/// Makes a terminating pod never stop.
pub fn found_stuck(world: &mut World, id: PodId) {
    components_mut(&mut world.state).kubelets.steps.insert(id, Step::Stuck);
    world.queue.cancel(Work::Kubelet(id));
}

/// Makes a running pod finish successfully at `until`.
pub fn found_working(world: &mut World, id: PodId, until: Time) {
    components_mut(&mut world.state).kubelets.steps.insert(id, Step::Working);
    world.queue.set(until.max(world.now), Work::Kubelet(id));
}
