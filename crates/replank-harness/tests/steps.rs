//! How finely somebody lets time pass never changes what happens.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected shall stop there")]

use replank_harness::story::{Story, random};
use replank_rehearsal::session::{Definition, Session};
use replank_world::act::Act;
use replank_world::event_log::Event;
use replank_world::time::{Span, Time};
use replank_world::world::World;

/// Every event of a world in which two machines die, advanced in such steps.
fn happened(seed: u64, step: Span) -> Vec<Event> {
    let spec = Story::read("random world", &random::world(seed)).unwrap().world;
    let definition = Definition { spec, world_file: None, manifests: Vec::new(), replaces_workloads: false };
    let session = Session::new(definition).unwrap();
    let mut world = session.world.lock();
    world.events.routine = true;
    let start = world.now;
    for seconds in [60, 200] {
        pass(&mut world, start + Span::secs(seconds), step);
        let node = world.store.nodes.iter().next().map(|(_, node)| node.meta.name.clone());
        if let Some(node) = node {
            world.act(Act::NodeDies { node }).unwrap();
        }
    }
    pass(&mut world, start + Span::secs(900), step);
    world.events.iter().cloned().collect()
}

fn pass(world: &mut World, until: Time, step: Span) {
    while world.now < until {
        let next = (world.now + step).min(until);
        world.advance_to(next);
    }
}

#[test]
fn steps_change_nothing() {
    let mut count = 0;
    for seed in 1..=6 {
        let at_once = happened(seed, Span::secs(3_600));
        count += at_once.len();
        for step in [Span::millis(100), Span::millis(3_333)] {
            assert_eq!(at_once, happened(seed, step), "seed {seed}, steps of {step:?}");
        }
    }
    assert!(count > 100, "only {count} events");
}
