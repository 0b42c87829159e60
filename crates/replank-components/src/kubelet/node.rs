//! Registration, health and removal of nodes.

use std::sync::Arc;

use super::rules::{self, NodeQuirk};
use crate::control;
use crate::kubernetes::components_mut;
use replank_world::event_log::Severity;
use replank_world::object::{Meta, Node, NodeReady};
use replank_world::queue::Work;
use replank_world::store::{NodeId, Ref};
use replank_world::time::Span;
use replank_world::vocab::labels::Map;
use replank_world::vocab::quantity::Resources;
use replank_world::vocab::taint::{Effect, NOT_READY, Taint};
use replank_world::world::World;

/// Period of the kubelet's lease renewal: the most that the last heartbeat of a dead kubelet can be old.
const HEARTBEAT: Span = Span::secs(10);

/// What a kubelet registers its node with.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeSeed {
    /// Node name.
    pub name: Arc<str>,
    /// Instance id.
    pub instance: Arc<str>,
    /// Zone name.
    pub zone: Arc<str>,
    /// All labels of the node.
    pub labels: Map,
    /// Annotations of the node.
    pub annotations: Map,
    /// `--register-with-taints`.
    pub taints: Vec<Taint>,
    /// Allocatable cpu, memory, storage and extended resources.
    pub allocatable: Resources,
    /// Allocatable pods.
    pub pods_max: u32,
    /// How many volumes can be attached.
    pub volumes_max: u32,
    /// Kubelet version.
    pub kubelet: Arc<str>,
}

/// Registers a node that is not Ready, with the `not-ready` taint; it becomes Ready after the join time, unless a
/// rule says otherwise.
pub(crate) fn register_node(world: &mut World, seed: NodeSeed) -> NodeId {
    let name = seed.name.clone();
    let id = add_node(world, seed, NodeReady::False);
    components_mut(&mut world.state).kubelets.home(id).new = true;
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
    components_mut(&mut world.state).kubelets.home(id).falls_silent = silent;
    id
}

/// Adds a node that is Ready already, without Events.
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

/// Starts tracking the machine of a new node object.
pub(crate) fn node_added(world: &mut World, id: NodeId) {
    let Some(node) = world.store.nodes.get(id) else { return };
    let (instance, dead) = (node.instance.clone(), !node.alive);
    components_mut(&mut world.state).kubelets.home(id).dead = dead;
    components_mut(&mut world.state).kubelets.by_instance.insert(instance, id);
}

/// Sets condition Ready to `True`.
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
    if let Some(delay) = components_mut(&mut world.state).kubelets.home(id).falls_silent.take() {
        let silent = delay.draw(world.chance, "falls silent", &name, 0);
        world.after(silent, Work::KubeletDies(id));
    }
}

/// Stops a kubelet: its pods stay as they are, and the node becomes `Unknown` after the grace period.
pub(crate) fn kill_kubelet(world: &mut World, id: NodeId) {
    let home = components_mut(&mut world.state).kubelets.home(id);
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

/// Stops the kubelet of a terminated instance and tells the node lifecycle controller.
pub(crate) fn instance_gone(world: &mut World, instance: &str) {
    let Some(id) = components_mut(&mut world.state).kubelets.by_instance.remove(instance) else { return };
    components_mut(&mut world.state).kubelets.home(id).instance_gone = true;
    kill_kubelet(world, id);
    control::node_lifecycle::instance_gone(world, id);
    if world.store.nodes.get(id).is_none() {
        components_mut(&mut world.state).kubelets.homes.remove(&id);
    }
}

/// Starts a stopped kubelet again; it resumes its pods.
pub(crate) fn revive_kubelet(world: &mut World, id: NodeId) {
    components_mut(&mut world.state).kubelets.home(id).dead = false;
    let Some(node) = world.store.nodes.get_mut(id) else { return };
    node.alive = true;
    world.queue.cancel(Work::NodeSilent(id));
    world.soon(Work::NodeReady(id));
    let pods: Vec<_> = world.store.index.pods_on(id).collect();
    pods.into_iter().for_each(|pod| super::resume(world, pod));
}

/// Cleans up after the removal of a node object. A living kubelet goes on with its pods.
pub(crate) fn node_gone(world: &mut World, id: NodeId) {
    let Some(node) = world.store.nodes.get(id) else { return };
    let name = node.meta.name.clone();
    let message = format!("Node {name} event: Removing Node {name} from Controller");
    world.record(Ref::Node(id), Severity::Normal, "node-controller", "RemovingNode", message);
    if components_mut(&mut world.state).kubelets.home(id).dead {
        components_mut(&mut world.state).kubelets.homes.remove(&id);
    }
    for work in [Work::NodeSilent(id), Work::NodeInstance(id), Work::NodeReady(id), Work::KubeletDies(id)] {
        world.queue.cancel(work);
    }
}
