//! Drains by hand: what leaves, what stays, and that budgets are shared by all nodes of one drain.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use replank_core::action::{ClusterAction, PodId};
use replank_core::names::{NodeName, ObjectName};
use replank_core::node_group::decide::{Evacuated, Evacuation, evacuate};
use replank_core::node_group::spec::Limits;
use replank_core::node_group::wait::On;
use replank_core::observed::{Answer, Observation, Read};
use replank_core::pod_rules::PodRules;

use crate::world::{at, uid, world};

const WORLD: &str = "
    group 3 max 3 zones a
    node n1 a cordoned
    node n2 a cordoned
    node n3 a cordoned
    pod web-1 on n1 budget web
    pod web-2 on n2 budget web
    pod web-3 on n3 budget web
    pod api-1 on n1
    pod log-1 on n1 daemon
    pod job-1 on n2 job succeeded
    budget web allowed 1 desired 2 healthy 3 expected 3
";

fn of(nodes: &[&str]) -> Evacuation {
    let until = at(0) + SignedDuration::from_mins(15);
    let nodes = nodes.iter().map(|name| (NodeName::new(*name), (at(0), Some(until)))).collect();
    Evacuation { nodes, rules: PodRules::default(), limits: Limits::default() }
}

fn evicted(evacuation: &Evacuation, text: &str) -> Vec<String> {
    let done = evacuate(evacuation, &world(text), at(0));
    let evicted = done.act.iter().map(|act| match act {
        ClusterAction::Evict { pod, .. } => pod.name.name.to_string(),
        other => panic!("a drain by hand only evicts, not {other:?}"),
    });
    evicted.collect()
}

#[test]
fn two_nodes_share_the_budget_and_other_nodes_are_left_alone() {
    assert_eq!(evicted(&of(&["n1", "n2"]), WORLD), ["api-1", "web-1", "job-1"]);
    let done = evacuate(&of(&["n1", "n2"]), &world(WORLD), at(0));
    let held = done.waits.iter().filter_map(|wait| match &wait.on {
        On::Budget(held) => Some((wait.node.as_ref().map(NodeName::as_str), &*held.pod.name)),
        _ => None,
    });
    assert_eq!(held.collect::<Vec<_>>(), [(Some("n2"), "web-2")]);
    let left: BTreeMap<&str, usize> = done.left.iter().map(|(node, left)| (node.as_str(), *left)).collect();
    assert_eq!(left, BTreeMap::from([("n1", 2), ("n2", 2)]));
}

/// The server takes the disruption when the eviction reaches it; what is seen of the budget may be from before.
#[test]
fn an_eviction_that_is_sent_counts_against_its_budget_until_it_is_seen() {
    let key = ClusterAction::Evict {
        pod: PodId { name: ObjectName::new("shop", "web-2"), uid: uid("web-2") },
        grace_seconds: None,
    }
    .key();
    let evicted = |seen: &Observation| -> Vec<String> {
        let done = evacuate(&of(&["n1", "n2"]), seen, at(1));
        let evicts = done.act.iter().filter_map(|act| match act {
            ClusterAction::Evict { pod, .. } => Some(pod.name.name.to_string()),
            _ => None,
        });
        evicts.collect()
    };
    let mut seen = world(WORLD);
    assert_eq!(evicted(&seen), ["api-1", "web-1", "job-1"]);
    seen.under_way.insert(key.clone());
    assert_eq!(evicted(&seen), ["api-1", "job-1"], "web-2 is being evicted");
    seen.under_way.clear();
    seen.answers.put(key.clone(), Answer::Done, at(0));
    assert_eq!(evicted(&seen), ["api-1", "job-1"], "web-2 was evicted, which is not seen yet");
    seen.answers.put(key, Answer::CannotTell("no answer".to_owned()), at(0));
    assert_eq!(evicted(&seen), ["api-1", "web-1", "job-1"]);
}

#[test]
fn only_what_belongs_to_the_node_may_be_left() {
    let drained =
        "group 1 max 1 zones a\n node n1 a cordoned\n pod log-1 on n1 daemon\n pod etcd on n1 mirror bare";
    let done = evacuate(&of(&["n1"]), &world(drained), at(0));
    assert_eq!(done.left.values().copied().collect::<Vec<_>>(), [0]);
    assert!(done.act.is_empty() && done.waits.is_empty());
}

#[test]
fn nothing_counts_as_drained_while_the_cluster_cannot_be_read() {
    let mut seen = world("group 1 max 1 zones a\n node n1 a");
    seen.cluster_read = Read::Unreadable { since: at(0), why: "refused".into() };
    let done = evacuate(&of(&["n1"]), &seen, at(1));
    assert_eq!(done.left.values().copied().collect::<Vec<_>>(), [1]);
    assert!(matches!(done.waits.as_slice(), [wait] if matches!(wait.on, On::Reading { .. })));
}

#[test]
fn a_node_that_somebody_opened_is_named_and_closed_again_before_anything_leaves_it() {
    let opened = |flags: &str, pods: &str| {
        let seen = world(&format!("group 2 max 2 zones a\n node n1 a {flags}\n node n2 a\n{pods}"));
        evacuate(&of(&["n1"]), &seen, at(10))
    };
    let acts = |done: &Evacuated| -> Vec<String> {
        let acts = done.act.iter().map(|act| match act {
            ClusterAction::Cordon { node, .. } => format!("cordon {node}"),
            ClusterAction::Evict { pod, .. } => format!("evict {}", pod.name.name),
            other => panic!("a drain by hand only cordons and evicts, not {other:?}"),
        });
        acts.collect()
    };
    let node = NodeName::new("n1");
    for (flags, on) in [
        ("by cluster-autoscaler", On::Uncordoned { by: Some("cluster-autoscaler".into()) }),
        // The cordon that comes first is not seen yet.
        ("", On::Cordon),
    ] {
        for pods in ["pod web-1 on n1", "pod log-1 on n1 daemon"] {
            let done = opened(flags, pods);
            assert_eq!(acts(&done), ["cordon n1"], "{flags}, {pods}");
            let waits: Vec<_> = done.waits.iter().map(|wait| (wait.node.clone(), &wait.on)).collect();
            assert_eq!(waits, [(Some(node.clone()), &on)], "{flags}, {pods}");
            assert!(!done.is_drained(&node), "{flags}, {pods}: new pods may come");
        }
    }
    let done = opened("cordoned by cluster-autoscaler", "pod web-1 on n1");
    assert_eq!((acts(&done), done.is_drained(&node)), (vec!["evict web-1".to_owned()], false));
    assert!(opened("cordoned", "pod log-1 on n1 daemon").is_drained(&node));
    // A cordon that was asked for a moment ago is given time to be seen.
    let mut seen = world("group 1 max 1 zones a\n node n1 a by kubectl");
    let cordon = ClusterAction::Cordon { node: node.clone(), uid: uid("n1") };
    seen.answers.put(cordon.key(), Answer::Done, at(8));
    assert_eq!(acts(&evacuate(&of(&["n1"]), &seen, at(10))), Vec::<String>::new());
    assert_eq!(acts(&evacuate(&of(&["n1"]), &seen, at(13))), ["cordon n1"]);
}

#[test]
fn the_cloud_is_not_looked_at() {
    let mut seen = world(WORLD);
    seen.cloud_read = Read::Never;
    seen.group = None;
    let done = evacuate(&of(&["n3"]), &seen, at(0));
    assert_eq!(done.act.len(), 1);
}
