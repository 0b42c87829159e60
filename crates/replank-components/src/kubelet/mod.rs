//! The kubelets: registration and heartbeats of nodes, start and stop of the pods bound to them.
//!
//! A pod has an entry here only while a step is pending; a pod that just runs costs nothing.

mod annotated;
mod doubt;
mod found;
mod gates;
mod node;
pub mod rules;
mod start;
mod stop;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

pub(crate) use doubt::Doubts;
pub use doubt::{assume_ready, assume_work, is_ready_assumed, is_work_assumed, unready_stay, work_ends_soon};
pub use found::{found_stuck, found_unready, found_working};
pub(crate) use gates::turned as gates_turned;
pub(crate) use node::{
    NodeSeed, instance_gone, kill_kubelet, node_added, node_gone, node_ready, place_node, register_node,
    revive_kubelet,
};
pub(crate) use stop::make_mirrors;

use crate::kubernetes::{components, components_mut};
use replank_world::object::{Phase, Pod};
use replank_world::queue::Work;
use replank_world::rng::Delay;
use replank_world::store::{ClaimId, NodeId, PodId, Verb};
use replank_world::time::Time;
use replank_world::world::World;

/// State of all kubelets of a world.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kubelets {
    /// Rules for pods and nodes that misbehave.
    pub(crate) rules: rules::Rules,
    /// Machines by the node that each registered. A machine can outlive its node object.
    homes: FxHashMap<NodeId, Home>,
    by_instance: BTreeMap<Arc<str>, NodeId>,
    /// The step each pod is in.
    steps: FxHashMap<PodId, Step>,
    /// Assumptions about pods found in a snapshot.
    pub(crate) doubts: Doubts,
    /// Numbers of image names, to keep the per-node caches small.
    images: FxHashMap<Arc<str>, u32>,
}

/// A machine with a kubelet.
#[derive(Clone, Debug, Default)]
struct Home {
    instance_gone: bool,
    dead: bool,
    /// It joined after the world began.
    new: bool,
    falls_silent: Option<Delay>,
    /// When each image, by number, was or will be pulled.
    images: BTreeMap<u32, Time>,
    /// Mirror pods to create again.
    mirrors: Vec<Pod>,
}

/// The step that a pod is in.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// Its volumes are being attached.
    Volumes,
    /// Its image cannot be pulled; the number of attempts.
    PullFails(u32),
    /// Its images are pulled and its containers started.
    Starting(Life),
    /// Its containers run and are not ready yet.
    Running(Life),
    /// Its containers crashed and wait for the restart back-off.
    Crashed(Life),
    /// It runs until it succeeds by itself.
    Working,
    /// Its containers are being stopped.
    Stopping {
        /// The end of the grace period when `end` was computed.
        until: Time,
        /// When they will have stopped.
        end: Time,
        /// Whether SIGKILL ends them.
        killed: bool,
    },
    /// Its containers cannot be stopped.
    Stuck,
}

/// What happens to started containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// They become ready after the usual time, or after this delay.
    Ready(Option<Delay>),
    /// They never become ready.
    NeverReady,
    /// They crash this long after each start.
    Crashes(Delay),
}

impl Kubelets {
    fn home(&mut self, id: NodeId) -> &mut Home {
        self.homes.entry(id).or_default()
    }

    /// Whether the instance of a node was terminated.
    pub(crate) fn has_lost_instance(&self, id: NodeId) -> bool {
        self.homes.get(&id).is_some_and(|home| home.instance_gone)
    }

    fn is_new(&self, id: NodeId) -> bool {
        self.homes.get(&id).is_some_and(|home| home.new)
    }
}

/// Whether the kubelet of a node runs, whether or not the node object exists.
fn alive(world: &World, id: NodeId) -> bool {
    match components(&world.state).kubelets.homes.get(&id) {
        Some(home) => !home.dead,
        None => world.store.nodes.get(id).is_some_and(|node| node.alive),
    }
}

/// Runs the next step of a pod, if its kubelet is alive.
pub(crate) fn step(world: &mut World, id: PodId) {
    let Some(pod) = world.store.pods.get(id).filter(|pod| !pod.finished()) else { return };
    let Some(node) = pod.node else { return };
    if !alive(world, node) {
        return;
    }
    if pod.terminating() { stop::step(world, id) } else { start::step(world, id, node) }
}

/// Reacts to a change of a pod: starts a bound one, stops a terminating one.
pub(crate) fn pod_changed(world: &mut World, id: PodId, verb: Verb) {
    let Some(pod) = world.store.pods.get(id) else { return };
    match verb {
        Verb::Deleted => {
            let mirror = pod.mirror;
            components_mut(&mut world.state).kubelets.steps.remove(&id);
            if mirror {
                stop::mirror_gone(world, id);
            }
            return;
        }
        Verb::Added => start::created(world, id),
        Verb::Modified => {}
    }
    let Some(pod) = world.store.pods.get(id) else { return };
    let Some(node) = pod.node else { return };
    if pod.finished() {
        components_mut(&mut world.state).kubelets.steps.remove(&id);
    } else if pod.terminating() {
        stop::begin(world, id, node);
    } else if pod.phase == Phase::Pending {
        if !components(&world.state).kubelets.steps.contains_key(&id) && alive(world, node) {
            start::begin(world, id, node);
        }
    } else if verb == Verb::Added {
        start::settled(world, id);
    }
}

/// Lets pods that waited for a claim's volume start.
pub(crate) fn claim_changed(world: &mut World, id: ClaimId) {
    let waiting = |pod: &&PodId| components(&world.state).kubelets.steps.get(pod) == Some(&Step::Volumes);
    let pods: Vec<PodId> =
        world.store.index.by_claim.get(&id).into_iter().flatten().filter(waiting).copied().collect();
    pods.into_iter().for_each(|pod| world.soon(Work::Kubelet(pod)));
}

/// Resumes a pod after its kubelet came back.
fn resume(world: &mut World, id: PodId) {
    let Some(pod) = world.store.pods.get(id).filter(|pod| !pod.finished()) else { return };
    let Some(node) = pod.node else { return };
    let (terminating, pending) = (pod.terminating(), pod.phase == Phase::Pending);
    if terminating {
        components_mut(&mut world.state).kubelets.steps.remove(&id);
        stop::begin(world, id, node);
    } else if pending && !components(&world.state).kubelets.steps.contains_key(&id) {
        start::begin(world, id, node);
    } else {
        components_mut(&mut world.state).kubelets.steps.entry(id).or_insert(Step::Running(Life::Ready(None)));
        world.soon(Work::Kubelet(id));
    }
}

/// The name for a pod's random draws, made of pod and node, so that other events do not change its delays.
fn draw_name(world: &World, id: PodId) -> String {
    let Some(pod) = world.store.pods.get(id) else { return String::new() };
    let node = pod.node.and_then(|node| world.store.nodes.get(node)).map_or("", |node| &*node.meta.name);
    [&*pod.meta.namespace, "/", &*pod.meta.name, "@", node].concat()
}
