//! The daemon set controller (Kubernetes: `pkg/controller/daemon`): one pod on each node that fits.
//!
//! It keeps a record for each DaemonSet and node and sums over them, so that a change of a pod costs its node and
//! a change of a node costs the number of DaemonSets, whatever the size of the cluster.

mod fit;
mod place;
mod rollout;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{adopt, make, revision};
use crate::kubernetes::components_mut;
use replank_world::object::PodTemplate;
use replank_world::queue::Work;
use replank_world::store::{DaemonSetId, NodeId, PodId, Ref, Variant, Verb};
use replank_world::time::Time;
use replank_world::world::World;

use fit::Fit;

/// State of the controller for all DaemonSets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Daemons {
    sets: BTreeMap<DaemonSetId, Set>,
    homes: BTreeMap<PodId, (DaemonSetId, NodeId)>,
}

/// State of one DaemonSet.
#[derive(Clone, Debug)]
struct Set {
    /// `spec.template` as it was when this state was computed.
    source: Arc<PodTemplate>,
    /// The same with the controller's tolerations: what its pods are created from.
    template: Arc<PodTemplate>,
    /// The label `controller-revision-hash` of its pods.
    hash: String,
    /// Whether every node was checked against this template.
    complete: bool,
    places: BTreeMap<NodeId, NodePods>,
    sums: Counts,
    /// Nodes with only a pod of an earlier template: the first set those whose pod is not available, the second
    /// the others.
    old: [BTreeSet<NodeId>; 2],
    /// Nodes with a pod of an earlier template and one of the current (surge): the first set those whose new pod
    /// is not available, the second the others.
    both: [BTreeSet<NodeId>; 2],
    /// Deleted nodes, for the next sync: upstream's controller is not triggered by their deletion either.
    vanished: BTreeSet<NodeId>,
}

/// The pods of one DaemonSet on one node.
#[derive(Clone, Debug)]
struct NodePods {
    pods: Vec<PodId>,
    fit: Fit,
    tally: Counts,
    /// Failed pods deleted here in a row, and the time of the last deletion.
    failures: (u32, Time),
}

/// What one node contributes to the status of a DaemonSet: each 0 or 1, or the sums of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    desired: i64,
    current: i64,
    ready: i64,
    misscheduled: i64,
    /// Counts against `maxUnavailable` of the rolling update.
    unavailable: i64,
    /// Its pod is of the current template.
    updated: i64,
    /// Its pod has been Ready for `minReadySeconds`.
    available: i64,
}

impl Counts {
    fn add(&mut self, other: Self, times: i64) {
        self.desired += other.desired * times;
        self.current += other.current * times;
        self.ready += other.ready * times;
        self.misscheduled += other.misscheduled * times;
        self.unavailable += other.unavailable * times;
        self.updated += other.updated * times;
        self.available += other.available * times;
    }
}

/// Syncs a DaemonSet: all nodes after a change of its template, otherwise only deleted nodes and the next step of
/// its rollout.
pub(crate) fn sync(world: &mut World, id: DaemonSetId) {
    let Some(set) = world.store.daemon_sets.get(id) else {
        components_mut(&mut world.state).daemons.sets.remove(&id);
        revision::forget(world, Ref::DaemonSet(id));
        return;
    };
    if set.meta.deletion.is_some() {
        return;
    }
    know(world, id);
    adopt::pods(world, Ref::DaemonSet(id));
    let Some(known) = components_mut(&mut world.state).daemons.sets.get_mut(&id) else { return };
    let nodes: Vec<NodeId> = if known.complete {
        std::mem::take(&mut known.vanished).into_iter().collect()
    } else {
        known.complete = true;
        let places = known.places.keys().copied();
        places
            .chain(world.store.nodes.iter().map(|(id, _)| id))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    };
    for node in nodes {
        place::sync(world, id, node);
    }
    rollout::step(world, id);
    write_status(world, id);
    revision::forget_old(world, Ref::DaemonSet(id));
}

/// Checks all DaemonSets for one node, and syncs those whose verdict changed (Kubernetes: on changes of labels
/// and taints).
pub(crate) fn sync_node(world: &mut World, node: NodeId) {
    let sets: Vec<DaemonSetId> = components_mut(&mut world.state).daemons.sets.keys().copied().collect();
    let gone = world.store.nodes.get(node).is_none();
    for id in sets {
        let Some(known) =
            components_mut(&mut world.state).daemons.sets.get_mut(&id).filter(|known| known.complete)
        else {
            continue;
        };
        let place = known.places.get(&node);
        if gone {
            if place.is_some() {
                known.vanished.insert(node);
            }
            continue;
        }
        let before = place.map_or(Fit::Leave, |place| place.fit);
        let template = known.template.clone();
        if fit::of(world, node, &template) != before {
            place::sync(world, id, node);
        }
    }
}

