//! The strategy `REPLACE`: new nodes stay, the last old ones leave with their place, every pod moves once.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use replank_core::action::{Action, CloudAction, Replace};
use replank_core::names::{NodeName, ObjectName};
use replank_core::node_group::decide::decide;
use replank_core::node_group::event::{Chosen, Event, Fact};
use replank_core::node_group::phase::{Phase, Purpose};
use replank_core::node_group::plan::{Plan, plan};
use replank_core::node_group::problem::Outcome;
use replank_core::node_group::project::Projection;
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::spec::{Batch, Order, Spec, Strategy};
use replank_core::node_group::wait::On;
use replank_core::observed::{Answers, MemberState, Observation, Placement};

use crate::runs::{SHOP, finish, step, tell, turn};
use crate::world::{at, budget, paces, pod, spec, world};

fn replace() -> Spec {
    Spec { strategy: Strategy::Replace, ..spec() }
}

fn show(spec: Spec, seen: &Observation) -> Plan {
    plan(spec, seen, at(0), paces(), &BTreeMap::new())
}

/// A group of `nodes` old nodes over three zones with `pods` pods of one budget each.
fn group(nodes: u32, pods: u32) -> Observation {
    let mut text = format!("group {nodes} max {nodes} zones a,b,c\n");
    for n in 0..nodes {
        text += &format!("node n{n} {} old\n", ["a", "b", "c"][n as usize % 3]);
        for p in 0..pods {
            text += &format!("pod p{p}-{n} on n{n} budget p{p}\n");
        }
    }
    for p in 0..pods {
        let (allowed, desired) = (nodes / 4 + 1, nodes - nodes / 4 - 1);
        text +=
            &format!("budget p{p} allowed {allowed} healthy {nodes} desired {desired} expected {nodes}\n");
    }
    world(&text)
}

/// Every fact of a run to its end, and the world after it.
fn run(spec: Spec, seen: Observation) -> (Vec<Fact>, Rollout, Projection) {
    let mut world = Projection::new(seen, at(0), paces(), BTreeSet::new());
    let mut rollout = Rollout::new(spec, at(0));
    let mut facts = Vec::new();
    while rollout.phase() != Phase::Done {
        facts.extend(turn(&mut rollout, &mut world).record.into_iter().map(|event| event.fact));
        assert!(facts.len() < 5_000, "goes round in circles");
    }
    (facts, rollout, world)
}

fn picked(facts: &[Fact]) -> Vec<Purpose> {
    let purpose = |fact: &Fact| match fact {
        Fact::Picked { purpose, .. } => Some(*purpose),
        _ => None,
    };
    facts.iter().filter_map(purpose).collect()
}

#[test]
fn nothing_is_scaled_down_and_every_pod_moves_once() {
    let (seen, before) = (world(SHOP), world(SHOP).group.unwrap().sizes);
    let shown = show(replace(), &seen);
    assert_eq!(shown.end.as_ref().unwrap().outcome, Outcome::Succeeded, "{:?}", shown.failure);
    assert_eq!((shown.peak, shown.order.len(), shown.evictions), (6, 3, 4));
    let default = show(spec(), &seen);
    assert!(shown.total < default.total && shown.evictions < default.evictions);
    assert!(shown.extra_node_time < default.extra_node_time);
    let (facts, _, world) = run(replace(), seen);
    assert_eq!(picked(&facts), [Purpose::Retire; 3]);
    assert_eq!(world.seen.group.unwrap().sizes, before);
}

#[test]
fn the_last_old_nodes_are_not_replaced_and_the_others_are() {
    for (nodes, limit) in [(4, 1), (9, 2), (20, 5), (30, 30)] {
        let spec = Spec { batch: Batch::Count(limit), ..replace() };
        let (facts, rollout, world) = run(spec, group(nodes, 3));
        let surge = rollout.measured().unwrap().increment;
        let picks = picked(&facts);
        let (first, last) = picks.split_at((nodes - surge) as usize);
        assert!(first.iter().all(|purpose| *purpose == Purpose::Replace), "{nodes}/{limit}: {picks:?}");
        assert!(last.iter().all(|purpose| *purpose == Purpose::Retire), "{nodes}/{limit}: {picks:?}");
        assert_eq!(rollout.replaced(), nodes);
        assert_eq!(rollout.removed(), 0, "nothing is scaled down");
        let sizes = world.seen.group.as_ref().unwrap().sizes;
        assert_eq!((sizes.desired, sizes.max), (nodes, nodes));
        let new = world.seen.members.count(|class| class.version == 2 && class.state == MemberState::Ready);
        assert_eq!(new, nodes);
    }
}

