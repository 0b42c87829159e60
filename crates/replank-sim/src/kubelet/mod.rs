//! The kubelets: nodes that join and leave, and pods that start and stop on them.
//!
//! A pod has an entry here only while something is under way with it; a pod that runs costs nothing.

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

pub(crate) use doubt::{Doubts, unready_stay, work_ends_soon};
pub(crate) use found::{found_stuck, found_unready, found_working};
pub(crate) use gates::turned as gates_turned;
pub(crate) use node::{
    NodeSeed, instance_gone, kill_kubelet, node_added, node_gone, node_ready, place_node, register_node,
    revive_kubelet,
};
pub(crate) use stop::make_mirrors;

use crate::object::{Phase, Pod};
use crate::queue::Work;
use crate::rng::Delay;
use crate::store::{ClaimId, NodeId, PodId, Verb};
use crate::time::Time;
use crate::world::World;

/// What the kubelets of a world know.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kubelets {
    /// What behaves otherwise.
    pub(crate) rules: rules::Rules,
    /// The machines, by the node each registered. One outlives its node object.
    homes: BTreeMap<NodeId, Home>,
    by_instance: BTreeMap<Arc<str>, NodeId>,
    /// What is under way with a pod.
    steps: BTreeMap<PodId, Step>,
    /// What may be otherwise.
    pub(crate) doubts: Doubts,
    /// Images have numbers, because every node remembers those it has.
    images: BTreeMap<Arc<str>, u32>,
}

/// A machine with a kubelet.
#[derive(Clone, Debug, Default)]
struct Home {
    instance_gone: bool,
    dead: bool,
    /// It joined after the world began.
    new: bool,
    falls_silent: Option<Delay>,
    /// Since when it has each image, or will have it.
    images: BTreeMap<u32, Time>,
    /// Static pods whose mirrors are to be made again.
    mirrors: Vec<Pod>,
}

/// What is under way with a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// Its volumes are being attached.
    Volumes,
    /// An image cannot be pulled; so many tries.
    PullFails(u32),
    /// Images and containers are on their way.
    Starting(Life),
    /// Its containers run and are to become ready.
    Running(Life),
    /// Its containers crashed and wait to start again.
    Crashed(Life),
    /// It works until it has finished.
    Working,
    /// Its containers are being stopped.
    Stopping {
        /// The end of its grace when that was worked out.
        until: Time,
        /// When they have stopped.
        end: Time,
        /// Whether they end by SIGKILL.
        killed: bool,
    },
    /// Its containers cannot be stopped.
    Stuck,
}

/// What becomes of started containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// They become ready after the usual time, or after this.
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

    fn is_new(&self, id: NodeId) -> bool {
        self.homes.get(&id).is_some_and(|home| home.new)
    }
}

/// Whether the instance of a node is gone.
pub(crate) fn lost_instance(world: &World, id: NodeId) -> bool {
    world.kubelets.homes.get(&id).is_some_and(|home| home.instance_gone)
}

/// Whether the machine of a node lives, be its object there or not.
fn alive(world: &World, id: NodeId) -> bool {
    match world.kubelets.homes.get(&id) {
        Some(home) => !home.dead,
        None => world.store.nodes.get(id).is_some_and(|node| node.alive),
    }
}

/// The kubelet takes the next step with a pod.
pub(crate) fn step(world: &mut World, id: PodId) {
    let Some(pod) = world.store.pods.get(id).filter(|pod| !pod.finished()) else { return };
    let Some(node) = pod.node else { return };
    if !alive(world, node) {
        return;
    }
    if pod.terminating() { stop::step(world, id) } else { start::step(world, id, node) }
}

/// A pod changed: it may have been bound, or be on its way out.
pub(crate) fn pod_changed(world: &mut World, id: PodId, verb: Verb) {
    let Some(pod) = world.store.pods.get(id) else { return };
    match verb {
        Verb::Deleted => {
            let mirror = pod.mirror;
            world.kubelets.steps.remove(&id);
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
        world.kubelets.steps.remove(&id);
    } else if pod.terminating() {
        stop::begin(world, id, node);
    } else if pod.phase == Phase::Pending {
        if !world.kubelets.steps.contains_key(&id) && alive(world, node) {
            start::begin(world, id, node);
        }
    } else if verb == Verb::Added {
        start::settled(world, id);
    }
}

/// A claim changed: pods that waited for it may start.
pub(crate) fn claim_changed(world: &mut World, id: ClaimId) {
    let waiting = |pod: &&PodId| world.kubelets.steps.get(pod) == Some(&Step::Volumes);
    let pods: Vec<PodId> =
        world.store.index.by_claim.get(&id).into_iter().flatten().filter(waiting).copied().collect();
    pods.into_iter().for_each(|pod| world.soon(Work::Kubelet(pod)));
}

/// A kubelet came back: it looks at each of its pods.
fn resume(world: &mut World, id: PodId) {
    let Some(pod) = world.store.pods.get(id).filter(|pod| !pod.finished()) else { return };
    let Some(node) = pod.node else { return };
    let (terminating, pending) = (pod.terminating(), pod.phase == Phase::Pending);
    if terminating {
        world.kubelets.steps.remove(&id);
        stop::begin(world, id, node);
    } else if pending && !world.kubelets.steps.contains_key(&id) {
        start::begin(world, id, node);
    } else {
        world.kubelets.steps.entry(id).or_insert(Step::Running(Life::Ready(None)));
        world.soon(Work::Kubelet(id));
    }
}

/// The name a pod's delays are drawn for: the pod and the node, whatever else happened in the world.
fn draw_name(world: &World, id: PodId) -> String {
    let Some(pod) = world.store.pods.get(id) else { return String::new() };
    let node = pod.node.and_then(|node| world.store.nodes.get(node)).map_or("", |node| &*node.meta.name);
    [&*pod.meta.namespace, "/", &*pod.meta.name, "@", node].concat()
}
