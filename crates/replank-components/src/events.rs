//! Cases of the event log of a world in which something acts.

use crate::kubelet::tests::{at, node, world};
use replank_world::act::Act;
use replank_world::api::{self, NodePatch};
use replank_world::event_log::{KEPT_MAX, Severity};
use replank_world::store::Ref;

#[test]
fn what_repeats_is_counted_and_the_oldest_go_first() {
    let mut world = world();
    let about = Ref::Node(node(&mut world, "n", "a"));
    for (seconds, message) in [(1, "one"), (2, "two"), (3, "one")] {
        world.advance_to(at(seconds));
        world.record(about, Severity::Normal, "test", "Said", message);
    }
    let said = |world: &replank_world::world::World| {
        let said = world.events.about(about);
        said.map(|event| (event.message.to_string(), event.count, event.first, event.last))
            .collect::<Vec<_>>()
    };
    assert_eq!(said(&world), [("one".into(), 2, at(1), at(3)), ("two".into(), 1, at(2), at(2))]);
    for number in 0..KEPT_MAX {
        world.record(about, Severity::Normal, "test", "Said", number.to_string());
    }
    assert_eq!(world.events.iter().count(), KEPT_MAX);
    world.record(about, Severity::Normal, "test", "Said", "one");
    world.record(about, Severity::Normal, "test", "Said", "5");
    let last = said(&world);
    assert_eq!(last.last(), Some(&("one".into(), 1, at(3), at(3))));
    let five = last.iter().find(|(message, ..)| message == "5");
    assert_eq!(five.map(|(_, count, ..)| *count), Some(2));
}

#[test]
fn routine_is_said_only_when_wished_for() {
    for (routine, wanted) in [(false, 0), (true, 1)] {
        let mut world = world();
        world.events.routine = routine;
        let about = Ref::Node(node(&mut world, "n", "a"));
        world.record_routine(about, "kubelet", "Pulled", |_| "Pulled image".to_owned());
        assert_eq!(world.events.iter().count(), wanted);
    }
}

#[test]
fn who_may_place_pods_on_a_node_is_said_when_it_changes() {
    let mut world = world();
    world.events.routine = true;
    node(&mut world, "n", "a");
    for on in [true, true, false] {
        let patch = NodePatch { unschedulable: Some(on), ..NodePatch::default() };
        world.act(Act::Cluster(api::Act::PatchNode { name: "n".into(), uid: None, patch })).unwrap();
    }
    let said: Vec<_> = world.events.iter().map(|event| (event.reason, &*event.message)).collect();
    let wanted = [
        ("NodeNotSchedulable", "Node n status is now: NodeNotSchedulable"),
        ("NodeSchedulable", "Node n status is now: NodeSchedulable"),
    ];
    assert_eq!(said, wanted);
}
