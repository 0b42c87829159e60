//! Preemption: deletes pods of lower priority to make room (kube-scheduler: `DefaultPreemption`).

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::apiserver::{self};
use crate::kubernetes::{components, components_mut};
use replank_world::api::DeleteOptions;
use replank_world::event_log::Severity;
use replank_world::object::{Node, Pod, PreemptionPolicy};
use replank_world::store::{BudgetId, NodeId, PodId, Ref};
use replank_world::world::World;

use super::filter::Seeker;
use super::reason::{Bar, Reason, Refusals};

/// A dry run considers a tenth of the nodes, and at least this many (kube-scheduler:
/// `minCandidateNodesAbsolute`).
const CANDIDATES_MIN: usize = 100;

/// Reason of condition `DisruptionTarget` on the victims.
const PREEMPTED: &str = "PreemptionByScheduler";

/// The node to make room on, and the pods to delete there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) node: NodeId,
    pub(super) victims: Vec<PodId>,
}

/// The result of a preemption attempt.
#[derive(Clone, Debug)]
pub(super) enum Tried {
    /// Preemption makes room.
    Room(Plan),
    /// The pod may not preempt, for this reason.
    Barred(&'static str),
    /// Preemption does not help; the reasons by node.
    Nothing(Refusals),
}

/// Finds the node whose victims cost least.
pub(super) fn plan(seeker: &Seeker<'_>) -> Tried {
    if seeker.pod.template.spec.preemption == PreemptionPolicy::Never {
        return Tried::Barred("not eligible due to preemptionPolicy=Never.");
    }
    if waits_for_victims(seeker) {
        return Tried::Barred("not eligible due to a terminating pod on the nominated node.");
    }
    let potential = potential(seeker);
    let enough = (potential.len() / 10).max(CANDIDATES_MIN);
    let start =
        seeker.world.chance.draw("preempt", &seeker.pod.meta.name, 0) as usize % potential.len().max(1);
    let (mut found, mut harmless) = (Vec::new(), false);
    let nodes = seeker.world.store.nodes.len();
    let mut said = Refusals { nodes, ..Refusals::default() };
    said.add(Reason::NotHelpful, nodes - potential.len());
    for (at, node) in potential[start..].iter().chain(&potential[..start]) {
        match victims(seeker, *at, node) {
            Ok(candidate) => {
                harmless |= candidate.1.0 == 0;
                found.push(candidate);
            }
            Err(reasons) => said.node(reasons),
        }
        if harmless && found.len() >= enough {
            break;
        }
    }
    match found.into_iter().min_by_key(|(_, cost)| *cost) {
        Some((plan, _)) => Tried::Room(plan),
        None => Tried::Nothing(said),
    }
}

/// The nodes that preemption could make feasible.
fn potential<'a>(seeker: &Seeker<'a>) -> Vec<(NodeId, &'a Node)> {
    if super::volumes::before_nodes(seeker.world, seeker.pod).is_some() {
        return Vec::new();
    }
    let store = &seeker.world.store;
    let node_classes = &components(&seeker.world.state).scheduler.node_classes;
    let pinned = seeker.pod.pinned.as_ref().map(|name| store.nodes.find("", name));
    let own: Vec<NodeId> = pinned.into_iter().flatten().collect();
    let open = node_classes.open(seeker.class);
    let nodes = if seeker.pod.pinned.is_some() { own.as_slice() } else { open };
    let open = nodes.iter().filter(|at| node_classes.bar(seeker.class, **at) == Some(Bar::Open));
    open.filter_map(|at| {
        let node = store.nodes.get(*at)?;
        let reasons = seeker.reasons(*at, node);
        let helps = !reasons.is_empty() && reasons.iter().all(Reason::resolvable);
        helps.then_some((*at, node))
    })
    .collect()
}

/// Whether victims of an earlier preemption for this pod are still terminating on its nominated node.
fn waits_for_victims(seeker: &Seeker<'_>) -> bool {
    let Some(node) = seeker.pod.nominated else { return false };
    let mut here = seeker.world.store.index.pods_on(node).filter_map(|id| seeker.world.store.pods.get(id));
    let priority = seeker.pod.template.spec.priority;
    here.any(|pod| {
        pod.terminating() && pod.disruption == Some(PREEMPTED) && pod.template.spec.priority < priority
    })
}

/// The cost of a node's victims, compared in this order: budgets violated, highest priority, sum of priorities,
/// number, start time of the most important victim (a later start costs less). Kubernetes:
/// `pickOneNodeForPreemption`.
type Cost = (usize, i64, i64, usize, Reverse<i64>);

