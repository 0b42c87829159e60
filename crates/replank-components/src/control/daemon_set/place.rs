//! One DaemonSet on one node: creates a missing pod, deletes failed and surplus ones, counts for the status.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::fit::{self, Fit};
use super::{Counts, NodePods, make, rollout};
use crate::control::make::Order;
use crate::control::revision;
use crate::kubernetes::{components, components_mut};
use replank_world::event_log::Severity;
use replank_world::object::{Phase, Pod};
use replank_world::queue::Work;
use replank_world::store::{DaemonSetId, NodeId, PodId, Ref};
use replank_world::time::{Span, Time};
use replank_world::world::World;

/// Delay before a second failed pod is deleted on a node; it doubles each time (Kubernetes: `failedPodsBackoff`,
/// 1 s).
const BACK_OFF_FIRST: Span = Span::secs(1);
/// The longest such delay (Kubernetes: 15 min).
const BACK_OFF_MAX: Span = Span::secs(15 * 60);

/// Creates or deletes the pods that a DaemonSet lacks or has too many of on one node.
pub(super) fn sync(world: &mut World, id: DaemonSetId, node: NodeId) {
    let Some(known) = components(&world.state).daemons.sets.get(&id) else { return };
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

/// Recomputes what a node contributes to the sums.
pub(super) fn count(world: &mut World, id: DaemonSetId, node: NodeId, fit: Fit) {
    let Some(known) = components_mut(&mut world.state).daemons.sets.get(&id) else { return };
    let place = known.places.get(&node);
    let before = place.map(|place| place.tally).unwrap_or_default();
    let pods = place.map(|place| place.pods.clone()).unwrap_or_default();
    let mut live = live(world, &pods);
    live.sort_by_key(|pod| age(world, *pod));
    let (tally, stands) = match world.store.nodes.get(node) {
        Some(_) => tally(world, id, node, &live, fit),
        None => (Counts::default(), Stands::Neither),
    };
    let Some(known) = components_mut(&mut world.state).daemons.sets.get_mut(&id) else { return };
    for available in [false, true] {
        let at = usize::from(available);
        note(&mut known.old[at], node, stands == Stands::Old { available });
        note(&mut known.both[at], node, stands == Stands::Both { available });
    }
    if fit == Fit::Leave && pods.is_empty() {
        known.places.remove(&node);
    } else {
        let place = known.places.entry(node).or_default();
        (place.fit, place.tally) = (fit, tally);
    }
    known.sums.add(before, -1);
    known.sums.add(tally, 1);
    let owes = known.old.iter().chain(&known.both).any(|places| !places.is_empty());
    if tally != before || owes {
        world.soon(Work::DaemonSet(id));
    }
}

fn note(places: &mut BTreeSet<NodeId>, node: NodeId, is_one: bool) {
    if is_one {
        places.insert(node);
    } else {
        places.remove(&node);
    }
}

/// Which templates the pods on a node are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    /// No pod of an earlier template.
    Neither,
    /// Only a pod of an earlier template.
    Old {
        /// Whether that pod has been Ready for `minReadySeconds`.
        available: bool,
    },
    /// A pod of an earlier template and one of the current.
    Both {
        /// Whether the one of the current template is available.
        available: bool,
    },
}

/// What a node contributes, and which templates its pods are of.
fn tally(world: &mut World, id: DaemonSetId, node: NodeId, live: &[PodId], fit: Fit) -> (Counts, Stands) {
    let there = i64::from(!live.is_empty());
    let ready = live.first().is_some_and(|pod| is(world, *pod, |pod| pod.ready.is));
    let current = components_mut(&mut world.state).daemons.sets.get(&id).map(|known| known.template.id);
    let is_new = |world: &World, pod: PodId| is(world, pod, |pod| Some(pod.template.id) == current);
    let first_available = live.first().is_some_and(|pod| available(world, id, node, *pod));
    let mut tally = match fit {
        Fit::Run => Counts {
            desired: 1,
            current: there,
            ready: i64::from(ready),
            updated: i64::from(live.first().is_some_and(|pod| is_new(world, *pod))),
            available: i64::from(first_available),
            ..Counts::default()
        },
        Fit::Stay | Fit::Leave => Counts { misscheduled: there, ..Counts::default() },
    };
    let staying = live.iter().copied().filter(|pod| is(world, *pod, |pod| !pod.terminating()));
    let (new, old): (Vec<PodId>, Vec<PodId>) = staying.partition(|pod| is_new(world, *pod));
    let stands = match (new.as_slice(), old.as_slice()) {
        ([new], []) => {
            tally.unavailable = i64::from(!available(world, id, node, *new));
            Stands::Neither
        }
        ([], [old]) => Stands::Old { available: available(world, id, node, *old) },
        ([new], [_]) => Stands::Both { available: available(world, id, node, *new) },
        _ => {
            tally.unavailable = there;
            Stands::Neither
        }
    };
    (tally, stands)
}

