//! Fewer nodes: marked softly, marked hard and cordoned, drained, removed; opened again when that fails.

use super::{closed, count, is_candidate, is_closed, pass, said, status, until, world};
use replank_components::autoscaler::testing::{draining, unremovable};
use replank_world::act::Act;
use replank_world::api::{self, NodePatch};
use replank_world::world::World;

const SIZE: &str = "size: {min: 1, desired: 3, max: 6}";
/// A small pod on each node.
const WEB: &str = "
  - {name: web, namespace: shop, replicas: 3, cpu: 100m, antiAffinity: {required: false}}";

fn annotate(world: &mut World, key: &str, value: &str) {
    let names: Vec<_> = world.store.nodes.iter().map(|(_, node)| node.meta.name.clone()).collect();
    for name in names {
        let annotations = [(key.into(), Some(value.into()))].into();
        let patch = NodePatch { annotations, ..NodePatch::default() };
        world.act(Act::Cluster(api::Act::PatchNode { name, uid: None, patch })).unwrap();
    }
}

#[test]
fn an_idle_node_is_marked_softly_then_hard_then_removed() {
    let mut world = world("", "size: {min: 2, desired: 3, max: 6}", "");
    let soft = until(&mut world, 60, |world| count(world, is_candidate) == 2);
    assert!(soft <= 30, "{soft}");
    assert_eq!(count(&world, |node| node.unschedulable), 0);
    let hard = until(&mut world, 660, |world| closed(world).is_some());
    assert!(hard > 590, "{hard}");
    assert_eq!(count(&world, |node| node.unschedulable && is_closed(node)), 1, "and not below the minimum");
    assert_eq!(until(&mut world, 30, |world| super::desired(world) == 2), 5);
    assert_eq!(said(&world, "ScaleDown")[0], "marked the node as toBeDeleted/unschedulable");
    assert_eq!(said(&world, "ScaleDown")[1], "nodes removed by cluster autoscaler");
    assert!(said(&world, "ScaleDownEmpty")[0].starts_with("Scale-down: removing empty node \"ip-"));
    let status = status(&world).unwrap();
    assert!(
        status.contains("autoscalerStatus: Running\n") && status.contains("cloudProviderTarget: 3"),
        "{status}"
    );
}

#[test]
fn empty_nodes_go_together_and_drained_ones_one_after_the_other() {
    let mut empty = world(", unneededTime: 1m", "size: {min: 1, desired: 6, max: 6}", "");
    until(&mut empty, 120, |world| closed(world).is_some());
    assert_eq!(count(&empty, is_closed), 5);
    let web = "\n  - {name: web, namespace: shop, replicas: 5, cpu: 100m, antiAffinity: {required: false}}";
    let mut used = world(", unneededTime: 1m", "size: {min: 1, desired: 6, max: 6}", web);
    let mut most = 0;
    for _ in 0..1_200 {
        pass(&mut used, 1);
        most = most.max(draining(&used));
    }
    assert_eq!((most, super::desired(&used)), (1, 1));
}

#[test]
fn a_minimum_or_an_annotation_keeps_nodes() {
    let mut least = world("", "size: {min: 3, desired: 3, max: 6}", "");
    assert_eq!((pass(&mut least, 3_600), count(&least, is_candidate)), (3, 0));
    for (value, wanted) in [("true", 3), ("false", 1)] {
        let mut kept = world("", SIZE, "");
        annotate(&mut kept, "cluster-autoscaler.kubernetes.io/scale-down-disabled", value);
        assert_eq!(pass(&mut kept, 3_600), wanted, "{value}");
    }
}

#[test]
fn a_drain_that_fails_opens_the_node_whoever_closed_it() {
    for (cordon, wanted) in [("", 0), (", cordon: false", 1)] {
        // Its pods are said to be safe, so that only the drain finds that their budget allows nothing.
        let web = "
  - name: web
    namespace: shop
    replicas: 3
    cpu: 100m
    antiAffinity: {required: false}
    budget: {maxUnavailable: 0}
    annotations: {cluster-autoscaler.kubernetes.io/safe-to-evict: \"true\"}";
        let flags = format!(", unneededTime: 1m{cordon}");
        let mut world = world(&flags, "size: {min: 2, desired: 3, max: 6}", web);
        until(&mut world, 300, |world| closed(world).is_some());
        let node = closed(&world).unwrap();
        world.edit_node(node, |node| node.unschedulable = true);
        let failed = until(&mut world, 200, |world| closed(world).is_none());
        assert!((120..=130).contains(&failed), "{failed}");
        let cordoned = count(&world, |node| node.unschedulable);
        assert_eq!((super::desired(&world), cordoned), (3, wanted), "{cordon}");
        let said = &said(&world, "ScaleDownFailed");
        assert_eq!(said[0], "failed to delete pod for ScaleDown");
        assert!(
            said[1].starts_with("failed to drain and delete node: Failed to drain node /ip-"),
            "{said:?}"
        );
        // It is unneeded for the whole time again before the next try.
        let closes = |world: &World| world.store.nodes.get(node).is_some_and(is_closed);
        let again = until(&mut world, 400, closes);
        assert!(again > 60, "{again}");
    }
}

#[test]
fn a_node_that_got_pods_meanwhile_stays() {
    let mut world = world(", unneededTime: 1m, deleteDelay: 20s", "size: {min: 2, desired: 3, max: 6}", "");
    until(&mut world, 300, |world| closed(world).is_some());
    let node = closed(&world).unwrap();
    let name = world.store.nodes.get(node).unwrap().meta.name.clone();
    let object = serde_json::json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "late", "namespace": "default"},
        "spec": {"nodeName": &*name, "containers": [{"name": "c", "image": "i"}]},
    });
    world.act(Act::Cluster(api::Act::Create { object })).unwrap();
    pass(&mut world, 30);
    assert!(world.store.nodes.get(node).is_some_and(|node| !is_closed(node) && !node.unschedulable));
    let wanted = format!(
        "failed to drain and delete node: GetPodsToMove for \"{name}\" returned error: default/late is not replicated"
    );
    let said = said(&world, "ScaleDownFailed");
    assert_eq!(said, [wanted.replace("drain and delete", "delete empty")]);
}

#[test]
fn a_node_that_could_not_go_is_looked_at_again_after_five_minutes_only() {
    let mut world = world(", unneededTime: 1m", "size: {min: 2, desired: 3, max: 6}", WEB);
    let budget = |kept: i64| {
        serde_json::json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"maxUnavailable": kept, "selector": {"matchLabels": {"app.kubernetes.io/name": "web"}}},
        })
    };
    let none = replank_world::api::Act::Apply { object: budget(0) };
    world.act(Act::Cluster(none)).unwrap();
    until(&mut world, 120, |world| unremovable(world) == 3);
    world.act(Act::Cluster(replank_world::api::Act::Apply { object: budget(1) })).unwrap();
    let again = until(&mut world, 400, |world| count(world, is_candidate) > 0);
    assert!((280..=310).contains(&again), "{again}");
}
