//! New nodes that joined and are lost later: waited for, named, replaced; only launches that never join count
//! against the image.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use replank_core::action::{Action, CloudAction, Replace};
use replank_core::node_group::decide::decide;
use replank_core::node_group::event::{Event, Fact};
use replank_core::node_group::phase::Phase;
use replank_core::node_group::problem::{FailureCode, Outcome};
use replank_core::node_group::project::Projection;
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::spec::{Limits, Spec};
use replank_core::node_group::wait::On;
use replank_core::observed::{Lost, MemberClass, MemberState, Node};

use crate::runs::{SHOP, finish, step};
use crate::world::{at, paces, spec, world};

/// Joins must be quick here, so that whoever counts from the launch is out of patience at once.
fn impatient() -> Spec {
    Spec { limits: Limits { join: SignedDuration::from_secs(70), ..Limits::default() }, ..spec() }
}

/// An update in the Upgrade phase, with its new nodes, some time after they joined.
fn upgrading() -> (Rollout, Projection) {
    let mut world = Projection::new(world(SHOP), at(0), paces(), BTreeSet::new());
    let mut rollout = Rollout::new(impatient(), at(0));
    while rollout.phase() != Phase::Upgrade || world.now < at(100) {
        step(&mut rollout, &mut world);
    }
    (rollout, world)
}

fn is_new(class: &MemberClass) -> bool {
    class.version == 2 && class.state == MemberState::Ready
}

/// The first new node that serves.
fn new_node(world: &Projection) -> Node {
    let id = world.seen.members.of(is_new).next().unwrap();
    world.seen.members.get(id).unwrap().node.clone().unwrap()
}

/// Turns until the condition holds, with the facts that were recorded.
fn until(
    rollout: &mut Rollout,
    world: &mut Projection,
    mut holds: impl FnMut(&Rollout, &Projection) -> bool,
) -> Vec<Event> {
    let mut facts = Vec::new();
    for _ in 0..5_000 {
        if holds(rollout, world) {
            return facts;
        }
        facts.extend(decide(rollout, &world.seen, world.now).record);
        step(rollout, world);
    }
    panic!("it never holds: {:?}", decide(rollout, &world.seen, world.now));
}

#[test]
fn a_node_that_blinks_is_waited_for_and_nothing_fails() {
    let (mut rollout, mut world) = upgrading();
    let node = new_node(&world);
    world.seen.members.put_node(Node { ready_since: None, ..node.clone() });
    let decision = decide(&rollout, &world.seen, world.now);
    let lost = decision.record.iter().find_map(|event| match &event.fact {
        Fact::Lost { nodes } => Some(nodes.clone()),
        _ => None,
    });
    let lost = lost.unwrap();
    assert_eq!((lost.len(), lost[0].how, lost[0].node.as_ref()), (1, Lost::NotReady, Some(&node.name)));
    let wait = decision.waits.iter().find(|wait| matches!(wait.on, On::Lost { .. })).unwrap();
    assert_eq!(wait.node.as_ref(), Some(&node.name));
    assert_eq!((wait.since, wait.until), (Some(world.now), Some(world.now + SignedDuration::from_secs(70))));
    step(&mut rollout, &mut world);
    world.advance_to(world.now + SignedDuration::from_millis(1_500));
    world.seen.members.put_node(Node { ready_since: Some(world.now), ..node.clone() });
    let decision = decide(&rollout, &world.seen, world.now);
    let back = Fact::Joined { instances: vec![node.instance.clone()] };
    assert!(decision.record.iter().any(|event| event.fact == back), "{:?}", decision.record);
    let rollout = finish(rollout, &mut world);
    assert_eq!((rollout.end().unwrap().outcome, rollout.failure()), (Outcome::Succeeded, None));
}

#[test]
fn each_join_is_recorded_once_and_together_with_those_of_its_turn() {
    let mut text = String::from("group 300 max 300 zones a,b,c\n");
    for n in 0..300 {
        text += &format!("node n{n} {} old\n", ["a", "b", "c"][n % 3]);
    }
    let mut world = Projection::new(self::world(&text), at(0), paces(), BTreeSet::new());
    let mut rollout =
        Rollout::new(Spec { batch: replank_core::node_group::spec::Batch::Percent(33), ..spec() }, at(0));
    let facts = until(&mut rollout, &mut world, |rollout, _| rollout.phase() == Phase::Done);
    let joins: Vec<usize> = facts
        .iter()
        .filter_map(|event| match &event.fact {
            Fact::Joined { instances } => Some(instances.len()),
            _ => None,
        })
        .collect();
    let new = rollout.joined().count();
    assert_eq!(joins.iter().sum::<usize>(), new + rollout.removed() as usize, "{joins:?}");
    assert!(joins.len() < 20, "{joins:?}");
}