/// Whether a pod has been Ready for `minReadySeconds`; schedules a check for when it will have been.
fn available(world: &mut World, id: DaemonSetId, node: NodeId, pod: PodId) -> bool {
    let min_ready = world.store.daemon_sets.get(id).map(|set| set.min_ready).unwrap_or_default();
    let Some(pod) = world.store.pods.get(pod).filter(|pod| pod.ready.is) else { return false };
    let due = pod.ready.since + min_ready;
    if due > world.now {
        world.queue.at(due, Work::DaemonOn(id, node));
    }
    due <= world.now
}

/// Deletes failed and finished pods, and all running ones but the oldest, unless a surge allows two.
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
    if rollout::surges(world, id) {
        // The oldest of each template may stand side by side; the rolling update sees to the old one.
        let current = components_mut(&mut world.state).daemons.sets.get(&id).map(|known| known.template.id);
        let is_new = |pod: &PodId| is(world, *pod, |pod| Some(pod.template.id) == current);
        let (new, old): (Vec<PodId>, Vec<PodId>) = running.into_iter().partition(is_new);
        running = new.into_iter().skip(1).chain(old.into_iter().skip(1)).collect();
    } else {
        running = running.into_iter().skip(1).collect();
    }
    for surplus in running {
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

/// Whether a failed pod may be deleted now; otherwise schedules a check for the end of the back-off.
fn may_delete_failed(world: &mut World, id: DaemonSetId, node: NodeId) -> bool {
    let now = world.now;
    let place = components_mut(&mut world.state)
        .daemons
        .sets
        .get_mut(&id)
        .and_then(|known| known.places.get_mut(&node));
    let Some(NodePods { failures: (count, last), .. }) = place else { return true };
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

/// Creates the pod of a node, pinned to it by name.
pub(super) fn create(world: &mut World, id: DaemonSetId, node: NodeId) {
    let Some(set) = world.store.daemon_sets.get(id) else { return };
    let Some(template) =
        components_mut(&mut world.state).daemons.sets.get(&id).map(|known| known.template.clone())
    else {
        return;
    };
    let Some(node) = world.store.nodes.get(node).map(|node| node.meta.name.clone()) else { return };
    let owner = make::owner_of("DaemonSet", &set.meta, Ref::DaemonSet(id));
    let (namespace, name, mut made) = (set.meta.namespace.clone(), set.meta.name.clone(), set.made);
    let pod_name: Arc<str> = make::pod_name(world, &namespace, &name, &mut made);
    if let Some(set) = world.store.daemon_sets.get_mut(id) {
        set.made = made;
    }
    let Some((hash, generation)) = revision_of(world, id) else { return };
    let more = [(revision::POD_HASH, hash.as_str()), ("pod-template-generation", generation.as_str())];
    let labels = make::labels_with(world, &template, &more);
    let mut order = Order::new(owner, namespace, pod_name, template);
    order.labels = labels;
    order.pinned = Some(node);
    // One that is refused has told so.
    let _refused = make::pod(world, order);
}

/// Hash of the current template and the DaemonSet's generation, as label values.
fn revision_of(world: &World, id: DaemonSetId) -> Option<(String, String)> {
    let (set, known) = (world.store.daemon_sets.get(id)?, components(&world.state).daemons.sets.get(&id)?);
    Some((known.hash.clone(), set.meta.generation.to_string()))
}

/// The pods that occupy the node; terminating pods that have ended do not.
fn live(world: &World, pods: &[PodId]) -> Vec<PodId> {
    let lives = |pod: &PodId| is(world, *pod, |pod| !(pod.finished() && pod.terminating()));
    pods.iter().copied().filter(lives).collect()
}

/// Sort key: bound before unbound, then older before younger.
fn age(world: &World, pod: PodId) -> (bool, Time, PodId) {
    let pod_there = world.store.pods.get(pod);
    pod_there.map_or((true, Time(0), pod), |it| (it.node.is_none(), it.meta.created_at, pod))
}

pub(super) fn is(world: &World, pod: PodId, test: impl Fn(&Pod) -> bool) -> bool {
    world.store.pods.get(pod).is_some_and(test)
}
