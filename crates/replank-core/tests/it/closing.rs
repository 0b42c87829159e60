//! Pods are moved off nodes that take no new ones, and by force only after they were asked for the whole drain limit.

use replank_core::action::{Action, ActionKey, ClusterAction};
use replank_core::names::{InstanceId, NodeName, Zone};
use replank_core::node_group::decide::decide;
use replank_core::node_group::decision::Decision;
use replank_core::node_group::event::{Event, Fact};
use replank_core::node_group::phase::{Phase, Purpose};
use replank_core::node_group::problem::Why;
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::spec::{Limits, Spec};
use replank_core::node_group::wait::On;
use replank_core::observed::{Answer, Observation, Placement, Refused};
use replank_core::sizes::Sizes;

use crate::table::{draining, outcome, upgrading};
use crate::world::{at, pod, spec, uid, world};

/// A pod that its budget never lets go.
const HELD: &str = "pod w-1 on n1 budget b\n budget b allowed 0 healthy 1 desired 1 expected 1";

fn limit() -> i64 {
    Limits::default().drain.as_secs()
}

fn forced() -> Rollout {
    upgrading(Spec { force: true, ..spec() })
}

/// The node in work as it is with these flags, with a pod that is held.
fn node(flags: &str) -> Observation {
    world(&format!("group 2 max 2 zones a pointed\n node n1 a old guarded {flags}\n node n2 a new\n {HELD}"))
}

fn refused(seen: &mut Observation, second: i64) {
    let refused = Answer::NotYet(Refused::Budget { message: "needs 1".into() });
    seen.answers.put(ActionKey::Evict(uid("w-1")), refused, at(second));
}

fn failed(rollout: &Rollout, seen: &Observation, second: i64) -> Option<Why> {
    decide(rollout, seen, at(second)).record.into_iter().find_map(|event| match event.fact {
        Fact::Failed(failure) => Some(failure.why),
        _ => None,
    })
}

#[test]
fn the_drain_limit_ends_in_failure_or_force() {
    let mut seen = draining(HELD);
    assert!(failed(&upgrading(spec()), &seen, limit() - 1).is_none());
    assert!(failed(&upgrading(spec()), &seen, limit()).is_some());
    assert_eq!(outcome(&forced(), &seen, limit() - 1).split(" | ").next(), Some("evict w-1"));
    refused(&mut seen, limit() - 1);
    assert!(outcome(&forced(), &seen, limit()).contains("delete w-1"));
}

#[test]
fn force_asks_politely_whoever_was_never_asked() {
    let mut seen = draining(HELD);
    assert_eq!(
        outcome(&forced(), &seen, limit()).split(" | ").next(),
        Some("evict w-1"),
        "after a long absence"
    );
    let asked = |answer| {
        let mut seen = seen.clone();
        seen.answers.put(ActionKey::Evict(uid("w-1")), answer, at(limit()));
        seen
    };
    let lost = asked(Answer::CannotTell("connection reset".into()));
    assert!(!outcome(&forced(), &lost, limit() + 4).contains("delete"), "it may be leaving");
    assert!(outcome(&forced(), &lost, limit() + 5).contains("delete w-1"));
    refused(&mut seen, limit());
    assert!(outcome(&forced(), &seen, limit() + 1).contains("delete w-1"));
    let mut back = pod("w-9", "n1", &[]);
    back.created_at = at(limit() + 1);
    seen.pods.put(back);
    let mut rollout = forced();
    let fact = Fact::ForceBegan { instance: InstanceId::new("i-n1") };
    rollout.apply(&Event { at: at(limit()), fact }).unwrap();
    assert!(
        outcome(&rollout, &seen, limit() + 6).contains("delete w-9"),
        "what comes under force goes by force"
    );
}