#[test]
fn an_old_node_goes_only_when_a_new_one_stands_for_it_and_the_surge_is_never_exceeded() {
    for (nodes, limit) in [(3, 1), (9, 2), (12, 12), (20, 5)] {
        let mut world = Projection::new(group(nodes, 2), at(0), paces(), BTreeSet::new());
        let spec = Spec { batch: Batch::Count(limit), ..replace() };
        let mut rollout = Rollout::new(spec, at(0));
        while rollout.phase() != Phase::Done {
            step(&mut rollout, &mut world);
            let members = &world.seen.members;
            let standing = members.count(|class| class.state != MemberState::Leaving);
            let measured = rollout.measured().map_or(nodes, |measured| measured.increment);
            assert!(standing <= nodes + measured, "{standing} of {nodes} with {measured} extra");
            let in_drain = rollout
                .work()
                .keys()
                .filter(|id| members.class(id).is_some_and(|class| class.state == MemberState::Ready));
            let serving = members.count(|class| class.state == MemberState::Ready);
            assert!(serving - in_drain.count() as u32 >= nodes, "less room than before");
            assert!(rollout.work().len() as u32 <= limit);
        }
    }
}

#[test]
fn old_nodes_are_cordoned_before_the_first_drain_and_keep_their_traffic() {
    let mut world = Projection::new(world(SHOP), at(0), paces(), BTreeSet::new());
    let mut rollout = Rollout::new(replace(), at(0));
    while rollout.phase() != Phase::Upgrade {
        step(&mut rollout, &mut world);
    }
    let old = |class: &replank_core::observed::MemberClass| class.version == 1;
    assert_eq!(world.seen.members.count(|class| old(class) && class.marks.our_cordon), 3);
    let closed = world.seen.members.count(|class| old(class) && class.marks.excluded);
    assert!(closed <= rollout.work().len() as u32);
}

/// The node that is picked first in a world that is ready to be upgraded, with why.
fn first(text: &str, order: Order) -> (NodeName, Chosen) {
    let mut world = Projection::new(world(text), at(0), paces(), BTreeSet::new());
    let mut rollout = Rollout::new(Spec { order, ..replace() }, at(0));
    loop {
        for event in turn(&mut rollout, &mut world).record {
            if let Fact::Picked { node: Some(node), chosen: Some(chosen), .. } = event.fact {
                return (node, chosen);
            }
        }
    }
}

#[test]
fn the_state_decides_among_equals_and_is_told() {
    let text = "group 3 max 3 zones a
        node n1 a old
        node n2 a old launched 50
        node n3 a old launched 100
        pod tight-1 on n1 budget tight
        pod web-1 on n2 budget web
        pod web-2 on n2 budget web
        pod web-3 on n3 budget web
        budget tight allowed 1 healthy 2 desired 1 expected 2
        budget web allowed 2 healthy 5 desired 3 expected 5";
    let (node, chosen) = first(text, Order::Random);
    assert_eq!(node.as_str(), "n3", "the loosest budget, then the fewest pods");
    assert_eq!(chosen, Chosen { among: 3, shared: 0, leaders: 0, spare: 1, tightest: Some(2), moves: 1 });
    let (node, chosen) = first(text, Order::Oldest);
    assert_eq!((node.as_str(), chosen.among), ("n1", 1), "what was asked for comes first");
}

/// The nodes that were picked, in their order.
fn order_of(facts: &[Fact]) -> Vec<&str> {
    facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Picked { node: Some(node), .. } => Some(node.as_str()),
            _ => None,
        })
        .collect()
}

/// Whatever else speaks for its node: each move of a leader is an election.
#[test]
fn the_node_with_a_leader_goes_after_its_equals() {
    let text = "group 3 max 3 zones a
        node n1 a old
        node n2 a old
        node n3 a old
        pod db-0 on n1 leads
        pod web-1 on n2 budget web
        pod web-2 on n2 budget web
        pod web-3 on n3 budget web
        budget web allowed 1 healthy 3 desired 2 expected 3";
    for seed in 0..20 {
        let (facts, ..) = run(Spec { seed, ..replace() }, world(text));
        let order = order_of(&facts);
        assert_eq!(order.last(), Some(&"n1"), "seed {seed}: {order:?}");
    }
}

