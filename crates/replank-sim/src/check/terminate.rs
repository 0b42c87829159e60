//! No instance goes while a pod that could still be evicted is on its node.

use replank_core::names::InstanceId;

use super::{Case, Law, Objection};
use crate::object::Pod;
use crate::time::Time;
use crate::world::World;

pub(super) fn judge(case: &Case, world: &World, instance: &InstanceId) -> Objection {
    let node = *world.store.index.by_instance.get(instance.as_str())?;
    let pods = world.store.index.pods_on(node).filter_map(|id| world.store.pods.get(id));
    let mut left = pods.filter(|pod| could_leave(case, world.now, pod));
    let first = left.next()?;
    let more = match left.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let (namespace, name) = (&first.meta.namespace, &first.meta.name);
    Some((Law::Terminate, format!("instance {instance} was terminated under pod {namespace}/{name}{more}")))
}

/// Whether a drain could still move the pod.
fn could_leave(case: &Case, now: Time, pod: &Pod) -> bool {
    let stays = pod.mirror
        || pod.meta.owner.as_ref().is_some_and(|owner| matches!(&*owner.kind, "DaemonSet" | "Node"));
    let doomed = pod.meta.deletion.is_some_and(|deletion| case.force || now >= deletion.until);
    !stays && !doomed
}
