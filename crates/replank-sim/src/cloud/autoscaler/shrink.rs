//! Fewer nodes: those that were hardly used for long, whose pods fit elsewhere and may be moved, are emptied and
//! terminated. One with pods at a time, empty ones up to ten (flag `--max-empty-bulk-delete`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{AutoscalerSettings, groups, grow};
use crate::api::{self, DeleteOptions};
use crate::object::{Node, NodeReady, Pod, Volume};
use crate::store::{NodeId, PodId};
use crate::time::Span;
use crate::vocab::quantity::Resources;
use crate::vocab::taint::{Effect, Taint};
use crate::world::World;

/// The taint of a node that goes.
pub(super) const GOING: &str = "ToBeDeletedByClusterAutoscaler";
/// The annotation that keeps a node.
const KEPT: &str = "cluster-autoscaler.kubernetes.io/scale-down-disabled";
/// The annotation that keeps a pod where it is, or lets it go.
const SAFE: &str = "cluster-autoscaler.kubernetes.io/safe-to-evict";
/// How many empty nodes go in one round.
const EMPTY_MAX: usize = 10;
/// How long emptying a node may take (flag `--max-graceful-termination-sec`).
const PATIENCE: Span = Span::secs(600);

/// Looks for nodes to do without, and begins to empty those that were idle for long.
pub(super) fn shrink(world: &mut World, settings: AutoscalerSettings) {
    let nodes = members(world);
    let idle: Vec<NodeId> = nodes.into_iter().filter(|id| is_idle(world, *id, settings)).collect();
    let now = world.now;
    let known = std::mem::take(&mut world.autoscaler.idle);
    world.autoscaler.idle = idle.iter().map(|id| (*id, known.get(id).copied().unwrap_or(now))).collect();
    let ripe = world.autoscaler.idle.iter().filter(|(_, since)| now - **since >= settings.unneeded);
    let ripe: Vec<NodeId> = ripe.map(|(id, _)| *id).collect();
    let (empty, used): (Vec<NodeId>, Vec<NodeId>) =
        ripe.into_iter().partition(|id| movable(world, *id).is_some_and(|pods| pods.is_empty()));
    let busy = !world.autoscaler.emptying.is_empty();
    let go: Vec<NodeId> = match (busy, empty.is_empty()) {
        (true, _) => Vec::new(),
        (false, false) => empty.into_iter().take(EMPTY_MAX).collect(),
        (false, true) => used.into_iter().take(1).collect(),
    };
    for id in go {
        if above_min(world, id) {
            let value = format!("{}", now.0.div_euclid(1_000_000));
            world.edit_node(id, |node| node.taints.push(Taint::new(GOING, &value, Effect::NoSchedule)));
            world.autoscaler.idle.remove(&id);
            world.autoscaler.emptying.insert(id, now);
        }
    }
    finish(world);
}

/// Evicts what is left on nodes that go, terminates those that are empty, gives up on those that took too long.
pub(super) fn finish(world: &mut World) {
    let emptying: Vec<_> = world.autoscaler.emptying.iter().map(|(id, since)| (*id, *since)).collect();
    for (id, since) in emptying {
        let Some(node) = world.store.nodes.get(id) else {
            world.autoscaler.emptying.remove(&id);
            continue;
        };
        let instance = node.instance.clone();
        let left: Vec<PodId> = to_move(world, id).collect();
        let done = left.is_empty() && world.terminate_instance(&instance, true).is_ok();
        if done || world.now - since > PATIENCE {
            world.autoscaler.emptying.remove(&id);
        }
        if done {
            continue;
        }
        if left.is_empty() || world.now - since > PATIENCE {
            world.autoscaler.emptying.remove(&id);
            world.edit_node(id, |node| node.taints.retain(|taint| &*taint.key != GOING));
            continue;
        }
        for pod in left {
            let place = world.store.pods.get(pod).filter(|pod| !pod.terminating());
            let place = place.map(|pod| (pod.meta.namespace.clone(), pod.meta.name.clone()));
            if let Some((namespace, name)) = place {
                // What is refused is asked for again in the next round.
                let _refused = api::evict(world, &namespace, &name, DeleteOptions::default());
            }
        }
    }
}

/// The nodes of its groups that could go.
fn members(world: &World) -> Vec<NodeId> {
    let instances = groups(world).into_iter().flat_map(|group| world.cloud.instances_of(group));
    let stands = instances.map(|number| world.cloud.instance(number)).filter(|instance| instance.stands());
    stands.filter_map(|instance| world.store.index.by_instance.get(&instance.id).copied()).collect()
}

