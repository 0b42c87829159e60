//! The pattern of a new node of a group: copied from a Ready node, else from one seen earlier, else derived from
//! the launch template (Cluster Autoscaler 1.34.5: `mixed_nodeinfos_processor.go`).
//!
//! So a taint that someone put on every node of a group, such as an update's guard, is expected on new nodes too.

use super::drainable::is_daemon;
use super::{NodeReadiness, mark, standing, view};
use crate::kubernetes::components_mut;
use crate::machines;
use replank_world::cloud::{GroupNo, Offer};
use replank_world::object::Node;
use replank_world::store::NodeId;
use replank_world::time::Span;
use replank_world::vocab::labels::Map;
use replank_world::vocab::quantity::Resources;
use replank_world::vocab::taint::Taint;
use replank_world::world::World;

/// How long a node has to be Ready to serve as the pattern (`stabilizationDelay`).
const SETTLED: Span = Span::secs(60);
/// Prefixes of taint keys that describe a node's momentary state and are left out (`SanitizeTaints`).
const PASSING: [&str; 9] = [
    "ToBeDeletedByClusterAutoscaler",
    "DeletionCandidateOfClusterAutoscaler",
    "node.kubernetes.io/",
    "node.cloudprovider.kubernetes.io/",
    "cloud.google.com/impending-node-termination",
    "NodeWithImpairedVolumes",
    "ignore-taint.cluster-autoscaler.kubernetes.io/",
    "startup-taint.cluster-autoscaler.kubernetes.io/",
    "status-taint.cluster-autoscaler.kubernetes.io/",
];

/// What a new node of a group is like, with DaemonSet and mirror pods on it.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// Labels that decide which pods fit it, zone and instance type among them.
    pub(super) labels: Map,
    /// `spec.taints`, those of the node lifecycle controller included.
    pub(super) taints: Vec<Taint>,
    /// Allocatable resources left for other pods.
    pub(super) free: Resources,
    /// Number of other pods it takes.
    pub(super) pods_left: u32,
}

/// The pattern of a group; `None` when its launch template is unknown. Which of several nodes is copied is drawn
/// at random, as with the real one.
pub(super) fn of(world: &mut World, number: GroupNo) -> Option<Pattern> {
    let examples: Vec<NodeId> =
        view::nodes(world).into_iter().filter(|(_, of)| *of == number).map(|(id, _)| id).collect();
    let good = |id: &NodeId| world.store.nodes.get(*id).is_some_and(|node| is_example(world, node));
    let good: Vec<NodeId> = examples.into_iter().filter(good).collect();
    let memory = &components_mut(&mut world.state).autoscaler.memory;
    let name = &memory.view.group(number)?.name;
    let drawn = world.chance.draw("autoscaler example", name, memory.rounds);
    let example = good.get(drawn as usize % good.len().max(1)).and_then(|id| like(world, *id));
    if let Some(example) = example {
        components_mut(&mut world.state).autoscaler.memory.patterns.insert(number, example.clone());
        return Some(example);
    }
    components_mut(&mut world.state)
        .autoscaler
        .memory
        .patterns
        .get(&number)
        .cloned()
        .or_else(|| of_template(world, number))
}

fn is_example(world: &World, node: &Node) -> bool {
    standing(world, node) == NodeReadiness::Ready
        && node.ready_since + SETTLED < world.now
        && !node.unschedulable
        && mark::going_since(node).is_none()
}

fn like(world: &World, id: NodeId) -> Option<Pattern> {
    let node = world.store.nodes.get(id)?;
    let mut pattern = Pattern {
        labels: (**world.store.labels.get(node.meta.labels)).clone(),
        taints: node.taints.iter().filter(|taint| !passes(taint)).cloned().collect(),
        free: node.allocatable.clone(),
        pods_left: node.pods_max,
    };
    let here = world.store.index.pods_on(id).filter_map(|pod| world.store.pods.get(pod));
    for pod in here.filter(|pod| pod.active() && (pod.mirror || is_daemon(pod))) {
        pattern.free.add(&pod.template.spec.requests, -1);
        pattern.pods_left = pattern.pods_left.saturating_sub(1);
    }
    Some(pattern)
}

fn passes(taint: &Taint) -> bool {
    PASSING.iter().any(|key| taint.key.starts_with(key))
}

fn of_template(world: &World, number: GroupNo) -> Option<Pattern> {
    let group = world.cloud.group(number);
    let (image, settings) = world.cloud.template(&group.spec.template)?.version(group.spec.version).ok()?;
    let labels =
        machines::labels_of(&world.cloud, number, group.spec.zones.first()?, &image, &settings, "new");
    let Offer { allocatable, pods_max } = group.offer(&settings.instance_type);
    Some(Pattern { labels, taints: settings.taints.clone(), free: allocatable, pods_left: pods_max })
}
