//! No instance is terminated while a pod that could still be evicted is on its node.

use replank_core::action::PodId;
use replank_core::names::InstanceId;

use super::{Case, Invariant, Objection, budget};
use replank_world::object::Pod;
use replank_world::time::Time;
use replank_world::world::World;

/// Pods in `with` were created again after force had deleted them; none of them may be protected by a budget.
pub(super) fn judge(case: &Case, world: &World, instance: &InstanceId, with: &[PodId]) -> Objection {
    let node = *world.store.index.by_instance.get(instance.as_str())?;
    let pods = world.store.index.pods_on(node).filter_map(|id| world.store.pods.get(id));
    let returned = |pod: &Pod| {
        let named = with.iter().find(|id| id.uid.0 == pod.meta.uid.0);
        case.force && named.is_some_and(|id| !budget::protects(world, id))
    };
    let mut left = pods.filter(|pod| could_leave(case, world.now, pod) && !returned(pod));
    let first = left.next()?;
    let more = match left.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let (namespace, name) = (&first.meta.namespace, &first.meta.name);
    Some((
        Invariant::Terminate,
        format!("instance {instance} was terminated under pod {namespace}/{name}{more}"),
    ))
}

/// Whether a drain could still move the pod.
fn could_leave(case: &Case, now: Time, pod: &Pod) -> bool {
    let stays = pod.mirror
        || pod.meta.owner.as_ref().is_some_and(|owner| matches!(&*owner.kind, "DaemonSet" | "Node"));
    let doomed = pod.meta.deletion.is_some_and(|deletion| case.force || now >= deletion.until);
    !stays && !doomed
}
