//! The scheduler: binds one pod at a time to the best feasible node (kube-scheduler, default profile).
//!
//! Only nodes open to the pod's class are filtered, and only as many as kube-scheduler samples; scores are cached
//! until the node changes. An unschedulable pod waits for a change that may help it.

mod claims;
mod elsewhere;
mod feasible;
mod filter;
mod gates;
mod node_classes;
mod pod_constraints;
mod preempt;
mod queue;
mod reason;
mod retry;
mod room;
mod score;
#[cfg(test)]
mod tests;
mod volumes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::kubernetes::{components, components_mut};
use replank_core::behaviour::Behaviour;
use replank_world::event_log::Severity;
use replank_world::fargate;
use replank_world::object::{Pod, Scheduled};
use replank_world::queue::Work;
use replank_world::store::{NodeId, PodId, Ref};
use replank_world::world::World;

pub use claims::take_claim_to_be_there;
pub(crate) use claims::{claim_changed, volumes_changed};
pub(crate) use elsewhere::{Promised, elsewhere};
pub use feasible::no_place;
use filter::Seeker;
pub use gates::{is_held_by_gates, lift_gates};
use node_classes::{Class, FULL, NodeClasses};
use pod_constraints::{AffinityHolders, PodConstraints};
use preempt::Tried;
use queue::Waiting;
pub(crate) use retry::{back_off_over, flush, node_changed, pod_changed};
pub use room::surely_found;

const SOURCE: &str = "default-scheduler";
/// Clusters with fewer nodes are searched completely (kube-scheduler: `minFeasibleNodesToFind`).
const SEARCH_MIN: usize = 100;

/// Queues and caches of the scheduler.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scheduler {
    waiting: Waiting,
    node_classes: NodeClasses,
    /// How many pods count against each node, by node number.
    held: Vec<u32>,
    /// Whether the write being processed bound a pod or released its resources.
    moved: bool,
    affinity_holders: AffinityHolders,
    /// The node where the last search stopped; the next one begins after it.
    stopped_at: Option<NodeId>,
    /// Nodes with a `PreferNoSchedule` taint.
    soft: BTreeSet<NodeId>,
    /// How many nodes have one.
    discouraging: usize,
    /// Claims, by namespace and name, that are taken to be there though the world has none of them.
    unseen_claims: BTreeSet<(Arc<str>, Arc<str>)>,
    /// Whether scheduling gates are taken to be lifted as soon as a pod is made.
    lifts_gates: bool,
    /// Pods that preemption makes room for, by nominated node.
    nominated: BTreeMap<NodeId, BTreeSet<PodId>>,
    /// Buffer for feasible nodes, kept to save allocations.
    found: Vec<(NodeId, i32)>,
    /// The same for what each of them scores.
    points: Vec<i64>,
}

impl Scheduler {
    /// Adds `by` to the number of pods that count against a node.
    pub(crate) fn hold(&mut self, node: NodeId, by: i32) {
        let at = node.0 as usize;
        if self.held.len() <= at {
            self.held.resize(at + 1, 0);
        }
        self.held[at] = self.held[at].saturating_add_signed(by);
        self.moved = true;
        self.node_classes.touch(node);
    }

    /// How many pods count against a node.
    fn held(&self, node: NodeId) -> u32 {
        self.held.get(node.0 as usize).copied().unwrap_or(0)
    }

    /// A pod was bound by anyone, finished or was removed: it leaves the queues and its nomination.
    pub(crate) fn settled(&mut self, id: PodId, nominated: Option<NodeId>) {
        self.denominate(id, nominated);
        self.waiting.forget(id);
    }

    fn denominate(&mut self, id: PodId, node: Option<NodeId>) {
        let Some(node) = node else { return };
        if let Some(pods) = self.nominated.get_mut(&node) {
            pods.remove(&id);
            if pods.is_empty() {
                self.nominated.remove(&node);
            }
        }
    }
}

