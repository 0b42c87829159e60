//! Whole updates on the projected world: phases, sizes, order, failures, what persons ask for on the way.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use replank_core::node_group::decide::decide;
use replank_core::node_group::decision::Decision;
use replank_core::node_group::event::{Event, Fact};
use replank_core::node_group::phase::Phase;
use replank_core::node_group::plan::{Plan, plan};
use replank_core::node_group::problem::{FailureCode, KeptBecause, Outcome};
use replank_core::node_group::project::{Paces, Projection};
use replank_core::node_group::rollout::{Rollout, note_joined};
use replank_core::node_group::spec::{Batch, Guard, Increment, Order, Spec, Strategy};
use replank_core::node_group::wait::On;
use replank_core::observed::Observation;
use replank_core::sizes::Sizes;

use crate::world::{at, content, paces, spec, world};

pub(crate) const SHOP: &str = "
    group 3 max 3 zones a,b,c
    node n1 a old
    node n2 b old
    node n3 c old
    pod ds-1 on n1 daemon
    pod ds-2 on n2 daemon
    pod ds-3 on n3 daemon
    pod web-1 on n1 budget web
    pod web-2 on n2 budget web
    pod web-3 on n3 budget web
    pod db-0 on n1 stateful
    budget web allowed 1 healthy 3 desired 2 expected 3";

fn show(spec: Spec, seen: &Observation) -> Plan {
    plan(spec, seen, at(0), paces(), &BTreeMap::new())
}

#[test]
fn a_calm_group_goes_through_the_four_phases_and_comes_home() {
    let shown = show(spec(), &world(SHOP));
    let phases: Vec<Phase> = shown.phases.iter().map(|(phase, _)| *phase).collect();
    assert_eq!(
        phases,
        [Phase::Setup, Phase::ScaleUp, Phase::Guard, Phase::Upgrade, Phase::ScaleDown],
        "{:?}",
        shown.failure
    );
    assert_eq!(shown.end.unwrap().outcome, Outcome::Succeeded);
    assert_eq!(shown.peak, 6);
    // Three nodes more from the launch to the scale down, which takes them one by one.
    assert!(shown.extra_node_time > SignedDuration::ZERO && shown.extra_node_time < shown.total * 3);
    assert_eq!(shown.order.len(), 3);
    assert_eq!(shown.measured.unwrap().increment, 3);
}

#[test]
fn the_smallest_strategy_never_grows_the_group() {
    let shown = show(Spec { strategy: Strategy::Minimal, ..spec() }, &world(SHOP));
    assert_eq!(shown.end.unwrap().outcome, Outcome::Succeeded);
    assert_eq!((shown.peak, shown.extra_node_time), (3, SignedDuration::ZERO));
    assert!(shown.phases.iter().all(|(phase, _)| *phase != Phase::ScaleUp));
}

#[test]
fn an_empty_group_is_done_at_once() {
    let shown = show(spec(), &world("group 0 max 3 zones a,b min 0"));
    assert_eq!(shown.end.unwrap().outcome, Outcome::Succeeded);
    assert_eq!(shown.peak, 0);
    assert!(shown.total < SignedDuration::from_secs(1), "{:?}", shown.total);
}

#[test]
fn nodes_that_already_run_the_target_are_left_alone() {
    let text = "group 3 max 3 zones a,b,c pointed\n node n1 a new\n node n2 b new\n node n3 c old";
    let shown = show(spec(), &world(text));
    assert_eq!(shown.end.unwrap().outcome, Outcome::Succeeded);
    assert_eq!(shown.order.iter().map(ToString::to_string).collect::<Vec<_>>(), ["n3"]);
    assert_eq!(shown.measured.unwrap().increment, 3, "zone c has no new node yet");
}

#[test]
fn a_retry_asks_for_no_more_than_the_failed_run_raised_already() {
    let text = "group 6 max 6 zones a,b,c pointed
        node n1 a new\n node n2 b new\n node n3 c new\n node n4 a old\n node n5 b old\n node n6 c old";
    let original = Sizes { min: 1, desired: 3, max: 3 };
    let shown = show(Spec { inherited: Some(original), ..spec() }, &world(text));
    let measured = shown.measured.unwrap();
    assert_eq!((measured.original, measured.increment), (original, 3));
    let end = shown.end.unwrap();
    assert_eq!((end.outcome, end.unrestored, end.kept), (Outcome::Succeeded, None, None));
}