#[test]
fn a_node_that_is_lost_for_good_is_replaced() {
    let lose: [(fn(&mut Projection, &Node), Lost); 3] = [
        (|world, node| world.seen.members.remove_node(&node.name, Some("kubectl".into())), Lost::Deleted),
        (
            |world, node| world.seen.members.put_node(Node { ready_since: None, ..node.clone() }),
            Lost::NotReady,
        ),
        (
            |world, node| {
                world.seen.members.put_node(Node { ready_since: None, unreachable: true, ..node.clone() });
            },
            Lost::Silent,
        ),
    ];
    for (lose, how) in lose {
        let (mut rollout, mut world) = upgrading();
        let node = new_node(&world);
        lose(&mut world, &node);
        let lost_at = world.now;
        let wait = decide(&rollout, &world.seen, world.now).waits;
        let said = wait.iter().find_map(|wait| match &wait.on {
            On::Lost { how, by, .. } => Some((wait.node.clone(), *how, by.clone())),
            _ => None,
        });
        let by = (how == Lost::Deleted).then(|| "kubectl".into());
        assert_eq!(said, Some((Some(node.name.clone()), how, by)));
        let mut asked = None;
        until(&mut rollout, &mut world, |rollout, world| {
            let acts = decide(rollout, &world.seen, world.now).act;
            let terminates = |act: &&Action| {
                matches!(act, Action::Cloud(CloudAction::Terminate { instance, replace, .. })
                    if *instance == node.instance && *replace == Replace::Yes)
            };
            asked = asked.or(acts.iter().find(terminates).map(|_| world.now));
            rollout.phase() == Phase::Done
        });
        let waited = asked.unwrap().duration_since(lost_at);
        assert!(waited >= SignedDuration::from_secs(70), "{how:?}: not before it had time to come back");
        assert_eq!(rollout.end().unwrap().outcome, Outcome::Succeeded, "{how:?} {:?}", rollout.failure());
        assert_eq!(rollout.replaced(), 3, "{how:?}");
        assert_eq!(world.seen.members.get(&node.instance).map(|_| ()), None, "{how:?}");
    }
}

#[test]
fn a_node_that_lost_its_labels_runs_and_is_only_waited_for() {
    let (mut rollout, mut world) = upgrading();
    let node = new_node(&world);
    world.seen.members.put_node(Node { labelled: false, ..node.clone() });
    for _ in 0..300 {
        step(&mut rollout, &mut world);
    }
    let waits = decide(&rollout, &world.seen, world.now).waits;
    let wait = waits.iter().find(|wait| matches!(wait.on, On::Lost { how: Lost::Unlabelled, .. }));
    assert_eq!(wait.map(|wait| wait.until), Some(None), "{waits:?}");
    assert!(rollout.work().is_empty() && rollout.failure().is_none());
    world.seen.members.put_node(node);
    assert_eq!(finish(rollout, &mut world).end().unwrap().outcome, Outcome::Succeeded);
}

#[test]
fn a_restart_knows_who_had_joined() {
    let (rollout, mut world) = upgrading();
    let node = new_node(&world);
    world.seen.members.put_node(Node { ready_since: None, ..node });
    // A process that begins looks at everything anew and has only the record.
    let mut seen = self::world("group 6 max 6 zones a,b,c pointed");
    for (_, member) in world.seen.members.iter() {
        member.instance.iter().cloned().for_each(|instance| seen.members.put_instance(instance));
        member.node.iter().cloned().for_each(|node| seen.members.put_node(node));
    }
    let decision = decide(&rollout, &seen, world.now);
    assert!(!decision.record.iter().any(|event| matches!(event.fact, Fact::Failed(_))));
    assert!(decision.waits.iter().any(|wait| matches!(wait.on, On::Lost { .. })));
    assert!(!decision.record.iter().any(|event| matches!(event.fact, Fact::Joined { .. })), "once is enough");
}

#[test]
fn only_launches_that_never_join_fail_the_update() {
    let mut rollout = crate::table::upgrading(spec());
    tell(&mut rollout, Fact::Joined { instances: vec!["i-n2".into()] });
    tell(&mut rollout, Fact::Forced);
    let text = "group 3 max 3 zones a pointed\n node n1 a old guarded\n node n2 a new unready";
    let failure = |more: &str, seconds| {
        let seen = world(&format!("{text}\n{more}"));
        let record = decide(&rollout, &seen, at(seconds)).record;
        record.into_iter().find_map(|event| match event.fact {
            Fact::Failed(failure) => Some(failure),
            _ => None,
        })
    };
    assert_eq!(failure("node n3 a new", 899), None, "n2 joined an hour ago and is lost");
    let never = "node n3 a new unready launched 3600";
    assert_eq!(failure(never, 899), None);
    let failed = failure(never, 900).unwrap();
    assert_eq!((failed.code, failed.resources), (FailureCode::NodeCreationFailure, vec!["i-n3".to_owned()]));
}

fn tell(rollout: &mut Rollout, fact: Fact) {
    rollout.apply(&Event { at: at(0), fact }).unwrap();
}

#[test]
fn who_takes_a_new_instance_away_is_named() {
    let (rollout, mut world) = upgrading();
    let mut node = new_node(&world);
    node.taints.push(crate::world::taint("ToBeDeletedByClusterAutoscaler"));
    world.seen.members.put_node(node.clone());
    let mut instance = world.seen.members.get(&node.instance).unwrap().instance.clone().unwrap();
    instance.lifecycle = replank_core::observed::Lifecycle::Terminating;
    world.seen.members.put_instance(instance);
    let decision = decide(&rollout, &world.seen, world.now);
    let lost = decision.record.iter().find_map(|event| match &event.fact {
        Fact::Lost { nodes } => nodes.first().cloned(),
        _ => None,
    });
    let lost = lost.unwrap();
    assert_eq!((lost.how, lost.by.as_deref()), (Lost::Terminated, Some("cluster-autoscaler")));
}
