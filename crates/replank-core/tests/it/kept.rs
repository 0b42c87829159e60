//! New nodes are kept from autoscalers while they could be taken for idle, and given back to them at the end.

use std::collections::BTreeSet;

use replank_core::action::{ActionKey, Marking};
use replank_core::names::InstanceId;
use replank_core::node_group::decide::decide;
use replank_core::node_group::event::{Event, Fact};
use replank_core::node_group::phase::Phase;
use replank_core::node_group::project::Projection;
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::spec::Strategy;
use replank_core::observed::{Answer, Node, Observation};

use crate::runs::{SHOP, finish, step, tell};
use crate::table::upgrading;
use crate::world::{at, paces, spec, world};

fn new_nodes(seen: &Observation) -> Vec<Node> {
    let ids = seen.members.of(|class| class.version == 2 && class.joined);
    ids.filter_map(|id| seen.members.get(id)?.node.clone()).collect()
}

fn ours(seen: &Observation) -> u32 {
    seen.members.count(|class| class.marks.our_keep)
}

#[test]
fn every_new_node_is_kept_until_the_update_ends_however_it_ends() {
    for strategy in [Strategy::Default, Strategy::Minimal] {
        for cancelled in [false, true] {
            let mut world = Projection::new(world(SHOP), at(0), paces(), BTreeSet::new());
            let mut rollout =
                Rollout::new(replank_core::node_group::spec::Spec { strategy, ..spec() }, at(0));
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
    world.seen.members.put_node(persons.clone());
    // A person took this one's away; the note of the update is still there.
    world.seen.members.put_node(Node { kept: false, ..nodes[1].clone() });
    step(&mut rollout, &mut world);
    assert!(!world.seen.members.node(&nodes[1].name).unwrap().kept, "it is not set anew");
    finish(rollout, &mut world);
    assert_eq!(ours(&world.seen), 0);
    let left = world.seen.members.node(&persons.name);
    assert!(left.is_none_or(|node| node.kept), "it is the person's");
}

#[test]
fn an_update_does_not_end_while_a_node_may_still_turn_out_to_be_kept() {
    let mut rollout = upgrading(spec());
    let instance = InstanceId::new("i-n1");
    for fact in [Fact::Gone { instance: instance.clone() }, Fact::Entered { phase: Phase::ScaleDown }] {
        rollout.apply(&Event { at: at(100), fact }).unwrap();
    }
    let keep = Marking { keep: Some(true), ..Marking::default() };
    let ends = |answer: Option<Answer>, second| {
        let mut seen = world("group 1 max 1 zones a pointed\n node n2 a new");
        let new = InstanceId::new("i-n2");
        seen.members.note_joined([&new]);
        let key = ActionKey::Mark(new, keep);
        answer.into_iter().for_each(|answer| seen.answers.put(key.clone(), answer, at(110)));
        let record = decide(&rollout, &seen, at(second)).record;
        record.iter().any(|event| matches!(event.fact, Fact::Finished { .. }))
    };
    for answer in [Answer::Done, Answer::CannotTell("no answer".into())] {
        assert!(!ends(Some(answer.clone()), 169) && ends(Some(answer), 170));
    }
    assert!(!ends(None, 159) && ends(None, 160), "after a restart");
    assert!(ends(Some(Answer::Impossible("no".into())), 160), "it is known not to be marked");
}
