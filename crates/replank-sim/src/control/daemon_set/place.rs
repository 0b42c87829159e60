//! One daemon set on one node: makes the pod that is missing, deletes those that are too many, and counts.

use std::sync::Arc;

use super::fit::{self, Fit};
use super::{Place, Tally, make};
use crate::control::make::Order;
use crate::event_log::Severity;
use crate::object::{Phase, Pod};
use crate::queue::Work;
use crate::store::{DaemonSetId, NodeId, PodId, Ref};
use crate::time::{Span, Time};
use crate::world::World;

/// The first pause before a failed pod is deleted again; it doubles.
const BACK_OFF_FIRST: Span = Span::secs(1);
/// The longest such pause.
const BACK_OFF_MAX: Span = Span::secs(15 * 60);

/// Looks at a place.
pub(super) fn sync(world: &mut World, id: DaemonSetId, node: NodeId) {
    let Some(known) = world.daemons.sets.get(&id) else { return };
    let template = known.template.clone();
    let fit = fit::of(world, node, &template);
    let pods = known.places.get(&node).map(|place| place.pods.clone()).unwrap_or_default();
    let live = live(world, &pods);
    if world.store.nodes.get(node).is_none() {
        // Bound ones are the pod garbage collector's.
        let unbound = live.iter().filter(|pod| is(world, **pod, |pod| pod.node.is_none()));
        unbound.copied().collect::<Vec<_>>().into_iter().for_each(|pod| make::delete(world, pod));
    } else {
        match fit {
            Fit::Run if live.is_empty() => create(world, id, node),
            Fit::Run | Fit::Stay => prune(world, id, node, &live),
            Fit::Leave => live.iter().for_each(|pod| make::delete(world, *pod)),
        }
    }
    count(world, id, node, fit);
}

/// Works out what a place adds to the sums.
pub(super) fn count(world: &mut World, id: DaemonSetId, node: NodeId, fit: Fit) {
    let Some(known) = world.daemons.sets.get(&id) else { return };
    let place = known.places.get(&node);
    let pods = place.map(|place| place.pods.clone()).unwrap_or_default();
    let mut live = live(world, &pods);
    live.sort_by_key(|pod| age(world, *pod));
    let (tally, old) = match world.store.nodes.get(node) {
        Some(_) => tally(world, id, &live, fit),
        None => (Tally::default(), None),
    };
    let before = place.map(|place| place.tally).unwrap_or_default();
    let Some(known) = world.daemons.sets.get_mut(&id) else { return };
    for (available, places) in known.old.iter_mut().enumerate() {
        if old == Some(available == 1) {
            places.insert(node);
        } else {
            places.remove(&node);
        }
    }
    if fit == Fit::Leave && pods.is_empty() {
        known.places.remove(&node);
    } else {
        let place = known.places.entry(node).or_default();
        (place.fit, place.tally) = (fit, tally);
    }
    known.sums.add(before, -1);
    known.sums.add(tally, 1);
    let owes = known.old.iter().any(|places| !places.is_empty());
    if tally != before || owes {
        world.soon(Work::DaemonSet(id));
    }
}

/// What it adds, and whether its pod is of an earlier template and available.
fn tally(world: &World, id: DaemonSetId, live: &[PodId], fit: Fit) -> (Tally, Option<bool>) {
    let there = i64::from(!live.is_empty());
    let ready = |pod: &PodId| is(world, *pod, |pod| pod.ready.is);
    let mut tally = match fit {
        Fit::Run => Tally {
            desired: 1,
            current: there,
            ready: i64::from(live.first().is_some_and(ready)),
            ..Tally::default()
        },
        Fit::Stay | Fit::Leave => Tally { misscheduled: there, ..Tally::default() },
    };
    let current = world.daemons.sets.get(&id).map(|known| known.template.id);
    let staying = live.iter().filter(|pod| is(world, **pod, |pod| !pod.terminating()));
    let (new, old): (Vec<&PodId>, Vec<&PodId>) =
        staying.partition(|pod| is(world, **pod, |pod| Some(pod.template.id) == current));
    let old = match (new.as_slice(), old.as_slice()) {
        ([new], []) => {
            tally.unavailable = i64::from(!ready(new));
            None
        }
        ([], [old]) => Some(ready(old)),
        _ => {
            tally.unavailable = there;
            None
        }
    };
    (tally, old)
}

