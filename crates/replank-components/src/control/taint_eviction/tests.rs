//! Who leaves a tainted node, and when.

use std::sync::Arc;

use super::{Stay, stay};
use crate::kubelet::tests::{at, node, pod, world};
use replank_world::object::PodSpec;
use replank_world::store::{PodId, Ref};
use replank_world::time::Span;
use replank_world::vocab::taint::{Effect, Taint, Toleration};
use replank_world::world::World;

fn taint(key: &str) -> Taint {
    Taint::new(key, "", Effect::NoExecute)
}

fn tolerates(key: Option<&str>, seconds: Option<i64>) -> Toleration {
    Toleration { key: key.map(Arc::from), value: None, effect: Some(Effect::NoExecute), seconds }
}

#[test]
fn the_shortest_toleration_used_counts() {
    let secs = |seconds| Stay::For(Span::secs(seconds));
    let rows = [
        ("no taint", vec![], vec![], Stay::Forever),
        ("no toleration", vec!["a"], vec![], Stay::Not),
        ("another key", vec!["a"], vec![tolerates(Some("b"), None)], Stay::Not),
        ("for ever", vec!["a"], vec![tolerates(Some("a"), None)], Stay::Forever),
        ("any key", vec!["a", "b"], vec![tolerates(None, None)], Stay::Forever),
        ("a time", vec!["a"], vec![tolerates(Some("a"), Some(300))], secs(300)),
        ("no time", vec!["a"], vec![tolerates(Some("a"), Some(0))], Stay::Not),
        ("less than none", vec!["a"], vec![tolerates(Some("a"), Some(-5))], Stay::Not),
        (
            "two taints",
            vec!["a", "b"],
            vec![tolerates(Some("a"), Some(300)), tolerates(Some("b"), Some(20))],
            secs(20),
        ),
        ("one of two", vec!["a", "b"], vec![tolerates(Some("a"), Some(300))], Stay::Not),
        (
            "unused",
            vec!["a"],
            vec![tolerates(Some("a"), Some(300)), tolerates(Some("b"), Some(20))],
            secs(300),
        ),
        (
            "the first that fits",
            vec!["a"],
            vec![tolerates(Some("a"), Some(300)), tolerates(None, Some(20))],
            secs(300),
        ),
    ];
    for (what, taints, tolerations, wanted) in rows {
        let taints: Vec<Taint> = taints.into_iter().map(taint).collect();
        assert_eq!(stay(&taints, &tolerations), wanted, "{what}");
    }
}

/// A pod that tolerates `a` for this long on a node, at second 10.
fn setting(seconds: Option<i64>) -> (World, replank_world::store::NodeId, PodId) {
    let mut world = world();
    let node = node(&mut world, "n", "a");
    let tolerations = vec![tolerates(Some("a"), seconds)];
    let pod =
        pod(&mut world, "p", Some(node), PodSpec { tolerations, grace_seconds: 30, ..PodSpec::default() });
    world.advance_to(at(10));
    (world, node, pod)
}

fn said(world: &World, pod: PodId) -> Vec<&str> {
    world.events.about(Ref::Pod(pod)).map(|event| &*event.message).collect()
}

#[test]
fn a_tolerated_time_runs_from_the_first_look_and_ends_in_a_plain_deletion() {
    let (mut world, node, pod) = setting(Some(20));
    world.edit_node(node, |node| node.taints.push(taint("a")));
    world.advance_to(at(15));
    world.edit_node(node, |node| node.taints[0].value = Arc::from("changed"));
    world.advance_to(at(29));
    assert!(!world.store.pods.get(pod).unwrap().terminating());
    world.advance_to(at(30));
    let going = world.store.pods.get(pod).unwrap();
    assert_eq!((going.disruption, going.terminating()), (Some("DeletionByTaintManager"), true));
    assert_eq!(going.meta.deletion.map(|deletion| deletion.grace_seconds), Some(30));
    assert_eq!(said(&world, pod), ["Marking for deletion Pod default/p"]);
}

#[test]
fn a_taint_that_goes_spares_the_pod() {
    let (mut world, node, pod) = setting(Some(20));
    world.edit_node(node, |node| node.taints.push(taint("a")));
    world.advance_to(at(29));
    world.edit_node(node, |node| node.taints.clear());
    world.advance_to(at(100));
    assert!(!world.store.pods.get(pod).unwrap().terminating());
    assert_eq!(said(&world, pod), ["Cancelling deletion of Pod default/p"]);
}

#[test]
fn a_taint_nobody_tolerates_empties_the_node_and_whoever_comes_later() {
    let (mut world, node, one) = setting(None);
    world.edit_node(node, |node| node.taints.push(taint("a")));
    world.advance_to(at(20));
    assert!(!world.store.pods.get(one).unwrap().terminating());
    world.edit_node(node, |node| node.taints.push(taint("b")));
    world.advance_to(at(21));
    assert!(world.store.pods.get(one).unwrap().terminating());
    let two = pod(&mut world, "q", Some(node), PodSpec { grace_seconds: 30, ..PodSpec::default() });
    world.advance_to(at(22));
    assert!(world.store.pods.get(two).is_none_or(replank_world::object::Pod::terminating));
}
