//! One process: it dies with its pod or is killed, marks stay, and the next one opens what it finds marked.

use super::{closed, count, is_alive, is_closed, pass, said, status, until, world};
use replank_world::act::Act;
use replank_world::api::{self, NodePatch, PodDeletion};

const FLAGS: &str = ", unneededTime: 1m, deleteDelay: 1m";
const SIZE: &str = "size: {min: 2, desired: 3, max: 6}";

#[test]
fn a_process_that_dies_leaves_its_marks_and_the_next_one_opens_the_nodes() {
    let mut world = world(FLAGS, SIZE, "");
    until(&mut world, 300, |world| closed(world).is_some());
    world.act(Act::AutoscalerProcess { lives: false }).unwrap();
    pass(&mut world, 1_800);
    let is_marked = |node: &replank_world::object::Node| is_closed(node) && node.unschedulable;
    assert_eq!((count(&world, is_marked), super::desired(&world)), (1, 3));
    assert!(status(&world).is_some() && !is_alive(&world));
    world.act(Act::AutoscalerProcess { lives: true }).unwrap();
    let opened = until(&mut world, 60, |world| closed(world).is_none());
    assert!(opened <= 20, "{opened}");
    assert_eq!(count(&world, |node| node.unschedulable), 0);
    let said = &said(&world, "ClusterAutoscalerCleanup")[0];
    assert!(said.starts_with("removed ToBeDeletedByClusterAutoscaler taint from node ip-"), "{said}");
}

#[test]
fn a_node_that_a_person_closed_and_marked_is_opened_at_the_start() {
    let mut world = world("", SIZE, "");
    world.act(Act::AutoscalerProcess { lives: false }).unwrap();
    let name = world.store.nodes.iter().next().map(|(_, node)| node.meta.name.clone()).unwrap();
    let taint = ("ToBeDeletedByClusterAutoscaler".into(), "1".into(), "NoSchedule".into());
    let patch = NodePatch { unschedulable: Some(true), set_taints: vec![taint], ..NodePatch::default() };
    world.act(Act::Cluster(api::Act::PatchNode { name, uid: None, patch })).unwrap();
    world.act(Act::AutoscalerProcess { lives: true }).unwrap();
    until(&mut world, 60, |world| count(world, |node| node.unschedulable || is_closed(node)) == 0);
}

#[test]
fn with_its_pod_it_forgets_and_takes_its_status_away() {
    let mut world = world("", SIZE, "");
    pass(&mut world, 400);
    let (id, _) = world.store.pods.in_namespace("kube-system").next().unwrap();
    let name = world.store.pods.get(id).unwrap().meta.name.clone();
    assert!(name.starts_with("cluster-autoscaler-"), "{name}");
    let (namespace, options) = ("kube-system".into(), PodDeletion::default());
    world.act(Act::Cluster(api::Act::Evict { namespace, name, options })).unwrap();
    until(&mut world, 30, |world| status(world).is_none());
    let starts = until(&mut world, 60, is_alive);
    assert!(starts >= 5, "the lease keeps the next one out: {starts}");
    let closes = until(&mut world, 900, |world| closed(world).is_some());
    assert!(closes > 600, "the unneeded time begins anew: {closes}");
}

#[test]
fn nobody_kills_what_is_not_on() {
    let mut world = world("", SIZE, "");
    replank_components::autoscaler::switch(&mut world, false);
    let refusal = world.act(Act::AutoscalerProcess { lives: false }).unwrap_err();
    assert_eq!(refusal.message, "the Cluster Autoscaler is not switched on");
}

#[test]
fn a_person_is_told_when_nothing_runs_it() {
    let warnings = |addons: &str, enabled: bool| {
        let text = format!(
            "clusters: [{{addons: {addons}, autoscaler: {{enabled: {enabled}}}, nodeGroups: [{{}}]}}]"
        );
        super::session(&text).warnings().join("; ")
    };
    assert!(warnings("[]", true).starts_with("autoscaler: it is switched on and never acts"));
    assert_eq!(warnings("[cluster-autoscaler]", true), "");
    assert_eq!(warnings("[]", false), "");
}

#[test]
fn what_it_says_of_the_cluster_is_an_event_about_its_status() {
    let mut world = world(FLAGS, SIZE, "");
    until(&mut world, 300, |world| closed(world).is_some());
    let event = world.events.iter().find(|event| event.reason == "ScaleDownEmpty").unwrap();
    assert_eq!((event.kind, &*event.place.1), ("ConfigMap", "cluster-autoscaler-status"));
}
