//! The taint eviction controller: pods leave nodes whose `NoExecute` taints they do not tolerate, or no longer.
//!
//! It deletes; budgets are not asked.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::{self, DeleteOptions};
use crate::event_log::Severity;
use crate::queue::Work;
use crate::store::{NodeId, PodId, Ref};
use crate::time::{Span, Time};
use crate::vocab::taint::{Effect, Taint, Toleration};
use crate::world::World;

const SOURCE: &str = "taint-eviction-controller";

/// What the controller knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct TaintEviction {
    /// The `NoExecute` taints of nodes that have any.
    tainted: BTreeMap<NodeId, Arc<[Taint]>>,
    /// Pods that will be deleted, and since when.
    doomed: BTreeMap<PodId, Time>,
}

/// How long a pod may stay on a node with such taints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stay {
    /// It goes at once.
    Not,
    /// It goes after this.
    For(Span),
    /// It stays.
    Forever,
}

/// How long pods with these tolerations stay (Kubernetes: the shortest of all tolerations used).
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

/// Taints of a node may have changed.
pub(crate) fn node_changed(world: &mut World, id: NodeId) {
    let Some(node) = world.store.nodes.get(id) else { return };
    let known = world.taint_eviction.tainted.get(&id);
    let taints = node.taints.iter().filter(|taint| taint.effect == Effect::NoExecute);
    if taints.clone().eq(known.into_iter().flat_map(|taints| taints.iter())) {
        return;
    }
    let taints: Arc<[Taint]> = taints.cloned().collect();
    if taints.is_empty() {
        world.taint_eviction.tainted.remove(&id);
    } else {
        world.taint_eviction.tainted.insert(id, taints.clone());
    }
    let pods: Vec<PodId> = world.store.index.pods_on(id).collect();
    pods.into_iter().for_each(|pod| look(world, pod, &taints));
}

/// A node is gone. What was begun goes on.
pub(crate) fn node_gone(world: &mut World, id: NodeId) {
    world.taint_eviction.tainted.remove(&id);
}

/// A pod is new on its node or changed.
pub(crate) fn pod_changed(world: &mut World, id: PodId) {
    let state = &world.taint_eviction;
    if state.tainted.is_empty() || state.doomed.contains_key(&id) {
        return;
    }
    let node = world.store.pods.get(id).and_then(|pod| pod.node);
    let Some(taints) = node.and_then(|node| state.tainted.get(&node)).cloned() else { return };
    look(world, id, &taints);
}

/// A pod is gone.
pub(crate) fn pod_gone(world: &mut World, id: PodId) {
    world.taint_eviction.doomed.remove(&id);
}

/// How long a pod may stay; begins, shortens or cancels its time.
fn look(world: &mut World, id: PodId, taints: &[Taint]) {
    let Some(pod) = world.store.pods.get(id).filter(|pod| !pod.terminating()) else { return };
    let now = world.now;
    match stay(taints, &pod.template.spec.tolerations) {
        Stay::Not => {
            cancel(world, id);
            world.taint_eviction.doomed.insert(id, now);
            world.soon(Work::TaintEviction(id));
        }
        Stay::Forever => cancel(world, id),
        Stay::For(span) => {
            let begun = world.taint_eviction.doomed.get(&id).copied().unwrap_or(now);
            if world.taint_eviction.doomed.contains_key(&id) {
                if begun < now {
                    return;
                }
                cancel(world, id);
            }
            world.taint_eviction.doomed.insert(id, begun);
            world.queue.set(begun + span, Work::TaintEviction(id));
        }
    }
}

fn cancel(world: &mut World, id: PodId) {
    if world.taint_eviction.doomed.remove(&id).is_none() {
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

/// The time a pod was tolerated is over.
pub(crate) fn sync(world: &mut World, id: PodId) {
    world.taint_eviction.doomed.remove(&id);
    if world.store.pods.get(id).is_none_or(crate::object::Pod::terminating) {
        return;
    }
    say(world, id, "Marking for deletion Pod");
    world.edit_pod(id, |pod| pod.disruption = Some("DeletionByTaintManager"));
    // Nothing is asked for that could be refused.
    drop(api::delete_pod(world, id, DeleteOptions::default()));
}
