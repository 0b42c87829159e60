//! What the taints and conditions of nodes go through.

use crate::kubelet::tests::{at, node, pod, seed, world};
use crate::kubelet::{instance_gone, kill_kubelet, register_node, revive_kubelet};
use replank_world::object::{NodeReady, PodSpec};
use replank_world::store::{NodeId, Ref};
use replank_world::time::{Span, Time};
use replank_world::vocab::taint::{Effect, Taint, Toleration, UNSCHEDULABLE};
use replank_world::world::World;

/// The taints of a node, in one line.
fn taints(world: &World, id: NodeId) -> String {
    let Some(node) = world.store.nodes.get(id) else { return "gone".to_owned() };
    let texts = node.taints.iter().map(|taint| {
        let key = taint.key.rsplit('/').next().unwrap_or_default();
        format!("{key}:{}", taint.effect.as_str())
    });
    texts.collect::<Vec<_>>().join(" ")
}

/// The first second, tenth by tenth, at which this holds; looks until `until`.
fn when(world: &mut World, until: i64, holds: impl Fn(&World) -> bool) -> Option<f64> {
    let start = world.now;
    while world.now < at(until) {
        if holds(world) {
            return Some((world.now - start).0 as f64 / 1e6);
        }
        world.advance_to(world.now + Span::millis(100));
    }
    None
}

#[test]
fn taints_follow_the_cordon_and_foreign_ones_stay() {
    let no_schedule = |key| Taint::new(key, "", Effect::NoSchedule);
    let stale = Taint::new("node.kubernetes.io/disk-pressure", "", Effect::NoSchedule);
    // Cordoned, taints before, taints after.
    let rows = [
        (true, vec![], "unschedulable:NoSchedule"),
        (false, vec![], ""),
        (false, vec![no_schedule(UNSCHEDULABLE)], ""),
        (true, vec![no_schedule(UNSCHEDULABLE)], "unschedulable:NoSchedule"),
        (true, vec![no_schedule("example.com/mine")], "mine:NoSchedule unschedulable:NoSchedule"),
        (false, vec![stale, no_schedule("example.com/mine")], "mine:NoSchedule"),
        (false, vec![Taint::new(UNSCHEDULABLE, "", Effect::NoExecute)], "unschedulable:NoExecute"),
    ];
    for (cordoned, before, after) in rows {
        let mut world = world();
        let node = node(&mut world, "n", "a");
        world.advance_to(at(1));
        world.edit_node(node, |node| {
            node.unschedulable = cordoned;
            node.taints.clone_from(&before);
        });
        let version = world.store.changes.version;
        world.advance_to(Time(at(1).0 + 6_999));
        assert_eq!(world.store.changes.version, version, "the controller takes its time");
        world.advance_to(at(2));
        assert_eq!(taints(&world, node), after, "{cordoned} {before:?}");
    }
}

#[test]
fn a_joining_node_loses_its_taint_at_once_and_the_other_at_the_next_round() {
    let mut world = world();
    node(&mut world, "old", "a");
    let node = register_node(&mut world, seed("n", "a"));
    world.advance_to(at(9));
    assert_eq!(taints(&world, node), "not-ready:NoSchedule not-ready:NoExecute");
    world.advance_to(Time(at(10).0 + 8_000));
    assert_eq!(taints(&world, node), "not-ready:NoExecute");
    world.advance_to(at(15));
    assert_eq!(taints(&world, node), "");
}

