//! Nodes come, live and go.

use std::sync::Arc;

use super::rules::{self, NodeQuirk};
use crate::control;
use crate::event_log::Severity;
use crate::object::{Meta, Node, NodeReady};
use crate::queue::Work;
use crate::store::{NodeId, Ref};
use crate::time::Span;
use crate::vocab::labels::Map;
use crate::vocab::quantity::Resources;
use crate::vocab::taint::{Effect, NOT_READY, Taint};
use crate::world::World;

/// Kubelets renew their lease this often, so the last heartbeat of a dead one is at most so old.
const HEARTBEAT: Span = Span::secs(10);

/// What a kubelet registers its node with.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeSeed {
    /// The node's name.
    pub name: Arc<str>,
    /// The instance behind it.
    pub instance: Arc<str>,
    /// Its zone.
    pub zone: Arc<str>,
    /// Its labels, all of them.
    pub labels: Map,
    /// Its annotations.
    pub annotations: Map,
    /// The taints it registers with.
    pub taints: Vec<Taint>,
    /// What it offers to pods.
    pub allocatable: Resources,
    /// How many pods it takes.
    pub pods_max: u32,
    /// How many volumes may be attached.
    pub volumes_max: u32,
    /// The version of its kubelet.
    pub kubelet: Arc<str>,
}

/// A kubelet registers its node: not Ready, with the taint that says so, as long as it takes to join.
pub(crate) fn register_node(world: &mut World, seed: NodeSeed) -> NodeId {
    let name = seed.name.clone();
    let id = add_node(world, seed, NodeReady::False);
    world.kubelets.home(id).new = true;
    let message = format!("Node {name} event: Registered Node {name} in Controller");
    world.record(Ref::Node(id), Severity::Normal, "node-controller", "RegisteredNode", message);
    let quirks = rules::of_node(world, id);
    if quirks.contains(&NodeQuirk::NeverReady) {
        return id;
    }
    let slow = quirks.iter().find_map(|quirk| match quirk {
        NodeQuirk::Join(delay) => Some(*delay),
        NodeQuirk::NeverReady | NodeQuirk::FallsSilent(_) => None,
    });
    let join = slow.unwrap_or(world.timings.join).draw(world.chance, "join", &name, 0);
    world.after(join, Work::NodeReady(id));
    let silent = quirks.iter().find_map(|quirk| match quirk {
        NodeQuirk::FallsSilent(delay) => Some(*delay),
        NodeQuirk::NeverReady | NodeQuirk::Join(_) => None,
    });
    world.kubelets.home(id).falls_silent = silent;
    id
}

/// Puts a node in that has been there for long: Ready, without a word.
pub(crate) fn place_node(world: &mut World, seed: NodeSeed) -> NodeId {
    add_node(world, seed, NodeReady::True)
}

fn add_node(world: &mut World, seed: NodeSeed, ready: NodeReady) -> NodeId {
    let mut taints = seed.taints;
    if ready != NodeReady::True && !taints.iter().any(|taint| &*taint.key == NOT_READY) {
        taints.push(Taint::new(NOT_READY, "", Effect::NoSchedule));
    }
    let meta = Meta {
        namespace: Arc::from(""),
        name: seed.name,
        uid: world.new_uid(),
        version: 0,
        generation: 0,
        created_at: world.now,
        deletion: None,
        finalizers: Vec::new(),
        owner: None,
        references: None,
        labels: world.label_set(&seed.labels),
        annotations: Arc::new(seed.annotations),
    };
    let node = Node {
        meta,
        instance: seed.instance.clone(),
        zone: seed.zone,
        unschedulable: false,
        cordoned: None,
        taints,
        allocatable: seed.allocatable,
        pods_max: seed.pods_max,
        volumes_max: seed.volumes_max,
        ready,
        ready_since: world.now,
        kubelet: seed.kubelet,
        alive: true,
        used: Resources::default(),
        used_nonzero: Resources::default(),
    };
    let id = world.add(|store| &mut store.nodes, node, Ref::Node);
    world.store.index.by_instance.insert(seed.instance, id);
    id
}

/// A node's object is new, whoever made it: its machine is known from now on.
pub(crate) fn node_added(world: &mut World, id: NodeId) {
    let Some(node) = world.store.nodes.get(id) else { return };
    let (instance, dead) = (node.instance.clone(), !node.alive);
    world.kubelets.home(id).dead = dead;
    world.kubelets.by_instance.insert(instance, id);
}

/// A node becomes Ready.
pub(crate) fn node_ready(world: &mut World, id: NodeId) {
    let now = world.now;
    if !world.store.nodes.get(id).is_some_and(|node| node.alive) {
        return;
    }
    world.edit_node(id, |node| {
        node.ready = NodeReady::True;
        node.ready_since = now;
    });
    let name = world.store.nodes.get(id).map(|node| node.meta.name.clone());
    let Some(name) = name else { return };
    let message = format!("Node {name} status is now: NodeReady");
    world.record(Ref::Node(id), Severity::Normal, "kubelet", "NodeReady", message);
    if let Some(delay) = world.kubelets.home(id).falls_silent.take() {
        let silent = delay.draw(world.chance, "falls silent", &name, 0);
        world.after(silent, Work::KubeletDies(id));
    }
}

/// A kubelet dies: its pods stay as they are, and after the grace period its node is `Unknown`.
pub(crate) fn kill_kubelet(world: &mut World, id: NodeId) {
    let home = world.kubelets.home(id);
    if std::mem::replace(&mut home.dead, true) {
        return;
    }
    world.queue.cancel(Work::NodeReady(id));
    let Some(node) = world.store.nodes.get_mut(id) else { return };
    node.alive = false;
    let name = node.meta.name.clone();
    let share = world.chance.share("heartbeat", &name, world.now.0.unsigned_abs());
    let age = Span((HEARTBEAT.0 as f64 * share) as i64);
    control::node_lifecycle::heartbeats_stop(world, id, age);
}

/// An instance is gone for good, and its kubelet with it.
pub(crate) fn instance_gone(world: &mut World, instance: &str) {
    let Some(id) = world.kubelets.by_instance.remove(instance) else { return };
    world.kubelets.home(id).instance_gone = true;
    kill_kubelet(world, id);
    control::node_lifecycle::instance_gone(world, id);
    if world.store.nodes.get(id).is_none() {
        world.kubelets.homes.remove(&id);
    }
}

/// A dead kubelet comes back and goes on where it was.
pub(crate) fn revive_kubelet(world: &mut World, id: NodeId) {
    world.kubelets.home(id).dead = false;
    let Some(node) = world.store.nodes.get_mut(id) else { return };
    node.alive = true;
    world.queue.cancel(Work::NodeSilent(id));
    world.soon(Work::NodeReady(id));
    let pods: Vec<_> = world.store.index.pods_on(id).collect();
    pods.into_iter().for_each(|pod| super::resume(world, pod));
}

/// A node's object is being taken out. Its kubelet, if it lives, goes on with the pods it has.
pub(crate) fn node_gone(world: &mut World, id: NodeId) {
    let Some(node) = world.store.nodes.get(id) else { return };
    let name = node.meta.name.clone();
    let message = format!("Node {name} event: Removing Node {name} from Controller");
    world.record(Ref::Node(id), Severity::Normal, "node-controller", "RemovingNode", message);
    if world.kubelets.home(id).dead {
        world.kubelets.homes.remove(&id);
    }
    for work in [Work::NodeSilent(id), Work::NodeInstance(id), Work::NodeReady(id), Work::KubeletDies(id)] {
        world.queue.cancel(work);
    }
}
