//! Scheduling gates (`spec.schedulingGates`): whether they hold pods, and the assumption that somebody lifts them.

use crate::kubernetes::components_mut;
use replank_world::object::Pod;
use replank_world::queue::Work;
use replank_world::store::PodId;
use replank_world::world::World;

use super::waits;

/// Whether scheduling gates hold any pod now.
pub fn is_held_by_gates(world: &World) -> bool {
    let held = |pod: &Pod| pod.template.spec.gated && pod.node.is_none() && !pod.terminating();
    world.store.pods.iter().any(|(_, pod)| held(pod))
}

/// Takes scheduling gates to be lifted, those of later pods too.
pub fn lift_gates(world: &mut World) {
    components_mut(&mut world.state).scheduler.lifts_gates = true;
    let gated = |pod: &Pod| pod.template.spec.gated && waits(world, pod);
    let pods = world.store.pods.iter().filter(|(_, pod)| gated(pod));
    let pods: Vec<(PodId, i32)> = pods.map(|(id, pod)| (id, pod.template.spec.priority)).collect();
    for (id, priority) in pods {
        components_mut(&mut world.state).scheduler.waiting.push(id, priority);
        world.after(world.timings.schedule, Work::Schedule);
    }
}