/// Schedules the next pod of the active queue.
pub(crate) fn next(world: &mut World) {
    let early = world.known.version.has(Behaviour::TriesEarly);
    let Some(id) = components_mut(&mut world.state).scheduler.waiting.pop(early) else { return };
    if !components(&world.state).scheduler.waiting.is_idle(early) {
        world.after(world.timings.schedule, Work::Schedule);
    }
    let Some(pod) = world.store.pods.get(id) else { return };
    if !waits(world, pod) {
        return;
    }
    let node_classes = &mut components_mut(&mut world.state).scheduler.node_classes;
    node_classes.follow(world.known.version, &world.store);
    let class = node_classes.class(&pod.template, &world.store);
    match search(world, id, class) {
        Some(node) => bind(world, id, node),
        None => refuse(world, id, class),
    }
}

/// Whether a pod is to be scheduled: not bound, not gated, not terminating or finished, and without a preset
/// `nodeName`.
fn waits(world: &World, pod: &Pod) -> bool {
    let spec = &pod.template.spec;
    let gated = spec.gated && !components(&world.state).scheduler.lifts_gates;
    let is_open =
        pod.node.is_none() && spec.node_name.is_none() && !pod.terminating() && !pod.finished() && !gated;
    // Those on Fargate have a scheduler of their own.
    is_open && !fargate::runs(world, pod)
}

fn bind(world: &mut World, id: PodId, node: NodeId) {
    volumes::bind(world, id, node);
    world.bind_pod(id, node);
    world.record_routine(Ref::Pod(id), SOURCE, "Scheduled", |world| {
        let node = world.store.nodes.get(node).map(|node| node.meta.name.clone()).unwrap_or_default();
        let pod = world.store.pods.get(id).map(|pod| (pod.meta.namespace.clone(), pod.meta.name.clone()));
        let (namespace, name) = pod.unwrap_or_default();
        format!("Successfully assigned {namespace}/{name} to {node}")
    });
}

/// Prepares a pod for filters and scores.
fn seeker(world: &World, id: PodId, class: Class) -> Option<Seeker<'_>> {
    seeks(world, id, class, false)
}

/// The same for a pod that would leave its node (`leaves`): it then does not count where it is.
fn seeks(world: &World, id: PodId, class: Class, leaves: bool) -> Option<Seeker<'_>> {
    let pod = world.store.pods.get(id)?;
    let pod_constraints =
        PodConstraints::of(world, &components(&world.state).scheduler.affinity_holders, id, pod, leaves);
    let priority = pod.template.spec.priority;
    let keeps = |other: &PodId| {
        *other != id && world.store.pods.get(*other).is_some_and(|it| it.template.spec.priority >= priority)
    };
    let kept = components(&world.state).scheduler.nominated.iter().filter_map(|(node, pods)| {
        let pods: Vec<PodId> = pods.iter().copied().filter(keeps).collect();
        (!pods.is_empty()).then_some((*node, pods))
    });
    let unbound = volumes::unbound(world, pod);
    Some(Seeker { world, id, pod, class, pod_constraints, kept: kept.collect(), unbound })
}

/// The best feasible node for a pod; `None` when there is none.
fn search(world: &mut World, id: PodId, class: Class) -> Option<NodeId> {
    let pod = world.store.pods.get(id)?;
    if volumes::before_nodes(world, pod).is_some() {
        return None;
    }
    // What is remembered of nodes is renewed while it is asked; it is put back below.
    let mut node_classes = std::mem::take(&mut components_mut(&mut world.state).scheduler.node_classes);
    let mut found = std::mem::take(&mut components_mut(&mut world.state).scheduler.found);
    let mut points = std::mem::take(&mut components_mut(&mut world.state).scheduler.points);
    found.clear();
    let (stopped_at, best) = match seeker(world, id, class) {
        Some(seeker) => {
            let stopped_at = gather(&seeker, &mut node_classes, &mut found);
            (stopped_at, score::best(&seeker, &node_classes, &found, &mut points))
        }
        None => (None, None),
    };
    let scheduler = &mut components_mut(&mut world.state).scheduler;
    (scheduler.node_classes, scheduler.found, scheduler.points) = (node_classes, found, points);
    scheduler.stopped_at = stopped_at.or(scheduler.stopped_at);
    best
}