fn above_min(world: &World, id: NodeId) -> bool {
    let Some(node) = world.store.nodes.get(id) else { return false };
    let Some(number) = world.cloud.find(&node.instance) else { return false };
    let group = world.cloud.instance(number).group;
    let emptying = world.autoscaler.emptying.keys().filter_map(|id| world.store.nodes.get(*id));
    let going = emptying.filter_map(|node| world.cloud.find(&node.instance));
    let going = going.filter(|it| world.cloud.instance(*it).group == group).count() as u32;
    let sizes = world.cloud.group(group).spec.sizes;
    sizes.desired > sizes.min + going
}

fn is_idle(world: &World, id: NodeId, settings: AutoscalerSettings) -> bool {
    let Some(node) = world.store.nodes.get(id) else { return false };
    let kept = node.meta.annotations.get(KEPT).is_some_and(|value| &**value == "true");
    let share = |used: i64, all: i64| if all > 0 { used as f64 / all as f64 } else { 0.0 };
    let utilization = share(node.used.cpu_milli, node.allocatable.cpu_milli)
        .max(share(node.used.memory_bytes, node.allocatable.memory_bytes));
    node.ready == NodeReady::True
        && !kept
        && !world.autoscaler.emptying.contains_key(&id)
        && utilization < settings.utilization
        && above_min(world, id)
        && movable(world, id).is_some_and(|pods| fit_elsewhere(world, id, &pods))
}

/// Pods on a node that have to go somewhere.
fn to_move(world: &World, id: NodeId) -> impl Iterator<Item = PodId> + '_ {
    world.store.index.pods_on(id).filter(|pod| {
        world.store.pods.get(*pod).is_some_and(|pod| {
            let daemon = pod.meta.owner.as_ref().is_some_and(|owner| &*owner.kind == "DaemonSet");
            !pod.mirror && !daemon && !pod.finished()
        })
    })
}

/// The pods to move, unless one of them must not be: no controller, local storage, system pods without a budget, an
/// annotation, a budget that allows nothing (Cluster Autoscaler: drain rules).
fn movable(world: &World, id: NodeId) -> Option<Vec<PodId>> {
    let pods: Vec<PodId> = to_move(world, id).collect();
    let may = |id: &PodId| world.store.pods.get(*id).is_some_and(|pod| may_move(world, pod));
    pods.iter().all(may).then_some(pods)
}

fn may_move(world: &World, pod: &Pod) -> bool {
    let safe = pod.meta.annotations.get(SAFE).or_else(|| pod.template.annotations.get(SAFE)).map(|it| &**it);
    let labels = world.store.labels.get(pod.meta.labels);
    let budgets: Vec<i64> = world
        .store
        .budgets
        .in_namespace(&pod.meta.namespace)
        .filter(|(_, budget)| budget.selector.as_ref().is_some_and(|selector| selector.matches(labels)))
        .map(|(_, budget)| budget.status.allowed)
        .collect();
    let allowed = budgets.iter().all(|allowed| *allowed > 0);
    let local = pod.template.spec.volumes.iter().any(|it| matches!(it, Volume::EmptyDir | Volume::HostPath));
    let system = &*pod.meta.namespace == "kube-system" && budgets.is_empty();
    match safe {
        Some("true") => allowed,
        Some("false") => false,
        _ => allowed && !local && !system && pod.meta.owner.is_some(),
    }
}

/// Whether the pods fit onto the other nodes, the first that takes each.
fn fit_elsewhere(world: &World, from: NodeId, pods: &[PodId]) -> bool {
    let mut taken: BTreeMap<NodeId, Resources> = BTreeMap::new();
    pods.iter().all(|id| {
        let Some(pod) = world.store.pods.get(*id) else { return true };
        let asked = &pod.template.spec.requests;
        let place = world.store.nodes.iter().find(|(id, node)| {
            let mut free = node.allocatable.clone();
            free.add(&node.used, -1);
            taken.get(id).into_iter().for_each(|taken| free.add(taken, -1));
            *id != from && takes(world, node, pod) && grow::room(&free, asked)
        });
        place.map(|(id, _)| taken.entry(id).or_default().add(asked, 1)).is_some()
    })
}

fn takes(world: &World, node: &Node, pod: &Pod) -> bool {
    let spec = &pod.template.spec;
    let labels: &Arc<_> = world.store.labels.get(node.meta.labels);
    let hard = |taint: &&Taint| taint.effect != Effect::PreferNoSchedule;
    node.ready == NodeReady::True
        && !node.unschedulable
        && node.taints.iter().filter(hard).all(|taint| taint.tolerated_by(&spec.tolerations))
        && spec.node_selector.matches(labels)
        && spec.node_required.as_ref().is_none_or(|terms| terms.iter().any(|term| term.matches(labels)))
}
