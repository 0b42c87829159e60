//! What brings an unschedulable pod back to the queue: time, and changes of pods, nodes and volumes that may help it
//! (kube-scheduler: queueing hints).

use replank_world::queue::Work;
use replank_world::store::{NodeId, PodId, Verb};
use replank_world::vocab::taint::Effect;
use replank_world::world::World;

use super::node_classes::FULL;
use super::{queue, reason, waits};
use crate::kubernetes::{components, components_mut};

/// Ends the back-off of a pod: it is tried again if something changed meanwhile, otherwise waits in the
/// unschedulable pool.
pub(crate) fn back_off_over(world: &mut World, id: PodId) {
    let mut waiting = std::mem::take(&mut components_mut(&mut world.state).scheduler.waiting);
    let active = waiting.back_off_over(id, &world.store);
    components_mut(&mut world.state).scheduler.waiting = waiting;
    if active {
        world.after(world.timings.schedule, Work::Schedule);
    } else if !world.queue.has(Work::Flush) {
        world.after(queue::FLUSH, Work::Flush);
    }
}

/// Moves every pod of the unschedulable pool back to the queue (kube-scheduler:
/// `flushUnschedulablePodsLeftover`).
pub(crate) fn flush(world: &mut World) {
    let all = components(&world.state).scheduler.waiting.of(None);
    wake(world, all);
}

/// Reacts to a change of a pod: queues a new one, and retries pods that its move or end may help.
pub(crate) fn pod_changed(world: &mut World, id: PodId, verb: Verb) {
    let moved = std::mem::take(&mut components_mut(&mut world.state).scheduler.moved);
    let Some(pod) = world.store.pods.get(id) else { return };
    let (node, over, nominated) = (pod.node, pod.finished() || verb == Verb::Deleted, pod.nominated);
    if verb == Verb::Added && waits(world, pod) {
        components_mut(&mut world.state).scheduler.waiting.push(id, pod.template.spec.priority);
        world.after(world.timings.schedule, Work::Schedule);
        return;
    }
    if let Some(node) = node {
        if over {
            let template = pod.template.id;
            components_mut(&mut world.state).scheduler.affinity_holders.gone(id, template);
        } else {
            let template = pod.template.clone();
            components_mut(&mut world.state).scheduler.affinity_holders.bound(id, &template);
        }
        if over && moved && !components(&world.state).scheduler.waiting.is_content() {
            room_on(world, node, Verb::Modified);
        }
    } else if over || pod.terminating() {
        world.tally.settled(pod, world.now);
        components_mut(&mut world.state).scheduler.settled(id, nominated);
    }
    if node.is_some() && moved && !components(&world.state).scheduler.waiting.is_content() {
        let constrained = components(&world.state).scheduler.waiting.constrained();
        wake(world, constrained);
    }
}

/// Reacts to a change of a node: updates the caches and retries the pods it may help.
pub(crate) fn node_changed(world: &mut World, id: NodeId, verb: Verb) {
    let store = &world.store;
    let node = store.nodes.get(id).filter(|_| verb != Verb::Deleted);
    let soft =
        node.is_some_and(|node| node.taints.iter().any(|taint| taint.effect == Effect::PreferNoSchedule));
    let scheduler = &mut components_mut(&mut world.state).scheduler;
    if soft {
        scheduler.soft.insert(id);
    } else {
        scheduler.soft.remove(&id);
    }
    scheduler.discouraging = scheduler.soft.len();
    scheduler.node_classes.node_changed(id, node.map(|node| (node, &**store.labels.get(node.meta.labels))));
    let there = node.is_some();
    if scheduler.waiting.is_content() {
        return;
    }
    if there {
        room_on(world, id, verb);
    }
    // A node is a domain: without one that was empty, or with one more, a spread is another.
    let constrained = components(&world.state).scheduler.waiting.constrained();
    wake(world, constrained);
}

/// Retries pods whose class a changed node takes and may have room for. A new node also retries pods that its
/// taints exclude, so that their message counts it (kube-scheduler: the queueing hint for `Node/Add` ignores
/// taints).
fn room_on(world: &mut World, node: NodeId, verb: Verb) {
    let mut helped = Vec::new();
    let held = components(&world.state).scheduler.held(node);
    let here = world.store.index.pods_on(node).filter_map(|id| world.store.pods.get(id));
    let least = here.filter(|pod| !pod.finished()).map(|pod| pod.template.spec.priority).min();
    for class in components(&world.state).scheduler.waiting.classes() {
        let node_classes = &mut components_mut(&mut world.state).scheduler.node_classes;
        match node_classes.bar(class, node) {
            Some(reason::Bar::Open) => {}
            Some(reason::Bar::Taint) if verb == Verb::Added => {}
            _ => continue,
        }
        let room = node_classes.score(class, node, held, &world.store) != FULL;
        // Where there is none, a pod that may push others out could make some.
        let could = |id: &PodId| room || above(world, *id, least);
        helped.extend(components(&world.state).scheduler.waiting.of(Some(class)).into_iter().filter(could));
    }
    let name = world.store.nodes.get(node).map(|node| node.meta.name.clone());
    helped.retain(|id| {
        let pinned = world.store.pods.get(*id).and_then(|pod| pod.pinned.as_ref());
        pinned.is_none_or(|pinned| Some(pinned) == name.as_ref())
    });
    wake(world, helped);
}

fn above(world: &World, id: PodId, least: Option<i32>) -> bool {
    let priority = world.store.pods.get(id).map(|pod| pod.template.spec.priority);
    priority > least && least.is_some()
}

/// Retries these pods: a change may have made them schedulable.
pub(super) fn wake(world: &mut World, pods: Vec<PodId>) {
    let mut waiting = std::mem::take(&mut components_mut(&mut world.state).scheduler.waiting);
    let mut active = false;
    for id in pods {
        active |= waiting.wake(id, &world.store);
    }
    components_mut(&mut world.state).scheduler.waiting = waiting;
    if active {
        world.after(world.timings.schedule, Work::Schedule);
    }
}