/// Collects feasible nodes with their scores; returns where the search stopped.
fn gather(
    seeker: &Seeker<'_>,
    node_classes: &mut NodeClasses,
    found: &mut Vec<(NodeId, i32)>,
) -> Option<NodeId> {
    let (world, class, picky) = (seeker.world, seeker.class, seeker.is_picky());
    let scheduler = &components(&world.state).scheduler;
    let takes = |at: NodeId| {
        !picky || world.store.nodes.get(at).is_some_and(|node| seeker.reasons(at, node).is_empty())
    };
    let pinned = seeker.pod.pinned.as_ref();
    let own = pinned.and_then(|name| world.store.nodes.find("", name)).or(seeker.pod.nominated);
    let own = own.filter(|at| node_classes.bar(class, *at) == Some(reason::Bar::Open));
    let start =
        node_classes.open(class).partition_point(|at| scheduler.stopped_at.is_some_and(|last| *at <= last));
    let (open, mut scores) = node_classes.open_and_scores(class, &world.store);
    let mut suits = |at: NodeId| {
        let score = scores.of(at, || scheduler.held(at));
        (score != FULL && takes(at)).then_some((at, score))
    };
    if let Some(own) = own {
        found.extend(suits(own));
    }
    if pinned.is_some() || !found.is_empty() {
        return None;
    }
    let wanted = sample(world.store.nodes.len());
    let (before, behind) = open.split_at(start);
    let mut last = None;
    for at in behind.iter().chain(before).copied() {
        last = Some(at);
        let Some(suited) = suits(at) else { continue };
        found.push(suited);
        if found.len() == wanted {
            break;
        }
    }
    last
}

/// How many feasible nodes are enough (kube-scheduler: `numFeasibleNodesToFind`).
fn sample(nodes: usize) -> usize {
    if nodes < SEARCH_MIN {
        return nodes;
    }
    let percent = 50_usize.saturating_sub(nodes / 125).max(5);
    (nodes * percent / 100).max(SEARCH_MIN)
}

/// Handles an unschedulable pod: tries preemption, sets the condition, records `FailedScheduling`, starts the
/// back-off.
fn refuse(world: &mut World, id: PodId, class: Class) {
    let Some(seeker) = seeker(world, id, class) else { return };
    let mut refused = seeker.refusals();
    refused.before = volumes::before_nodes(world, seeker.pod);
    let tried = preempt::plan(&seeker);
    let message: Arc<str> = refused.message(&tried, world.known.version, |at| name_of(world, at)).into();
    let about_pods = refused.about_pods();
    let told = Scheduled::Unschedulable(message.clone());
    let news = world.store.pods.get(id).is_some_and(|pod| pod.scheduled != told);
    if let Some(pod) = world.store.pods.get(id) {
        world.tally.no_node(pod, &message, world.now);
    }
    if news {
        world.edit_pod(id, |pod| pod.scheduled = told);
    }
    let mut cut = message.len().min(1024);
    while !message.is_char_boundary(cut) {
        cut -= 1;
    }
    world.record(Ref::Pod(id), Severity::Warning, SOURCE, "FailedScheduling", &message[..cut]);
    let pause = components_mut(&mut world.state).scheduler.waiting.failed(id, class, about_pods);
    world.queue.set(world.now + pause, Work::BackOff(id));
    match tried {
        Tried::Room(plan) => preempt::carry_out(world, id, plan),
        Tried::Nothing(_) => preempt::give_up(world, id),
        Tried::Barred(_) => {}
    }
}

/// The name of a node.
fn name_of(world: &World, at: NodeId) -> Arc<str> {
    world.store.nodes.get(at).map(|node| node.meta.name.clone()).unwrap_or_default()
}