#[test]
fn the_polite_time_counts_from_the_cordon() {
    let since = |second: i64| {
        let mut seen = node(&format!("our-cordon excluded cordoned-at {second}"));
        refused(&mut seen, 2 * limit() - 10);
        seen
    };
    let deletes = |seen: &Observation, second| outcome(&forced(), seen, second).contains("delete w-1");
    let early = since(-1000);
    assert!(deletes(&early, limit()), "a cordon of a person from before counts from the pick");
    let late = since(600);
    assert!(!deletes(&late, limit() + 599) && deletes(&late, limit() + 600));
    assert!(failed(&upgrading(spec()), &late, limit() + 599).is_none());
    let again = since(2 * limit() - 5);
    assert!(!deletes(&again, 2 * limit() - 1), "who opens it again and again");
    assert!(deletes(&again, 2 * limit()), "puts it off once and no longer");
}

#[test]
fn force_waits_for_a_node_that_cannot_be_closed_and_then_gives_up() {
    let mut open = node("");
    refused(&mut open, limit() - 1);
    assert_eq!(outcome(&forced(), &open, limit()), "mark n1 | cordon");
    let Some(Why::DrainTimedOut { waits, .. }) = failed(&forced(), &open, 2 * limit()) else {
        panic!("it waits for ever")
    };
    assert!(matches!(waits[0].on, On::Cordon));
}

#[test]
fn a_node_that_is_opened_again_is_closed_before_anything_goes_on() {
    let n1 = || InstanceId::new("i-n1");
    let stages = [
        Fact::Drained { instance: n1() },
        Fact::ForceBegan { instance: n1() },
        Fact::TerminateAsked { instance: n1(), with: Vec::new() },
    ];
    for fact in stages {
        let mut rollout = forced();
        let text = format!("{fact:?}");
        rollout.apply(&Event { at: at(10), fact }).unwrap();
        let mut open = node("");
        refused(&mut open, 9);
        assert_eq!(outcome(&rollout, &open, 11), "mark n1 | cordon", "{text}");
    }
}

fn opens(action: &Action) -> bool {
    matches!(action, Action::Cluster(ClusterAction::Mark(mark)) if mark.marks.cordon == Some(false))
}

#[test]
fn a_node_whose_cordon_is_being_taken_away_is_not_picked() {
    let given_back = |flags| {
        let mut rollout = upgrading(spec());
        let fact = Fact::GivenBack { instance: InstanceId::new("i-n1") };
        rollout.apply(&Event { at: at(1), fact }).unwrap();
        decide(&rollout, &node(flags), at(2))
    };
    let stray = given_back("our-cordon excluded");
    let picks =
        |decision: &Decision| decision.record.iter().any(|event| matches!(event.fact, Fact::Picked { .. }));
    assert!(stray.act.iter().any(opens) && !picks(&stray), "{stray:?}");
    assert!(stray.waits.iter().any(|wait| matches!(wait.on, On::Unmarking { nodes: 1 })));
    assert!(picks(&given_back("")));
}

/// An update that raised its group from one node to two and was cancelled at second 100.
fn cancelled(sizes: Sizes) -> Rollout {
    let mut rollout = Rollout::new(spec(), at(0));
    let measured = upgrading(spec()).measured().unwrap().clone();
    let facts = [
        Fact::Measured(measured),
        Fact::Entered { phase: Phase::ScaleUp },
        Fact::SizesAsked { to: sizes },
        Fact::Cancelled { give_back: false, restore_target: false, keep_new: false },
        Fact::Entered { phase: Phase::Restore },
    ];
    for fact in facts {
        rollout.apply(&Event { at: at(100), fact }).unwrap();
    }
    rollout
}

#[test]
fn a_surplus_node_is_opened_before_it_is_closed_anew() {
    let rollout = cancelled(Sizes { min: 1, desired: 2, max: 2 });
    let picks = |flags: &str| {
        let nodes = format!("node n1 a new {flags}\n node n2 a new {flags}");
        let mut seen = world(&format!("group 2 max 2 zones a pointed\n {nodes}"));
        for node in ["n1", "n2"] {
            seen.placements.put(NodeName::new(node), Placement::Found, at(199));
        }
        let decision = decide(&rollout, &seen, at(200));
        decision.record.iter().any(|event| matches!(event.fact, Fact::Picked { .. }))
    };
    assert!(!picks("our-cordon excluded") && picks(""));
}

