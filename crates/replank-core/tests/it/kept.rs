//! New nodes are kept from autoscalers while they could be taken for idle, and given back to them at the end.

use std::collections::BTreeSet;

use replank_core::event::Fact;
use replank_core::observed::{Node, Observation};
use replank_core::project::Projection;
use replank_core::rollout::{Phase, Rollout};
use replank_core::spec::Strategy;

use crate::runs::{SHOP, finish, step, tell};
use crate::world::{at, paces, spec, world};

fn new_nodes(seen: &Observation) -> Vec<Node> {
    let ids = seen.fleet.of(|class| class.version == 2 && class.joined);
    ids.filter_map(|id| seen.fleet.get(id)?.node.clone()).collect()
}

fn ours(seen: &Observation) -> u32 {
    seen.fleet.count(|class| class.marks.our_keep)
}

#[test]
fn every_new_node_is_kept_until_the_update_ends_however_it_ends() {
    for strategy in [Strategy::Default, Strategy::Minimal] {
        for cancelled in [false, true] {
            let mut world = Projection::new(world(SHOP), at(0), paces(), BTreeSet::new());
            let mut rollout = Rollout::new(replank_core::spec::Spec { strategy, ..spec() }, at(0));
            while rollout.phase() != Phase::Upgrade || rollout.replaced() < 2 {
                step(&mut rollout, &mut world);
            }
            let mut kept = new_nodes(&world.seen);
            kept.retain(|node| node.ready_since.is_some_and(|since| since < world.now));
            assert!(!kept.is_empty() && kept.iter().all(|node| node.kept && node.ours.keep), "{strategy:?}");
            if cancelled {
                let (give_back, restore_target, keep_new) = (true, true, false);
                tell(&mut rollout, &world, Fact::Cancelled { give_back, restore_target, keep_new });
            }
            finish(rollout, &mut world);
            assert_eq!(ours(&world.seen), 0, "{strategy:?} cancelled {cancelled}");
            assert!(new_nodes(&world.seen).iter().all(|node| !node.kept));
        }
    }
}

#[test]
fn what_a_person_keeps_or_lets_go_stays_so() {
    let mut world = Projection::new(world(SHOP), at(0), paces(), BTreeSet::new());
    let mut rollout = Rollout::new(spec(), at(0));
    while rollout.phase() != Phase::Upgrade {
        step(&mut rollout, &mut world);
    }
    let nodes = new_nodes(&world.seen);
    let mut persons = nodes[0].clone();
    persons.ours.keep = false;
    world.seen.fleet.put_node(persons.clone());
    // A person took this one's away; the note of the update is still there.
    world.seen.fleet.put_node(Node { kept: false, ..nodes[1].clone() });
    step(&mut rollout, &mut world);
    assert!(!world.seen.fleet.node(&nodes[1].name).unwrap().kept, "it is not set anew");
    finish(rollout, &mut world);
    assert_eq!(ours(&world.seen), 0);
    let left = world.seen.fleet.node(&persons.name);
    assert!(left.is_none_or(|node| node.kept), "it is the person's");
}