/// Deletes failed and finished pods, and all but the oldest of the others.
fn prune(world: &mut World, id: DaemonSetId, node: NodeId, live: &[PodId]) {
    let mut running = Vec::new();
    for pod in live {
        let Some(it) = world.store.pods.get(*pod).filter(|pod| !pod.terminating()) else { continue };
        match it.phase {
            Phase::Failed => {
                if may_delete_failed(world, id, node) {
                    say_failed(world, id, *pod);
                    make::delete(world, *pod);
                }
            }
            Phase::Succeeded => make::delete(world, *pod),
            Phase::Pending | Phase::Running => running.push(*pod),
        }
    }
    running.sort_by_key(|pod| age(world, *pod));
    for surplus in running.into_iter().skip(1) {
        make::delete(world, surplus);
    }
}

fn say_failed(world: &mut World, id: DaemonSetId, pod: PodId) {
    let Some(pod) = world.store.pods.get(pod) else { return };
    let node = pod.node.and_then(|node| world.store.nodes.get(node)).map_or("", |node| &*node.meta.name);
    let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
    let message = format!("Found failed daemon pod {namespace}/{name} on node {node}, will try to kill it");
    let about = Ref::DaemonSet(id);
    world.record(about, Severity::Warning, "daemonset-controller", "FailedDaemonPod", message);
}

/// Failed pods of a node are deleted with a growing pause between them.
fn may_delete_failed(world: &mut World, id: DaemonSetId, node: NodeId) -> bool {
    let now = world.now;
    let place = world.daemons.sets.get_mut(&id).and_then(|known| known.places.get_mut(&node));
    let Some(Place { failures: (count, last), .. }) = place else { return true };
    let pause = Span((BACK_OFF_FIRST.0 << count.saturating_sub(1).min(20)).min(BACK_OFF_MAX.0));
    if *count > 0 && now - *last < pause {
        let due = *last + pause;
        world.queue.at(due, Work::DaemonOn(id, node));
        return false;
    }
    let forgotten = now - *last > Span(2 * BACK_OFF_MAX.0);
    (*count, *last) = (if forgotten { 1 } else { *count + 1 }, now);
    true
}

fn create(world: &mut World, id: DaemonSetId, node: NodeId) {
    let Some(set) = world.store.daemon_sets.get(id) else { return };
    let Some(template) = world.daemons.sets.get(&id).map(|known| known.template.clone()) else { return };
    let Some(node) = world.store.nodes.get(node).map(|node| node.meta.name.clone()) else { return };
    let owner = make::owner_of("DaemonSet", &set.meta, Ref::DaemonSet(id));
    let (namespace, name, mut made) = (set.meta.namespace.clone(), set.meta.name.clone(), set.made);
    let pod_name: Arc<str> = make::pod_name(world, &namespace, &name, &mut made);
    if let Some(set) = world.store.daemon_sets.get_mut(id) {
        set.made = made;
    }
    let mut order = Order::new(owner, namespace, pod_name, template);
    order.pinned = Some(node);
    make::pod(world, order);
}

/// The pods that take the place. One that ended and is being deleted no longer does.
fn live(world: &World, pods: &[PodId]) -> Vec<PodId> {
    let lives = |pod: &PodId| is(world, *pod, |pod| !(pod.finished() && pod.terminating()));
    pods.iter().copied().filter(lives).collect()
}

/// Bound before unbound, older before younger.
fn age(world: &World, pod: PodId) -> (bool, Time, PodId) {
    let pod_there = world.store.pods.get(pod);
    pod_there.map_or((true, Time(0), pod), |it| (it.node.is_none(), it.meta.created_at, pod))
}

fn is(world: &World, pod: PodId, test: impl Fn(&Pod) -> bool) -> bool {
    world.store.pods.get(pod).is_some_and(test)
}
