//! Unneeded nodes: underused, in a group above its minimum, with pods that may be evicted and would fit elsewhere
//! (Cluster Autoscaler 1.34.5: `planner.go`, `eligibility.go`, `simulator/cluster.go`).

use std::collections::{BTreeMap, BTreeSet};

use super::drainable::{self, Spent, is_overdue};
use super::{NodeReadiness, mark, standing, view};
use crate::kubernetes::{components, components_mut};
use crate::schedule::{Promised, elsewhere};
use replank_world::object::Node;
use replank_world::store::{NodeId, PodId};
use replank_world::time::{Span, Time};
use replank_world::world::World;

/// Annotation that protects a node from removal.
pub(super) const KEPT: &str = "cluster-autoscaler.kubernetes.io/scale-down-disabled";
/// A node with the removal taint is left alone for this long (`MaxCloudProviderNodeDeletionTime`).
const GOES_WITHIN: Span = Span::secs(300);

/// An unneeded node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unneeded {
    /// Since when it is unneeded without interruption.
    pub(super) since: Time,
    /// Whether pods have to be evicted from it.
    pub(super) drains: bool,
}

/// The simulation of one loop.
#[derive(Default)]
struct Plan {
    spent: Spent,
    promised: Promised,
    /// Pods that the simulation moved to a node, which would have to move again with it.
    coming: BTreeMap<NodeId, Vec<PodId>>,
    /// Nodes that may not receive pods because they are to be removed.
    leaving: BTreeSet<NodeId>,
    unneeded: BTreeMap<NodeId, Unneeded>,
}

/// Recomputes the unneeded nodes. A node that cannot be removed is not checked again for
/// `--unremovable-node-recheck-timeout`.
pub(super) fn plan(world: &mut World) {
    let now = world.now;
    components_mut(&mut world.state).autoscaler.memory.unremovable.retain(|_, until| *until > now);
    let before = std::mem::take(&mut components_mut(&mut world.state).autoscaler.memory.unneeded);
    let most = unneeded_max(world, before.len());
    let mut plan = Plan {
        leaving: components_mut(&mut world.state).autoscaler.memory.removals.keys().copied().collect(),
        ..Plan::default()
    };
    place_pods_under_way(world, &mut plan);
    for id in candidates(world, &before) {
        if plan.unneeded.len() >= most {
            break;
        }
        let since = before.get(&id).map_or(now, |known| known.since);
        if !try_without(world, id, since, &mut plan) {
            let until = now + components_mut(&mut world.state).autoscaler.settings.recheck;
            components_mut(&mut world.state).autoscaler.memory.unremovable.insert(id, until);
        }
    }
    components_mut(&mut world.state).autoscaler.memory.unneeded = plan.unneeded;
}

/// The most unneeded nodes to look for: those that can be removed before the next are ripe
/// (`unneededNodesLimit`).
fn unneeded_max(world: &World, known: usize) -> usize {
    let settings = &components(&world.state).autoscaler.settings;
    let step = settings.parallelism as usize;
    let rounds = settings.unneeded.0.max(settings.scan.0) / settings.scan.0.max(1);
    (known + 2 * step).min(step * usize::try_from(rounds).unwrap_or(usize::MAX) + step)
}

/// Reserves room for the pods of nodes that are being drained.
fn place_pods_under_way(world: &mut World, plan: &mut Plan) {
    let leaving: Vec<NodeId> = plan.leaving.iter().copied().collect();
    for node in leaving {
        let pods = drainable::to_move(world, node, &Spent::new()).unwrap_or_default();
        let _those_that_find_none = place(world, &pods, plan);
    }
}

/// The nodes to check: empty ones first, then those that were unneeded before.
fn candidates(world: &mut World, before: &BTreeMap<NodeId, Unneeded>) -> Vec<NodeId> {
    let ours = view::nodes(world).into_iter().filter(|(id, group)| {
        let sizes =
            components_mut(&mut world.state).autoscaler.memory.view.group(*group).map(|known| known.sizes);
        sizes.is_some_and(|sizes| sizes.desired > sizes.min)
            && !components_mut(&mut world.state).autoscaler.memory.removals.contains_key(id)
            && !components_mut(&mut world.state).autoscaler.memory.unremovable.contains_key(id)
            && world.store.nodes.get(*id).is_some_and(|node| may_go(world, *id, node))
    });
    let ours: Vec<NodeId> = ours.map(|(id, _)| id).collect();
    let mut ranked: Vec<(bool, bool, NodeId)> = Vec::new();
    for id in ours {
        let is_empty = drainable::to_move(world, id, &Spent::new()).is_ok_and(|pods| pods.is_empty());
        ranked.push((!is_empty, !before.contains_key(&id), id));
    }
    ranked.sort_unstable();
    ranked.into_iter().map(|(_, _, id)| id).collect()
}

/// Whether a node's own state allows its removal: not protected, not starting, underused.
fn may_go(world: &World, id: NodeId, node: &Node) -> bool {
    let going = mark::going_since(node).map(|since| Time(since * 1_000_000));
    let is_kept = node.meta.annotations.get(KEPT).is_some_and(|value| &**value == "true");
    !is_kept
        && going.is_none_or(|since| since + GOES_WITHIN <= world.now)
        && standing(world, node) != NodeReadiness::Coming
        && utilization(world, id, node) <= components(&world.state).autoscaler.settings.utilization
}

/// The larger of the shares of cpu and memory that its pods request, DaemonSet pods included.
pub(super) fn utilization(world: &World, id: NodeId, node: &Node) -> f64 {
    let (mut cpu_milli, mut memory_bytes) = (0, 0);
    for pod in drainable::seen(world, id).into_iter().filter_map(|id| world.store.pods.get(id)) {
        if !is_overdue(world, pod) {
            cpu_milli += pod.template.spec.requests.cpu_milli;
            memory_bytes += pod.template.spec.requests.memory_bytes;
        }
    }
    let share = |used: i64, all: i64| if all > 0 { used as f64 / all as f64 } else { 0.0 };
    share(cpu_milli, node.allocatable.cpu_milli).max(share(memory_bytes, node.allocatable.memory_bytes))
}

/// Simulates the removal of a node; if its pods fit elsewhere, the plan continues without it.
fn try_without(world: &mut World, id: NodeId, since: Time, plan: &mut Plan) -> bool {
    let Ok(mut pods) = drainable::to_move(world, id, &plan.spent) else { return false };
    pods.extend(plan.coming.get(&id).into_iter().flatten());
    plan.leaving.insert(id);
    let (promised, coming) = (plan.promised.clone(), plan.coming.clone());
    if !place(world, &pods, plan) {
        plan.leaving.remove(&id);
        (plan.promised, plan.coming) = (promised, coming);
        return false;
    }
    drainable::spend(world, &pods, &mut plan.spent);
    plan.unneeded.insert(id, Unneeded { since, drains: !pods.is_empty() });
    true
}

/// Finds a node for each pod in the simulation; true when all have one.
fn place(world: &mut World, pods: &[PodId], plan: &mut Plan) -> bool {
    pods.iter().all(|id| {
        let asked = world.store.pods.get(*id).map(|pod| pod.template.spec.requests.clone());
        let place = elsewhere(world, *id, &plan.promised, |at| !plan.leaving.contains(&at));
        match (place, asked) {
            (Some(at), Some(asked)) => {
                plan.promised.add(at, &asked);
                plan.coming.entry(at).or_default().push(*id);
                true
            }
            _ => false,
        }
    })
}
