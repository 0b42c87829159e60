//! Who and what stands beside an update: autoscalers, nodes that only call themselves the group's, pods that keep their
//! nodes from autoscalers. Named from the first turn on, in previews too, and nothing else follows from it.

use std::collections::BTreeMap;

use replank_core::names::{InstanceId, NodeName};
use replank_core::node_group::decide::decide;
use replank_core::node_group::plan::plan;
use replank_core::node_group::problem::Problem;
use replank_core::node_group::rollout::Rollout;
use replank_core::observed::{Autoscaler, AutoscalerKind, Node, Observation, Running};

use crate::runs::SHOP;
use crate::world::{at, paces, spec, world};

/// A node that carries the group's label, behind an instance that the group never had.
fn foreign_node(seen: &Observation, name: &str) -> Node {
    let (_, member) = seen.members.iter().find(|(_, member)| member.node.is_some()).unwrap();
    let (name, instance) = (NodeName::new(name), InstanceId::new(format!("i-elsewhere-{name}")));
    Node { name, instance, ..member.node.clone().unwrap() }
}

/// What the first turn and a plan name, which is the same.
fn named(seen: &Observation) -> Vec<Problem> {
    let decided = decide(&Rollout::new(spec(), at(0)), seen, at(0)).problems;
    assert_eq!(plan(spec(), seen, at(0), paces(), &BTreeMap::new()).beside, decided);
    decided
}

#[test]
fn nodes_that_no_instance_of_the_group_is_are_named() {
    let mut seen = world(SHOP);
    assert_eq!(named(&seen), []);
    for name in ["z", "y"] {
        let node = foreign_node(&seen, name);
        seen.members.put_node(node);
    }
    let nodes = vec!["y".into(), "z".into()];
    assert_eq!(named(&seen), [Problem::NotInGroup { nodes, count: 2 }]);
    for number in 10..30 {
        let node = foreign_node(&seen, &format!("n{number}"));
        seen.members.put_node(node);
    }
    let [Problem::NotInGroup { nodes, count }] = &named(&seen)[..] else { panic!("{:?}", named(&seen)) };
    assert_eq!((nodes.len(), *count), (10, 22));
}

#[test]
fn a_node_before_or_after_its_instance_is_not_foreign() {
    let mut seen = world(SHOP);
    let node = foreign_node(&seen, "y");
    // The cloud was read before the instance was there.
    seen.members.put_node(Node { ready_since: Some(at(-59)), ..node.clone() });
    assert_eq!(named(&seen), []);
    seen.members.put_node(Node { ready_since: Some(at(-60)), ..node.clone() });
    assert_eq!(named(&seen).len(), 1);
    // Its kubelet went with its instance.
    seen.members.put_node(Node { ready_since: None, unreachable: true, ..node.clone() });
    assert_eq!(named(&seen), []);
    seen.members.put_node(Node { ready_since: None, ..node.clone() });
    assert_eq!(named(&seen).len(), 1, "one without a kubelet was made by hand");
    seen.members.remove_node(&node.name, None);
    assert_eq!(named(&seen), []);
    // It was in the group, whether its end was seen or only heard of.
    let (id, member) = seen.members.iter().next().map(|(id, it)| (id.clone(), it.clone())).unwrap();
    seen.members.remove_instance(&id);
    assert!(seen.members.get(&id).is_some() && member.node.is_some());
    seen.members.remove_instance(&node.instance);
    seen.members.put_node(node);
    assert_eq!(named(&seen), []);
}

#[test]
fn a_foreign_node_stays_one_when_the_cloud_is_read_anew() {
    let mut seen = world(SHOP);
    let node = foreign_node(&seen, "y");
    seen.members.put_node(node.clone());
    // Whoever lists anew first takes every member's instance away.
    seen.members.remove_instance(&node.instance);
    assert_eq!(named(&seen).len(), 1);
}

#[test]
fn an_autoscaler_is_named_and_nothing_else_follows() {
    let mut seen = world(SHOP);
    let before = decide(&Rollout::new(spec(), at(0)), &seen, at(0));
    let autoscaler = Autoscaler {
        kind: AutoscalerKind::ClusterAutoscaler,
        deployment: None,
        running: Running::CannotTell,
        evidence: Vec::new(),
    };
    seen.autoscalers = vec![autoscaler.clone()];
    assert_eq!(named(&seen), [Problem::Autoscaler(autoscaler)]);
    let after = decide(&Rollout::new(spec(), at(0)), &seen, at(0));
    assert_eq!((before.record, before.act, before.waits), (after.record, after.act, after.waits));
}

#[test]
fn a_preview_names_pods_that_keep_their_node_from_autoscalers() {
    let seen = world(
        "group 2 max 2 zones a\n node n1 a old\n node n2 a new\n pod report-1 on n1 keeps-node\n \
         pod done-1 on n1 keeps-node succeeded\n pod web-1 on n1\n pod report-2 on n2 keeps-node",
    );
    let shown = plan(spec(), &seen, at(0), paces(), &BTreeMap::new());
    let pods = vec![replank_core::names::ObjectName::new("shop", "report-1")];
    assert_eq!(shown.beside, [Problem::KeepNodes { pods, count: 1 }]);
    assert_eq!(decide(&Rollout::new(spec(), at(0)), &seen, at(0)).problems, [], "an update moves them");
}
