//! Draining a node: its pods are evicted, retried while refused, and waited for (`drain.go`).

use std::sync::Arc;

use super::Next;
use crate::autoscaler::SOURCE;
use crate::autoscaler::drainable::{annotation, is_daemon, seen};
use crate::kubernetes::components_mut;
use replank_world::api::{Act, PodDeletion};
use replank_world::event_log::Severity;
use replank_world::refusal::Refusal;
use replank_world::store::{NodeId, Ref};
use replank_world::time::{Span, Time};
use replank_world::world::World;

/// Time between retries of a refused eviction (`DefaultEvictionRetryTime`).
const ASKS_AGAIN: Span = Span::secs(10);
/// Interval at which it checks whether evicted pods are gone.
const LOOKS: Span = Span::secs(5);
/// Extra time beyond their grace period that pods may take (`DefaultPodEvictionHeadroom`).
const HEADROOM: Span = Span::secs(30);
/// Annotation by which a DaemonSet pod is evicted or not; without it they are evicted from nodes with other pods.
const EVICT_DAEMON: &str = "cluster-autoscaler.kubernetes.io/enable-ds-eviction";

/// Namespace and name of a pod.
pub(super) type NamespacedName = (Arc<str>, Arc<str>);

/// A drain under way, for the pods that were there at its start.
#[derive(Clone, Debug)]
pub(super) struct Drain {
    /// Pods that have to be gone at the end.
    pods: Vec<NamespacedName>,
    /// Pods not evicted yet, and whether the drain fails without it.
    open: Vec<(NamespacedName, bool)>,
    /// The message of the last refusal for each pod.
    refused: Vec<(NamespacedName, String)>,
    /// No eviction is tried after this time.
    evicts_until: Time,
    /// When all evicted pods have to be gone; set once all evictions succeeded.
    gone_by: Option<Time>,
}

impl Drain {
    /// Starts a drain of the pods on a node.
    pub(super) fn begin(world: &mut World, id: NodeId) -> Self {
        let (pods, daemons) = (pods_of(world, id), daemons_of(world, id));
        for place in pods.iter().chain(&daemons) {
            say(world, place, Severity::Normal, "ScaleDown", "deleting pod for node scale down");
        }
        let must = pods.iter().cloned().map(|place| (place, true));
        Self {
            open: must.chain(daemons.into_iter().map(|place| (place, false))).collect(),
            pods,
            refused: Vec::new(),
            evicts_until: world.now + components_mut(&mut world.state).autoscaler.settings.eviction,
            gone_by: None,
        }
    }

    /// Retries evictions or checks for pods that are left; the error ends the drain.
    pub(super) fn go_on(mut self, world: &mut World, id: NodeId) -> Result<Next, String> {
        if let Some(gone_by) = self.gone_by {
            return self.wait(world, id, gone_by);
        }
        let asks = self.refused.is_empty() || world.now < self.evicts_until;
        if asks {
            let open = std::mem::take(&mut self.open);
            self.refused.clear();
            for (place, must) in open {
                if let Err(refusal) = evict(world, &place) {
                    self.refused.push((place.clone(), refusal.message));
                    self.open.push((place, must));
                }
            }
            if !self.open.is_empty() {
                return Ok(Next::Rest(self, ASKS_AGAIN));
            }
        }
        self.failed(world, id)?;
        let gone_by = world.now + components_mut(&mut world.state).autoscaler.settings.termination + HEADROOM;
        self.gone_by = Some(gone_by);
        self.wait(world, id, gone_by)
    }

    /// Fails the drain for pods whose eviction was refused to the end; DaemonSet pods may stay.
    fn failed(&self, world: &mut World, id: NodeId) -> Result<(), String> {
        let must: Vec<&NamespacedName> =
            self.open.iter().filter(|(_, must)| *must).map(|(place, _)| place).collect();
        if must.is_empty() {
            return Ok(());
        }
        let why = must.iter().map(|place| {
            let last = self.refused.iter().find(|(of, _)| of == *place);
            let last = last.map_or("", |(_, message)| message.as_str());
            format!("failed to evict pod {}/{} within allowed timeout (last error: {last})", place.0, place.1)
        });
        let why = why.collect::<Vec<_>>().join(" ");
        for place in must {
            say(world, place, Severity::Warning, "ScaleDownFailed", "failed to delete pod for ScaleDown");
        }
        Err(format!("Failed to drain node /{}, due to following errors: [{why}]", name(world, id)))
    }

    fn wait(self, world: &World, id: NodeId, gone_by: Time) -> Result<Next, String> {
        let is_here = |place: &NamespacedName| {
            let pod = world.store.pods.find(&place.0, &place.1).and_then(|pod| world.store.pods.get(pod));
            pod.is_some_and(|pod| pod.node == Some(id))
        };
        if !self.pods.iter().any(is_here) {
            return Ok(Next::Empty);
        }
        if world.now >= gone_by {
            return Err(format!("Failed to drain node /{}: pods remaining after timeout", name(world, id)));
        }
        Ok(Next::Rest(self, LOOKS))
    }
}

/// The pods of a node to evict and wait for.
pub(super) fn pods_of(world: &World, id: NodeId) -> Vec<NamespacedName> {
    let pods = seen(world, id).into_iter().filter_map(|pod| world.store.pods.get(pod));
    let pods = pods.filter(|pod| !pod.mirror && !is_daemon(pod));
    pods.map(|pod| (pod.meta.namespace.clone(), pod.meta.name.clone())).collect()
}

/// DaemonSet pods to evict without waiting for them.
fn daemons_of(world: &World, id: NodeId) -> Vec<NamespacedName> {
    let pods = seen(world, id).into_iter().filter_map(|pod| world.store.pods.get(pod));
    let evicted = pods.filter(|pod| {
        !pod.mirror && is_daemon(pod) && annotation(pod, EVICT_DAEMON).is_none_or(|value| value == "true")
    });
    evicted.map(|pod| (pod.meta.namespace.clone(), pod.meta.name.clone())).collect()
}

/// Evicts the pod of that name with its own grace, at most `--max-graceful-termination-sec`. A missing pod counts
/// as evicted.
fn evict(world: &mut World, place: &NamespacedName) -> Result<(), Refusal> {
    let (namespace, name) = place.clone();
    let Some(pod) = world.store.pods.find(&namespace, &name).and_then(|pod| world.store.pods.get(pod)) else {
        return Ok(());
    };
    let longest = components_mut(&mut world.state).autoscaler.settings.termination.as_secs();
    let own = pod.template.spec.grace_seconds;
    let grace = if longest > 0 { own.min(longest) } else { own };
    let options = PodDeletion { grace_seconds: Some(grace), ..PodDeletion::default() };
    match world.request(Act::Evict { namespace, name, options }) {
        Err(refusal) if refusal.code != 404 => Err(refusal),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn say(world: &mut World, place: &NamespacedName, severity: Severity, reason: &'static str, message: &str) {
    if let Some(pod) = world.store.pods.find(&place.0, &place.1) {
        world.record(Ref::Pod(pod), severity, SOURCE, reason, message);
    }
}

fn name(world: &World, id: NodeId) -> Arc<str> {
    world.store.nodes.get(id).map(|node| node.meta.name.clone()).unwrap_or_default()
}