#[test]
fn a_silent_node_becomes_unknown_and_its_pods_are_not_ready() {
    let mut world = world();
    node(&mut world, "well", "a");
    let node = node(&mut world, "n", "a");
    let tolerations = vec![Toleration { key: None, value: None, effect: None, seconds: None }];
    let pod = pod(&mut world, "p", Some(node), PodSpec { tolerations, ..PodSpec::default() });
    world.advance_to(at(100));
    kill_kubelet(&mut world, node);
    let unknown =
        |world: &World| world.store.nodes.get(node).is_some_and(|node| node.ready == NodeReady::Unknown);
    let after = when(&mut world, 300, unknown).expect("it becomes Unknown");
    assert!((40.0..=55.1).contains(&after), "{after}");
    assert!(!world.store.pods.get(pod).unwrap().ready.is);
    world.advance_to(world.now + Span::secs(1));
    assert_eq!(taints(&world, node), "unreachable:NoSchedule unreachable:NoExecute");
    let said: Vec<&str> = world.events.about(Ref::Node(node)).map(|event| event.reason).collect();
    assert_eq!(said, ["NodeNotReady"]);
    revive_kubelet(&mut world, node);
    world.advance_to(world.now + Span::secs(6));
    assert_eq!(taints(&world, node), "");
    assert!(world.store.pods.get(pod).unwrap().ready.is);
}

#[test]
fn nodes_are_given_up_as_fast_as_their_zone_allows() {
    // Well and silent nodes in zone a, the same in zone b; how many of a are given up five, 25 and 500 s later.
    let rows = [
        ((10, 3), (1, 0), [1, 3, 3]),
        ((1, 3), (1, 0), [0, 0, 0]),
        ((20, 60), (1, 0), [1, 1, 5]),
        ((0, 3), (1, 0), [1, 3, 3]),
        ((0, 3), (0, 2), [0, 0, 0]),
    ];
    for (a, b, wanted) in rows {
        let mut world = world();
        let mut silent = Vec::new();
        for (zone, (well, ill)) in [("a", a), ("b", b)] {
            for number in 0..well {
                node(&mut world, &format!("{zone}-well-{number}"), zone);
            }
            silent.extend((0..ill).map(|number| node(&mut world, &format!("{zone}-ill-{number}"), zone)));
        }
        world.advance_to(at(100));
        // All at the same round: their last heartbeats lie together.
        for id in &silent {
            world.store.nodes.get_mut(*id).unwrap().alive = false;
            super::heartbeats_stop(&mut world, *id, Span::ZERO);
        }
        let first = |world: &World| {
            silent.iter().all(|id| world.store.nodes.get(*id).unwrap().ready == NodeReady::Unknown)
        };
        when(&mut world, 300, first).expect("all become Unknown");
        let start = world.now;
        let given_up = wanted.iter().zip([5, 25, 500]).map(|(_, seconds)| {
            world.advance_to(start + Span::secs(seconds));
            let a = silent.iter().filter(|id| &*world.store.nodes.get(**id).unwrap().zone == "a");
            a.filter(|id| taints(&world, **id).contains("NoExecute")).count()
        });
        assert_eq!(given_up.collect::<Vec<_>>(), wanted, "{a:?} {b:?}");
    }
}

#[test]
fn a_node_without_instance_is_deleted_once_it_is_not_ready() {
    // Whether it was Ready, and from when to when it is deleted.
    for (was_ready, low, high) in [(true, 40.0, 60.1), (false, 0.0, 5.1)] {
        let mut world = world();
        node(&mut world, "well", "a");
        let node = register_node(&mut world, seed("n", "a"));
        world.advance_to(at(if was_ready { 20 } else { 5 }));
        instance_gone(&mut world, "i-n");
        let gone = |world: &World| world.store.nodes.get(node).is_none();
        let after = when(&mut world, 300, gone).expect("it is deleted");
        assert!((low..=high).contains(&after), "{was_ready} {after}");
        assert_eq!(world.store.index.by_instance.get("i-n"), None);
        let said: Vec<&str> = world.events.about(Ref::Node(node)).map(|event| event.reason).collect();
        assert_eq!(said.last(), Some(&"RemovingNode"), "{said:?}");
    }
    let mut world = world();
    let node = node(&mut world, "n", "a");
    kill_kubelet(&mut world, node);
    world.advance_to(at(1_000));
    assert_eq!(taints(&world, node), "unreachable:NoSchedule");
}