#[test]
fn every_order_takes_every_old_node_once() {
    for order in [Order::Random, Order::ZoneByZone, Order::Oldest, Order::Emptiest] {
        for guard in [Guard::Taint, Guard::Cordon] {
            for increment in [Increment::Smallest, Increment::Ceiling] {
                let shown = show(Spec { order, guard, increment, ..spec() }, &world(SHOP));
                let mut nodes: Vec<_> = shown.order.iter().map(ToString::to_string).collect();
                nodes.sort();
                assert_eq!(nodes, ["n1", "n2", "n3"], "{order:?} {guard:?} {increment:?}");
                assert_eq!(shown.end.unwrap().outcome, Outcome::Succeeded);
            }
        }
    }
}

#[test]
fn the_orders_are_what_they_say() {
    let text = "group 3 max 3 zones a,b
        node n1 b old launched 30\n node n2 a old launched 20\n node n3 a old launched 10
        pod w-1 on n2\n pod w-2 on n2\n pod w-3 on n1\n pod w-4 on n3\n pod w-5 on n3\n pod w-6 on n3";
    let first = |order| {
        let shown = show(Spec { order, ..spec() }, &world(text));
        shown.order.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(first(Order::Oldest), ["n3", "n2", "n1"]);
    assert_eq!(first(Order::Emptiest), ["n1", "n2", "n3"]);
    assert_eq!(first(Order::ZoneByZone)[2], "n1");
    let orders: BTreeSet<_> = (0..40)
        .map(|seed| {
            show(Spec { seed, ..spec() }, &world(SHOP))
                .order
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(orders.len() >= 4, "random picks depend on the seed: {orders:?}");
}

#[test]
fn a_budget_that_never_allows_fails_the_update_and_leaves_a_clean_group() {
    let text = "group 2 max 2 zones a,b\n node n1 a old\n node n2 b old
        pod cart-0 on n1 budget cart\n budget cart allowed 0 healthy 1 desired 1 expected 1";
    let seen = world(text);
    let mut world = Projection::new(seen, at(0), paces(), BTreeSet::new());
    let rollout = finish(Rollout::new(spec(), at(0)), &mut world);
    let failure = rollout.failure().unwrap();
    assert_eq!(failure.code, FailureCode::PodEvictionFailure);
    assert_eq!(failure.resources, ["n1"]);
    assert_eq!(rollout.end().unwrap().outcome, Outcome::Failed);
    for (_, member) in world.seen.members.iter() {
        let node = member.node.as_ref().unwrap();
        assert!(!node.guarded && !node.cordoned && !node.excluded, "marks left on {}", node.name);
    }
    let sizes = world.seen.group.unwrap().sizes;
    assert_eq!(
        (sizes.desired, sizes.max),
        (2, 2),
        "old nodes that drain politely make room for the new ones"
    );
}

#[test]
fn force_deletes_what_would_not_leave_and_only_after_the_limit() {
    let text = "group 1 max 1 zones a\n node n1 a old
        pod cart-0 on n1 budget cart\n budget cart allowed 0 healthy 1 desired 1 expected 1";
    let shown = show(Spec { force: true, ..spec() }, &world(text));
    assert_eq!(shown.end.unwrap().outcome, Outcome::Succeeded);
    assert!(shown.total > SignedDuration::from_mins(15));
}

#[test]
fn what_cannot_be_drained_from_the_surplus_is_kept_and_said() {
    let text =
        "group 1 max 2 zones a\n node n1 a old\n pod cart-0 on n1 budget cart\n pod cart-1 on n1 budget cart
        budget cart allowed 1 healthy 2 desired 1 expected 2";
    let seen = world(text);
    let mut world = Projection::new(seen, at(0), paces(), BTreeSet::new());
    let mut rollout = Rollout::new(spec(), at(0));
    let mut tightened = false;
    while rollout.phase() != Phase::Done {
        step(&mut rollout, &mut world);
        if rollout.phase() == Phase::ScaleDown && !tightened {
            let mut budget = world.seen.pods.budgets().next().unwrap().clone();
            (budget.desired, budget.allowed) = (2, 0);
            world.seen.pods.put_budget(budget);
            tightened = true;
        }
    }
    let end = rollout.end().unwrap();
    assert_eq!(end.outcome, Outcome::Succeeded);
    // One excess node of the two is empty and goes first, so nothing is kept when it can be helped.
    assert_eq!(end.kept, None, "{end:?}");
}

#[test]
fn a_group_that_an_autoscaler_grows_keeps_its_size() {
    let mut world = Projection::new(self::world(SHOP), at(0), paces(), BTreeSet::new());
    let mut rollout = Rollout::new(spec(), at(0));
    let mut grown = false;
    while rollout.phase() != Phase::Done {
        step(&mut rollout, &mut world);
        if rollout.phase() == Phase::Upgrade && !grown {
            world.seen.group.as_mut().unwrap().sizes.desired += 2;
            world.seen.group.as_mut().unwrap().sizes.max += 2;
            grown = true;
            // The projection launches when sizes are set; an empty change makes it look again.
            let sizes = world.seen.group.as_ref().unwrap().sizes;
            world.perform(&replank_core::action::Action::Cloud(
                replank_core::action::CloudAction::SetSizes { from: sizes, to: sizes },
            ));
        }
    }
    let end = rollout.end().unwrap();
    assert_eq!(
        (end.outcome, end.kept.clone(), end.unrestored),
        (Outcome::Succeeded, Some(KeptBecause::Growing), None)
    );
}

#[test]
fn pause_stops_picks_and_resume_goes_on() {
    let mut world = Projection::new(self::world(SHOP), at(0), paces(), BTreeSet::new());
    let mut rollout = Rollout::new(spec(), at(0));
    while rollout.work().is_empty() {
        step(&mut rollout, &mut world);
    }
    tell(&mut rollout, &world, Fact::Paused { give_back: false });
    for _ in 0..60 {
        step(&mut rollout, &mut world);
    }
    assert_eq!(
        (rollout.replaced(), rollout.work().len()),
        (1, 0),
        "the node in work was finished, no other picked"
    );
    tell(&mut rollout, &world, Fact::Resumed);
    let rollout = finish(rollout, &mut world);
    assert_eq!((rollout.replaced(), rollout.end().unwrap().outcome), (3, Outcome::Succeeded));
}

#[test]
fn the_patience_with_launches_counts_from_the_end_of_a_pause() {
    let slow = Paces { join: SignedDuration::from_hours(2), ..paces() };
    let mut world = Projection::new(self::world(SHOP), at(0), slow, BTreeSet::new());
    let mut rollout = Rollout::new(spec(), at(0));
    while world.seen.members.iter().count() == 3 {
        step(&mut rollout, &mut world);
    }
    tell(&mut rollout, &world, Fact::Paused { give_back: false });
    world.advance_to(at(3_600));
    assert_eq!(decide(&rollout, &world.seen, world.now).wake_at, None, "a pause knows no end");
    tell(&mut rollout, &world, Fact::Resumed);
    let resumed_at = world.now;
    while rollout.failure().is_none() {
        step(&mut rollout, &mut world);
    }
    assert_eq!(rollout.phase_since().duration_since(resumed_at), SignedDuration::from_mins(15));
    assert_eq!(rollout.failure().unwrap().code, FailureCode::NodeCreationFailure);
}

#[test]
fn a_pause_that_gives_back_leaves_the_node_in_service_under_its_guard() {
    let mut world = Projection::new(self::world(SHOP), at(0), paces(), BTreeSet::new());
    let mut rollout = Rollout::new(spec(), at(0));
    while rollout.work().is_empty() {
        step(&mut rollout, &mut world);
    }
    tell(&mut rollout, &world, Fact::Paused { give_back: true });
    for _ in 0..10 {
        step(&mut rollout, &mut world);
    }
    assert!(rollout.work().is_empty());
    for (_, member) in world.seen.members.iter() {
        assert!(!member.node.as_ref().unwrap().cordoned);
    }
    assert_eq!(world.seen.members.count(|class| class.marks.guarded), 3);
}

#[test]
fn a_wait_for_a_new_node_counts_from_its_launch() {
    let mut world = Projection::new(self::world(SHOP), at(0), paces(), BTreeSet::new());
    let mut rollout = Rollout::new(spec(), at(0));
    let mut counted = 0;
    while rollout.phase() != Phase::Done {
        for wait in decide(&rollout, &world.seen, world.now).waits {
            let On::NodesJoining { joining, .. } = &wait.on else { continue };
            let Some(instance) = joining.first().and_then(|id| world.seen.members.get(id)?.instance.as_ref())
            else {
                continue;
            };
            assert_eq!(wait.since, Some(instance.launched_at));
            counted += u32::from(rollout.phase() == Phase::Upgrade);
        }
        step(&mut rollout, &mut world);
    }
    assert!(counted > 1, "no replacement was waited for");
}

#[test]
fn cancel_cleans_up_in_every_phase() {
    for phase in [Phase::Setup, Phase::ScaleUp, Phase::Guard, Phase::Upgrade, Phase::ScaleDown] {
        for give_back in [false, true] {
            let mut world = Projection::new(self::world(SHOP), at(0), paces(), BTreeSet::new());
            let mut rollout = Rollout::new(spec(), at(0));
            while rollout.phase() < phase {
                step(&mut rollout, &mut world);
            }
            if rollout.phase() != phase {
                continue;
            }
            tell(&mut rollout, &world, Fact::Cancelled { give_back, restore_target: true, keep_new: false });
            let rollout = finish(rollout, &mut world);
            let end = rollout.end().unwrap();
            assert_eq!((end.outcome, end.unrestored), (Outcome::Cancelled, None), "{phase:?}");
            let group = world.seen.group.as_ref().unwrap();
            assert_eq!((group.sizes.desired, group.sizes.max), (3, 3), "{phase:?}");
            assert_eq!(group.version, 1, "{phase:?}: launches use the old version again");
            assert_eq!(
                world
                    .seen
                    .members
                    .count(|class| class.marks.guarded || class.marks.ours || class.marks.our_keep),
                0,
                "{phase:?}"
            );
        }
    }
}

#[test]
fn a_large_batch_moves_as_many_at_once_and_no_more() {
    let mut text = String::from("group 12 max 12 zones a,b,c\n");
    for n in 0..12 {
        text += &format!("node n{n} {} old\n pod w-{n} on n{n}\n", ["a", "b", "c"][n % 3]);
    }
    let mut world = Projection::new(self::world(&text), at(0), paces(), BTreeSet::new());
    let mut rollout = Rollout::new(Spec { batch: Batch::Percent(50), ..spec() }, at(0));
    let mut most = 0;
    while rollout.phase() != Phase::Done {
        step(&mut rollout, &mut world);
        most = most.max(rollout.work().len());
    }
    assert_eq!((most, rollout.replaced()), (6, 12));
    assert_eq!(content("ami-new"), rollout.spec().target.content);
}

pub(crate) fn tell(rollout: &mut Rollout, world: &Projection, fact: Fact) {
    rollout.apply(&Event { at: world.now, fact }).unwrap();
}

/// One turn, performed, and time to the next moment of interest.
pub(crate) fn step(rollout: &mut Rollout, world: &mut Projection) {
    drop(turn(rollout, world));
}

/// The same, with what was decided.
pub(crate) fn turn(rollout: &mut Rollout, world: &mut Projection) -> Decision {
    let decision = decide(rollout, &world.seen, world.now);
    for event in &decision.record {
        rollout.apply(event).unwrap();
    }
    note_joined(&mut world.seen, decision.record.iter().map(|event| &event.fact));
    for action in &decision.act {
        world.perform(action);
    }
    decision.place.iter().for_each(|node| world.place(node));
    let next = [world.next_at(), decision.wake_at].into_iter().flatten().min();
    let next = next.unwrap_or(world.now + SignedDuration::from_secs(5));
    world.advance_to(next.max(world.now));
    decision
}

pub(crate) fn finish(mut rollout: Rollout, world: &mut Projection) -> Rollout {
    for _ in 0..20_000 {
        if rollout.phase() == Phase::Done {
            return rollout;
        }
        step(&mut rollout, world);
    }
    panic!("never ends: {:?} {:?}", rollout.phase(), decide(&rollout, &world.seen, world.now));
}