/// Syncs one DaemonSet on one node, unless it is being deleted.
pub(crate) fn sync_place(world: &mut World, id: DaemonSetId, node: NodeId) {
    if world.store.daemon_sets.get(id).is_some_and(|set| set.meta.deletion.is_none()) {
        place::sync(world, id, node);
    }
}

/// Updates the record of a node after a pod of the DaemonSet changed.
pub(crate) fn pod_changed(world: &mut World, pod: PodId, id: DaemonSetId, verb: Verb) {
    know(world, id);
    let home = match verb {
        Verb::Added => home_of(world, pod),
        Verb::Modified | Verb::Deleted => {
            components_mut(&mut world.state).daemons.homes.get(&pod).map(|(_, node)| *node)
        }
    };
    let Some(node) = home else { return };
    match verb {
        Verb::Added => {
            components_mut(&mut world.state).daemons.homes.insert(pod, (id, node));
            if let Some(known) = components_mut(&mut world.state).daemons.sets.get_mut(&id) {
                known.places.entry(node).or_default().pods.push(pod);
            }
        }
        Verb::Deleted => {
            components_mut(&mut world.state).daemons.homes.remove(&pod);
            let place = components_mut(&mut world.state)
                .daemons
                .sets
                .get_mut(&id)
                .and_then(|known| known.places.get_mut(&node));
            if let Some(place) = place {
                place.pods.retain(|other| *other != pod);
            }
        }
        Verb::Modified => {}
    }
    world.soon(Work::DaemonOn(id, node));
}

/// The template that pods of a DaemonSet are created from, with the controller's tolerations.
pub(crate) fn template_of(world: &mut World, id: DaemonSetId) -> Option<Arc<PodTemplate>> {
    know(world, id);
    components_mut(&mut world.state).daemons.sets.get(&id).map(|known| known.template.clone())
}

/// The node a pod runs on or is pinned to.
fn home_of(world: &World, pod: PodId) -> Option<NodeId> {
    let pod = world.store.pods.get(pod)?;
    pod.node.or_else(|| world.store.nodes.find("", pod.pinned.as_ref()?))
}

/// Refreshes the state of a DaemonSet whose template changed.
fn know(world: &mut World, id: DaemonSetId) {
    let Some(set) = world.store.daemon_sets.get(id) else { return };
    if let Some(template) = make::numbered(world, &set.template.clone())
        && let Some(set) = world.store.daemon_sets.get_mut(id)
    {
        set.template = template;
    }
    let Some(source) = world.store.daemon_sets.get(id).map(|set| set.template.clone()) else { return };
    if components_mut(&mut world.state)
        .daemons
        .sets
        .get(&id)
        .is_some_and(|known| Arc::ptr_eq(&known.source, &source))
    {
        return;
    }
    revision::note(world, Ref::DaemonSet(id), &source);
    let store = &mut world.store;
    let template = store.templates.derive(&source, Variant::Daemon, &mut store.labels, fit::add_tolerations);
    let hash = make::hash_of(&source);
    if let Some(known) = components_mut(&mut world.state).daemons.sets.get_mut(&id) {
        (known.source, known.template, known.hash, known.complete) = (source, template, hash, false);
    } else {
        let set = Set {
            source,
            template,
            hash,
            complete: false,
            places: BTreeMap::new(),
            sums: Counts::default(),
            old: [BTreeSet::new(), BTreeSet::new()],
            both: [BTreeSet::new(), BTreeSet::new()],
            vanished: BTreeSet::new(),
        };
        components_mut(&mut world.state).daemons.sets.insert(id, set);
    }
    world.soon(Work::DaemonSet(id));
}

fn write_status(world: &mut World, id: DaemonSetId) {
    let Some(sums) = components_mut(&mut world.state).daemons.sets.get(&id).map(|known| known.sums) else {
        return;
    };
    let status = [sums.desired, sums.current, sums.ready, sums.misscheduled];
    let rollout = [sums.updated, sums.available, sums.desired - sums.available];
    let Some(set) = world.store.daemon_sets.get_mut(id) else { return };
    let now = (status, rollout, set.meta.generation);
    if (set.status, set.rollout, set.observed) != now {
        (set.status, set.rollout, set.observed) = now;
        world.changed(Ref::DaemonSet(id), Verb::Modified);
    }
}

impl Default for NodePods {
    fn default() -> Self {
        Self { pods: Vec::new(), fit: Fit::Leave, tally: Counts::default(), failures: (0, Time(0)) }
    }
}

#[cfg(test)]
mod tests;