#[test]
fn nodes_that_share_a_budget_go_apart() {
    let text = "group 4 max 4 zones a
        node n1 a old
        node n2 a old
        node n3 a old
        node n4 a old
        pod x-1 on n1 budget x
        pod x-2 on n2 budget x
        pod y-1 on n3 budget y
        pod y-2 on n4 budget y
        budget x allowed 1 healthy 2 desired 1 expected 2
        budget y allowed 1 healthy 2 desired 1 expected 2";
    for seed in 0..20 {
        let spec = Spec { batch: Batch::Count(2), seed, ..replace() };
        let (facts, ..) = run(spec, world(text));
        let order = order_of(&facts);
        let of_x = |node: &str| node == "n1" || node == "n2";
        assert_ne!(of_x(order[0]), of_x(order[1]), "seed {seed}: {order:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_picks_and_another_one_others() {
    let order = |seed| show(Spec { seed, batch: Batch::Count(4), ..replace() }, &group(40, 0)).order;
    assert_eq!(order(1), order(1));
    assert_ne!(order(1), order(2));
}

/// Runs to the first pick of a node that leaves with its place, answering `placement` for every node.
fn asked(placement: &Placement, limit: u32, seconds: i64) -> (Vec<Fact>, Vec<On>, Projection) {
    let spec = Spec { batch: Batch::Count(limit), ..replace() };
    let mut world = Projection::new(world(SHOP), at(0), paces(), BTreeSet::new());
    let mut rollout = Rollout::new(spec, at(0));
    let (mut facts, mut waits) = (Vec::new(), Vec::new());
    while rollout.phase() != Phase::Done && world.now < at(seconds) {
        let decision = decide(&rollout, &world.seen, world.now);
        for event in &decision.record {
            rollout.apply(event).unwrap();
            facts.push(event.fact.clone());
        }
        waits.extend(decision.waits.iter().map(|wait| wait.on.clone()));
        decision.act.iter().for_each(|act| world.perform(act));
        for node in &decision.place {
            world.seen.placements.put(node.clone(), placement.clone(), world.now);
        }
        let next = [world.next_at(), decision.wake_at].into_iter().flatten().min();
        let soon = world.now + SignedDuration::from_millis(50);
        world.advance_to(next.unwrap_or(soon).max(if decision.act.is_empty() { world.now } else { soon }));
    }
    (facts, waits, world)
}

fn lacking() -> Placement {
    Placement::Lacking {
        pod: ObjectName::new("shop", "db-0"),
        more_pods: 0,
        message: "0/5 nodes are available: 5 Insufficient cpu.".into(),
    }
}

#[test]
fn a_node_whose_pods_find_no_place_is_replaced_and_not_given_up() {
    for placement in [lacking(), Placement::CannotTell("forbidden".into())] {
        let (facts, waits, _) = asked(&placement, 1, 3000);
        let purposes = picked(&facts);
        assert_eq!(purposes.first(), Some(&Purpose::Replace), "{placement:?}");
        assert!(!purposes.contains(&Purpose::Retire), "{placement:?}");
        assert!(placement == lacking() || waits.iter().any(|on| matches!(on, On::Place { .. })));
    }
}

#[test]
fn pods_without_room_hold_the_next_pick_while_something_may_make_some() {
    let mut world = Projection::new(group(9, 0), at(0), paces(), BTreeSet::new());
    let mut rollout = Rollout::new(Spec { batch: Batch::Count(2), ..replace() }, at(0));
    while rollout.work().is_empty() {
        step(&mut rollout, &mut world);
    }
    let lacking = || {
        let mut lacking = pod("web-9", "-", &["created", "1"]);
        lacking.unschedulable = Some("0/9 nodes are available: 9 Insufficient cpu.".into());
        lacking
    };
    world.seen.pods.put(lacking());
    let picks = rollout.work().len();
    let decision = decide(&rollout, &world.seen, world.now);
    let waits = |decision: &replank_core::node_group::decision::Decision| {
        decision.waits.iter().any(|wait| matches!(wait.on, On::NoRoom { .. }))
    };
    let full = rollout.work().len() == 2;
    assert!(full || waits(&decision), "{:?}", decision.waits);
    let rollout = finish(rollout, &mut world);
    assert!(picks <= 2 && rollout.end().unwrap().outcome == Outcome::Succeeded, "and for ever it does not");
}

#[test]
fn a_cancel_a_failure_and_a_pause_go_as_with_default() {
    for give_back in [false, true] {
        let mut world = Projection::new(group(9, 1), at(0), paces(), BTreeSet::new());
        let mut rollout = Rollout::new(Spec { batch: Batch::Count(3), ..replace() }, at(0));
        while rollout.replaced() < 7 {
            step(&mut rollout, &mut world);
        }
        tell(&mut rollout, &world, Fact::Cancelled { give_back, restore_target: false, keep_new: false });
        let rollout = finish(rollout, &mut world);
        assert_eq!(rollout.end().unwrap().outcome, Outcome::Cancelled);
        assert_eq!(world.seen.group.as_ref().unwrap().sizes.desired, 9, "give back {give_back}");
        assert_eq!(world.seen.members.count(|class| class.marks.ours || class.marks.guarded), 0);
    }
    let never = |seen: &mut Observation| {
        seen.pods
            .put_budget(budget("p0", &["allowed", "0", "healthy", "9", "desired", "9", "expected", "9"]));
    };
    let mut seen = group(9, 1);
    never(&mut seen);
    let (_, rollout, world) = run(replace(), seen);
    assert_eq!(rollout.end().unwrap().outcome, Outcome::Failed);
    assert_eq!(world.seen.group.as_ref().unwrap().sizes.desired, 9);
    let mut seen = group(9, 1);
    never(&mut seen);
    let (facts, rollout, world) = run(Spec { force: true, batch: Batch::Count(3), ..replace() }, seen);
    assert_eq!(rollout.end().unwrap().outcome, Outcome::Succeeded);
    assert!(facts.iter().any(|fact| matches!(fact, Fact::ForceBegan { .. })));
    assert_eq!(world.seen.group.as_ref().unwrap().sizes.desired, 9);
}

#[test]
fn an_update_that_was_stopped_goes_on_from_its_record() {
    let mut world = Projection::new(group(9, 2), at(0), paces(), BTreeSet::new());
    let mut rollout = Rollout::new(Spec { batch: Batch::Count(3), ..replace() }, at(0));
    let mut journal: Vec<Event> = Vec::new();
    let mut asked: BTreeMap<String, BTreeSet<bool>> = BTreeMap::new();
    while rollout.phase() != Phase::Done {
        let decision = turn(&mut rollout, &mut world);
        for act in &decision.act {
            if let Action::Cloud(CloudAction::Terminate { instance, replace, .. }) = act {
                asked.entry(instance.to_string()).or_default().insert(*replace == Replace::No);
            }
        }
        journal.extend(decision.record);
        // Nothing but the record is left of it.
        let mut again = Rollout::new(rollout.spec().clone(), at(0));
        journal.iter().for_each(|event| again.apply(event).unwrap());
        assert_eq!(again, rollout);
        world.seen.answers = Answers::default();
    }
    assert_eq!(asked.values().filter(|how| how.len() > 1).count(), 0, "a second call asks for the same");
    assert_eq!(asked.values().filter(|how| how.contains(&true)).count(), 3);
    assert_eq!(world.seen.group.as_ref().unwrap().sizes.desired, 9);
}

#[test]
fn a_node_that_somebody_else_takes_is_made_up_for() {
    let mut world = Projection::new(group(9, 1), at(0), paces(), BTreeSet::new());
    let mut rollout = Rollout::new(Spec { batch: Batch::Count(3), ..replace() }, at(0));
    let retired = |rollout: &Rollout| {
        let retire =
            |(_, work): &(_, &replank_core::node_group::rollout::Work)| work.purpose == Purpose::Retire;
        rollout.work().iter().find(retire).map(|(id, _)| id.clone())
    };
    let instance = loop {
        step(&mut rollout, &mut world);
        if let Some(instance) = retired(&rollout) {
            break instance;
        }
    };
    world.perform(&Action::Cloud(CloudAction::Terminate {
        instance,
        node: None,
        replace: Replace::Yes,
        leftovers: replank_core::action::Leftovers::None,
        with: Vec::new(),
    }));
    let rollout = finish(rollout, &mut world);
    assert_eq!(rollout.end().unwrap().outcome, Outcome::Succeeded);
    assert_eq!(rollout.end().unwrap().kept, None);
    assert_eq!(world.seen.group.as_ref().unwrap().sizes.desired, 9);
}
