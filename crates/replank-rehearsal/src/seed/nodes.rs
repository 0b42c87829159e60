//! Recreates nodes, with instances for those of node groups.

use replank_formats::snapshot::fields;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::meta::meta;
use super::{Seeding, some};
use replank_engine::ports::marks::{NODEGROUP, NODEGROUP_IMAGE};
use replank_formats::snapshot::Snapshot;
use replank_formats::snapshot::synthesis::{Census, Member, UNNAMED_IMAGE, zone_labels, zone_of};
use replank_formats::worldfile::spec::Cluster;
use replank_world::cloud::Found;
use replank_world::object::{Node, NodeReady};
use replank_world::queue::Work;
use replank_world::store::{NodeId, Ref};
use replank_world::time::Span;
use replank_world::vocab::quantity::Resources;
use replank_world::vocab::taint::UNREACHABLE;
use replank_world::world::World;

/// Volume limit of nodes without a `CSINode` (EBS CSI driver on an ordinary instance).
const VOLUMES_MAX: u32 = 25;
/// Pod limit of nodes that state none (kubelet's default).
const PODS_MAX: u32 = 110;
/// A node that has not been Ready for longer than this is assumed to stay so.
const JOINS_WITHIN: Span = Span::secs(600);

/// How many volumes each node's CSI drivers can attach; the lowest limit counts (`CSINode`).
pub(super) fn attachable(snapshot: &Snapshot) -> BTreeMap<&str, u32> {
    let one = |node: &'_ Value| {
        let drivers = node["spec"]["drivers"].as_array().into_iter().flatten();
        drivers.filter_map(|driver| driver["allocatable"]["count"].as_u64()).min()
    };
    let nodes = snapshot.of("CSINode");
    nodes.filter_map(|node| Some((node["metadata"]["name"].as_str()?, one(node)? as u32))).collect()
}

/// Recreates all nodes: those of groups oldest first, as their instances were launched.
pub(super) fn seed(world: &mut World, seeding: &mut Seeding<'_>, census: &Census<'_>, cluster: &Cluster) {
    let mut silent = Vec::new();
    for group in &cluster.node_groups {
        let Some(number) = world.cloud.group_of(&group.name) else { continue };
        let members = census.groups.get(group.name.as_str()).map_or(&[][..], Vec::as_slice);
        world.cloud.group_mut(number).zone_labels = zone_labels(members);
        for member in members {
            let node = node(world, seeding, member, Some(&group.name));
            let image = world.store.labels.get(node.meta.labels).get(NODEGROUP_IMAGE).cloned();
            let found = Found {
                id: node.instance.clone(),
                host: node.meta.name.clone(),
                zone: node.zone.clone(),
                image: image.unwrap_or_default(),
                launched_at: node.meta.created_at,
            };
            world.ask_cloud(|cloud, _| cloud.found(number, found));
            put(world, seeding, node, &mut silent);
        }
    }
    let there: Vec<&Member<'_>> = census.members.iter().collect();
    for member in there {
        if world.store.nodes.find("", member.name()).is_none() {
            let node = node(world, seeding, member, None);
            put(world, seeding, node, &mut silent);
        }
    }
    if !silent.is_empty() {
        let what = "not Ready when the snapshot was taken, and taken to stay so";
        seeding.notes.assumed.push(format!("nodes {}: {what}", some(&silent)));
    }
}

fn put(world: &mut World, seeding: &mut Seeding<'_>, node: Node, silent: &mut Vec<String>) {
    let (instance, uid, name) = (node.instance.clone(), node.meta.uid, node.meta.name.clone());
    let (ready, joins) = (node.ready, node.meta.created_at + JOINS_WITHIN > world.now);
    let id: NodeId = world.add(|store| &mut store.nodes, node, Ref::Node);
    world.store.index.by_instance.insert(instance, id);
    seeding.by_uid.insert(uid, Ref::Node(id));
    match ready {
        NodeReady::True => {}
        NodeReady::False if joins => {
            let join = world.timings.join.draw(world.chance, "join", &name, 0);
            world.after(join, Work::NodeReady(id));
        }
        NodeReady::False | NodeReady::Unknown => silent.push(name.to_string()),
    }
}

fn node(world: &mut World, seeding: &Seeding<'_>, member: &Member<'_>, group: Option<&str>) -> Node {
    let given = member.node;
    let mut meta = meta(world, seeding, given);
    let mut labels = fields::map(&given["metadata"]["labels"]);
    if let Some(group) = group {
        // Groups that EKS does not manage do not label their nodes; the update looks for both.
        labels.entry(NODEGROUP.into()).or_insert_with(|| group.into());
        labels.entry(NODEGROUP_IMAGE.into()).or_insert_with(|| UNNAMED_IMAGE.into());
        meta.labels = world.label_set(&labels);
    }
    let condition = fields::condition(given, "Ready");
    let ready = match condition.and_then(|condition| condition["status"].as_str()) {
        Some("True") => NodeReady::True,
        Some("Unknown") => NodeReady::Unknown,
        Some(_) | None => NodeReady::False,
    };
    let taints = fields::taints(&given["spec"]["taints"]);
    let pods = &given["status"]["allocatable"]["pods"];
    let pods = pods.as_str().and_then(|text| text.parse().ok()).or(pods.as_u64().map(|count| count as u32));
    Node {
        instance: instance(given),
        zone: zone_of(given).into(),
        unschedulable: given["spec"]["unschedulable"] == true,
        cordoned: None,
        alive: ready != NodeReady::Unknown && !taints.iter().any(|taint| &*taint.key == UNREACHABLE),
        taints,
        allocatable: fields::resources(&given["status"]["allocatable"]),
        pods_max: pods.unwrap_or(PODS_MAX),
        volumes_max: seeding.attachable.get(member.name()).copied().unwrap_or(VOLUMES_MAX),
        ready,
        ready_since: condition
            .and_then(|condition| fields::time(&condition["lastTransitionTime"]))
            .unwrap_or(meta.created_at)
            .min(world.now),
        kubelet: given["status"]["nodeInfo"]["kubeletVersion"].as_str().unwrap_or("v1.32.0").into(),
        used: Resources::default(),
        used_nonzero: Resources::default(),
        meta,
    }
}

/// The last part of the `providerID`, as in `aws:///us-west-2a/i-0123456789abcdef0`; without one the name of the
/// node.
fn instance(node: &Value) -> Arc<str> {
    let id = node["spec"]["providerID"].as_str().and_then(|id| id.rsplit('/').next());
    let name = node["metadata"]["name"].as_str();
    id.filter(|id| !id.is_empty()).or(name).unwrap_or_default().into()
}