fn victims(seeker: &Seeker<'_>, at: NodeId, node: &Node) -> Result<(Plan, Cost), Vec<Reason>> {
    let world = seeker.world;
    let priority = |id: &PodId| world.store.pods.get(*id).map_or(0, |pod| pod.template.spec.priority);
    let below = |id: &PodId| {
        world.store.pods.get(*id).is_some_and(|pod| {
            !pod.finished() && pod.template.spec.priority < seeker.pod.template.spec.priority
        })
    };
    let mut gone: Vec<PodId> = world.store.index.pods_on(at).filter(below).collect();
    if gone.is_empty() {
        return Err(vec![Reason::NoVictims]);
    }
    let still = seeker.reasons_without(at, node, &gone);
    if !still.is_empty() {
        return Err(still);
    }
    let started =
        |id: &PodId| world.store.pods.get(*id).and_then(|pod| pod.started_at).map_or(i64::MAX, |at| at.0);
    let mut order = gone.clone();
    order.sort_by_key(|id| (Reverse(priority(id)), started(id), *id));
    let breaks = breaking(world, &order);
    let (broken, free): (Vec<PodId>, Vec<PodId>) = order.iter().partition(|id| breaks.contains(id));
    for id in broken.into_iter().chain(free) {
        let without: Vec<PodId> = gone.iter().copied().filter(|other| *other != id).collect();
        if seeker.reasons_without(at, node, &without).is_empty() {
            gone = without;
        }
    }
    gone.sort_by_key(|id| (Reverse(priority(id)), started(id), *id));
    let top = i64::from(gone.first().map_or(0, priority));
    let sum = gone.iter().map(|id| i64::from(priority(id)) + i64::from(i32::MAX) + 1).sum();
    let broken = gone.iter().filter(|id| breaks.contains(id)).count();
    let cost = (broken, top, sum, gone.len(), Reverse(gone.first().map_or(0, started)));
    Ok((Plan { node: at, victims: gone }, cost))
}

/// The pods of this list, taken in order, that exceed what their budgets allow.
fn breaking(world: &World, pods: &[PodId]) -> Vec<PodId> {
    let mut allowed: BTreeMap<BudgetId, i64> = BTreeMap::new();
    let mut breaking = Vec::new();
    for id in pods {
        let Some(pod) = world.store.pods.get(*id) else { continue };
        let Some(users) = world.store.index.users_of(&pod.meta.namespace, pod.meta.labels) else { continue };
        for budget in &users.budgets {
            let Some(status) = world.store.budgets.get(*budget).map(|budget| &budget.status) else {
                continue;
            };
            if status.disrupted.contains_key(&pod.meta.name) {
                continue;
            }
            let left = allowed.entry(*budget).or_insert(status.allowed);
            *left -= 1;
            if *left < 0 {
                breaking.push(*id);
            }
        }
    }
    breaking
}

/// Clears the nomination of a pod.
pub(super) fn give_up(world: &mut World, id: PodId) {
    let Some(node) = world.store.pods.get(id).and_then(|pod| pod.nominated) else { return };
    components_mut(&mut world.state).scheduler.denominate(id, Some(node));
    world.edit_pod(id, |pod| pod.nominated = None);
}

/// Deletes the victims and nominates the node for the pod.
pub(super) fn carry_out(world: &mut World, id: PodId, plan: Plan) {
    let Some(pod) = world.store.pods.get(id) else { return };
    let (uid, before, priority) = (pod.meta.uid, pod.nominated, pod.template.spec.priority);
    let Some(name) = world.store.nodes.get(plan.node).map(|node| node.meta.name.clone()) else { return };
    components_mut(&mut world.state).scheduler.denominate(id, before);
    // Pods of lower priority that waited for room there look elsewhere.
    let others: Vec<PodId> = components_mut(&mut world.state)
        .scheduler
        .nominated
        .get(&plan.node)
        .into_iter()
        .flatten()
        .copied()
        .collect();
    for other in others {
        let below = |pod: &Pod| pod.template.spec.priority < priority;
        if world.store.pods.get(other).is_some_and(below) {
            give_up(world, other);
        }
    }
    components_mut(&mut world.state).scheduler.nominated.entry(plan.node).or_default().insert(id);
    world.edit_pod(id, |pod| pod.nominated = Some(plan.node));
    for victim in plan.victims {
        let message = format!("Preempted by pod {uid} on node {name}");
        world.record(Ref::Pod(victim), Severity::Normal, super::SOURCE, "Preempted", message);
        if world.store.pods.get(victim).is_some_and(|pod| !pod.terminating()) {
            world.edit_pod(victim, |pod| pod.disruption = Some(PREEMPTED));
            // Nothing is asked of the victim that could be refused.
            let _gone = apiserver::delete_pod(world, victim, DeleteOptions::default());
        }
    }
}
