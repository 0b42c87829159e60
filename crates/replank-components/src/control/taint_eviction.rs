//! The taint eviction controller (Kubernetes: `pkg/controller/tainteviction`): deletes pods from nodes with
//! `NoExecute` taints that they do not tolerate, or not for longer.
//!
//! It deletes pods; budgets are not asked.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::apiserver::{self};
use crate::kubernetes::components_mut;
use replank_world::api::DeleteOptions;
use replank_world::event_log::Severity;
use replank_world::queue::Work;
use replank_world::store::{NodeId, PodId, Ref};
use replank_world::time::{Span, Time};
use replank_world::vocab::taint::{Effect, Taint, Toleration};
use replank_world::world::World;

const SOURCE: &str = "taint-eviction-controller";

/// State of the controller.
#[derive(Clone, Debug, Default)]
pub(crate) struct TaintEviction {
    /// The `NoExecute` taints of the nodes that have any.
    tainted: BTreeMap<NodeId, Arc<[Taint]>>,
    /// Pods scheduled for deletion, with the time since which they are.
    doomed: BTreeMap<PodId, Time>,
}

/// How long a pod may stay on a tainted node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stay {
    /// At least one taint is not tolerated, or for no time: deleted at once.
    Not,
    /// All taints are tolerated, one of them only for this long.
    For(Span),
    /// All taints are tolerated without a limit.
    Forever,
}

/// How long pods with these tolerations may stay (Kubernetes: the shortest `tolerationSeconds` of the tolerations
/// that apply).
fn stay(taints: &[Taint], tolerations: &[Toleration]) -> Stay {
    if taints.iter().any(|taint| !taint.tolerated_by(tolerations)) {
        return Stay::Not;
    }
    // Of several tolerations that tolerate a taint the first is used.
    let used = taints.iter().filter_map(|taint| tolerations.iter().find(|it| it.tolerates(taint)));
    match used.filter_map(|toleration| toleration.seconds).min() {
        Some(..=0) => Stay::Not,
        Some(seconds) => Stay::For(Span::secs(seconds)),
        None => Stay::Forever,
    }
}

/// Reconsiders the pods of a node whose `NoExecute` taints changed.
pub(crate) fn node_changed(world: &mut World, id: NodeId) {
    let Some(node) = world.store.nodes.get(id) else { return };
    let known = components_mut(&mut world.state).taint_eviction.tainted.get(&id);
    let taints = node.taints.iter().filter(|taint| taint.effect == Effect::NoExecute);
    if taints.clone().eq(known.into_iter().flat_map(|taints| taints.iter())) {
        return;
    }
    let taints: Arc<[Taint]> = taints.cloned().collect();
    if taints.is_empty() {
        components_mut(&mut world.state).taint_eviction.tainted.remove(&id);
    } else {
        components_mut(&mut world.state).taint_eviction.tainted.insert(id, taints.clone());
    }
    let pods: Vec<PodId> = world.store.index.pods_on(id).collect();
    pods.into_iter().for_each(|pod| look(world, pod, &taints));
}

/// A node was deleted: its taints are forgotten, scheduled deletions remain.
pub(crate) fn node_gone(world: &mut World, id: NodeId) {
    components_mut(&mut world.state).taint_eviction.tainted.remove(&id);
}

/// Reconsiders a pod that was bound or changed, if its node is tainted.
pub(crate) fn pod_changed(world: &mut World, id: PodId) {
    let state = &components_mut(&mut world.state).taint_eviction;
    if state.tainted.is_empty() || state.doomed.contains_key(&id) {
        return;
    }
    let node = world.store.pods.get(id).and_then(|pod| pod.node);
    let Some(taints) = node.and_then(|node| state.tainted.get(&node)).cloned() else { return };
    look(world, id, &taints);
}

/// A pod was removed: its scheduled deletion is forgotten.
pub(crate) fn pod_gone(world: &mut World, id: PodId) {
    components_mut(&mut world.state).taint_eviction.doomed.remove(&id);
}

/// Schedules, shortens or cancels the deletion of a pod.
fn look(world: &mut World, id: PodId, taints: &[Taint]) {
    let Some(pod) = world.store.pods.get(id).filter(|pod| !pod.terminating()) else { return };
    let now = world.now;
    match stay(taints, &pod.template.spec.tolerations) {
        Stay::Not => {
            cancel(world, id);
            components_mut(&mut world.state).taint_eviction.doomed.insert(id, now);
            world.soon(Work::TaintEviction(id));
        }
        Stay::Forever => cancel(world, id),
        Stay::For(span) => {
            let begun =
                components_mut(&mut world.state).taint_eviction.doomed.get(&id).copied().unwrap_or(now);
            if components_mut(&mut world.state).taint_eviction.doomed.contains_key(&id) {
                if begun < now {
                    return;
                }
                cancel(world, id);
            }
            components_mut(&mut world.state).taint_eviction.doomed.insert(id, begun);
            world.queue.set(begun + span, Work::TaintEviction(id));
        }
    }
}

fn cancel(world: &mut World, id: PodId) {
    if components_mut(&mut world.state).taint_eviction.doomed.remove(&id).is_none() {
        return;
    }
    world.queue.cancel(Work::TaintEviction(id));
    say(world, id, "Cancelling deletion of Pod");
}

fn say(world: &mut World, id: PodId, what: &str) {
    let Some(pod) = world.store.pods.get(id) else { return };
    let message = format!("{what} {}/{}", pod.meta.namespace, pod.meta.name);
    world.record(Ref::Pod(id), Severity::Normal, SOURCE, "TaintManagerEviction", message);
}

/// Deletes a pod whose time is over, with condition `DisruptionTarget`.
pub(crate) fn sync(world: &mut World, id: PodId) {
    components_mut(&mut world.state).taint_eviction.doomed.remove(&id);
    if world.store.pods.get(id).is_none_or(replank_world::object::Pod::terminating) {
        return;
    }
    say(world, id, "Marking for deletion Pod");
    world.edit_pod(id, |pod| pod.disruption = Some("DeletionByTaintManager"));
    // Nothing is asked for that could be refused.
    drop(apiserver::delete_pod(world, id, DeleteOptions::default()));
}