#[test]
fn a_raise_that_nobody_answered_may_still_arrive() {
    let rollout = cancelled(Sizes { min: 1, desired: 2, max: 2 });
    let seen = |answer: Option<Answer>| {
        let mut seen = world("group 1 max 1 zones a pointed\n node n1 a old");
        answer.into_iter().for_each(|answer| seen.answers.put(ActionKey::SetSizes, answer, at(95)));
        seen
    };
    let ends = |answer, second| {
        let record = decide(&rollout, &seen(answer), at(second)).record;
        record.iter().any(|event| matches!(event.fact, Fact::Finished { .. }))
    };
    let lost = || Some(Answer::CannotTell("no answer".into()));
    assert!(!ends(lost(), 154) && ends(lost(), 155));
    assert!(!ends(None, 159) && ends(None, 160), "after a restart");
    assert!(ends(Some(Answer::Impossible("no".into())), 101), "it is known to have done nothing");
    let never = cancelled(Sizes { min: 1, desired: 1, max: 1 });
    assert!(!decide(&never, &seen(None), at(101)).record.is_empty(), "nothing was raised");
}

#[test]
fn a_pointing_that_nobody_answered_may_still_arrive() {
    let in_setup = |restore_target| {
        let mut rollout = Rollout::new(spec(), at(0));
        let measured = upgrading(spec()).measured().unwrap().clone();
        let cancel = Fact::Cancelled { give_back: false, restore_target, keep_new: false };
        for fact in [Fact::Measured(measured), cancel, Fact::Entered { phase: Phase::Restore }] {
            rollout.apply(&Event { at: at(100), fact }).unwrap();
        }
        rollout
    };
    let ends = |restore_target, answer: Option<Answer>, second| {
        let mut seen = world("group 1 max 1 zones a\n node n1 a old");
        answer.into_iter().for_each(|answer| seen.answers.put(ActionKey::PointGroup, answer, at(95)));
        let record = decide(&in_setup(restore_target), &seen, at(second)).record;
        record.iter().any(|event| matches!(event.fact, Fact::Finished { .. }))
    };
    let lost = || Some(Answer::CannotTell("no answer".into()));
    assert!(!ends(true, lost(), 154) && ends(true, lost(), 155));
    assert!(!ends(true, None, 159) && ends(true, None, 160), "after a restart");
    assert!(ends(true, Some(Answer::Impossible("no".into())), 101), "it is known to have done nothing");
    assert!(ends(false, lost(), 101), "later launches may use either");
}

#[test]
fn an_instance_that_may_still_leave_is_not_given_back() {
    let mut rollout = cancelled(Sizes { min: 1, desired: 2, max: 2 });
    let instance = InstanceId::new("i-n1");
    let picked = Fact::Picked {
        instance: instance.clone(),
        node: Some(NodeName::new("n1")),
        zone: Zone::new("a"),
        purpose: Purpose::Excess,
        chosen: None,
    };
    let asked = Fact::TerminateAsked { instance: instance.clone(), with: Vec::new() };
    for fact in [picked, Fact::Drained { instance: instance.clone() }, asked] {
        rollout.apply(&Event { at: at(110), fact }).unwrap();
    }
    // The other node of its zone is gone by now, so it would rather stay.
    let gives_back = |answer: Option<Answer>, second| {
        let mut seen = world("group 2 max 2 zones a pointed\n node n1 a new cordoned our-cordon excluded");
        let key = ActionKey::Terminate(instance.clone());
        answer.into_iter().for_each(|answer| seen.answers.put(key.clone(), answer, at(111)));
        let record = decide(&rollout, &seen, at(second)).record;
        record.iter().any(|event| matches!(event.fact, Fact::GivenBack { .. }))
    };
    for answer in [Answer::Done, Answer::CannotTell("no answer".into())] {
        assert!(!gives_back(Some(answer.clone()), 170) && gives_back(Some(answer), 171));
    }
    assert!(!gives_back(None, 169) && gives_back(None, 170), "after a restart");
    assert!(gives_back(Some(Answer::Impossible("no".into())), 112), "it is known to stay");
}
