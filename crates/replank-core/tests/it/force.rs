//! Forces end: with pods that come back at once, under budgets, and where a node can never be emptied.

use replank_core::action::{ActionKey, Leftovers, PodId};
use replank_core::names::InstanceId;
use replank_core::node_group::decide::decide;
use replank_core::node_group::event::{Event, Fact};
use replank_core::node_group::spec::Spec;
use replank_core::observed::{Answer, Pod, PodPhase, Readiness, Refused};
use replank_core::pod_rules::PodRules;
use replank_core::safety::budget::surely_free;
use replank_core::safety::disposition::may_terminate;

use crate::table::{draining, outcome, upgrading};
use crate::world::{at, pod, spec};

#[test]
fn a_pod_that_comes_back_is_evicted_at_a_walking_pace() {
    let mut seen = draining("");
    let mut back = pod("w-9", "n1", &["tolerates-all"]);
    for (created, again) in [(3, 8), (10, 20), (100, 200), (500, 620)] {
        back.created_at = at(created);
        seen.pods.put(back.clone());
        assert_eq!(outcome(&upgrading(spec()), &seen, again - 1), "back w-9", "{created}");
        assert_eq!(outcome(&upgrading(spec()), &seen, again), "evict w-9 | back w-9", "{created}");
    }
}

/// A node that force began to empty at second 900, seen at `seconds`.
fn forced(lines: &str, seconds: i64) -> String {
    let mut rollout = upgrading(Spec { force: true, ..spec() });
    let fact = Fact::ForceBegan { instance: InstanceId::new("i-n1") };
    rollout.apply(&Event { at: at(900), fact }).unwrap();
    outcome(&rollout, &draining(lines), seconds)
}

#[test]
fn force_ends_with_pods_that_come_back_at_once() {
    assert_eq!(
        forced("pod w-1 on n1 tolerates-all", 901),
        "evict w-1 | sent w-1",
        "nobody asked it yet; what comes back after that goes with the node"
    );
    for tolerates in ["tolerates-all", "tolerates-cordon"] {
        let back = format!("pod w-2 on n1 {tolerates} created 905");
        assert_eq!(forced(&back, 906), "terminate i-n1 with w-2 | leaving", "{tolerates}");
    }
    assert_eq!(
        forced("pod w-2 on n1 tolerates-all created 905\n pod w-3 on n1 terminating 930", 906),
        "terminating w-3",
        "others get their grace first"
    );
    // Made again by somebody who names the node: deleted at a walking pace for a minute, and gone along after that.
    assert_eq!(forced("pod w-2 on n1 created 905", 906), "back w-2");
    assert_eq!(forced("pod w-2 on n1 created 905", 911), "delete w-2 | sent w-2");
    assert_eq!(forced("pod w-2 on n1 created 965", 966), "terminate i-n1 with w-2 | leaving");
}

#[test]
fn force_never_ends_a_node_under_a_pod_that_its_budget_protects() {
    let back = "pod w-2 on n1 tolerates-all created 905 budget b";
    let held = format!("{back}\n budget b allowed 0 healthy 1 desired 1 expected 1");
    assert_eq!(forced(&held, 906), "never w-2");
    let held = format!("{back}\n budget b allowed 0 healthy 1 desired 1 expected 2");
    assert_eq!(forced(&held, 906), "budget w-2 +0 (0 bad)");
    let free = format!("{back}\n budget b allowed 1 healthy 2 desired 1 expected 2");
    assert_eq!(forced(&free, 906), "evict w-2 | sent w-2");
    // The server has charged the budget: what leaves goes along, and so does the next one while it is not healthy.
    let charged = "pod w-2 on n1 tolerates-all created 905 terminating 940 budget b\n \
                   pod w-3 on n1 tolerates-all created 907 unready budget b\n \
                   pod w-1 on n2 budget b\n \
                   budget b allowed 0 healthy 1 desired 1 expected 2";
    assert_eq!(forced(charged, 908), "terminate i-n1 with w-3 | leaving");
}

#[test]
fn a_forced_drain_that_stays_impossible_fails_and_gives_the_node_back() {
    let lines = "pod w-2 on n1 tolerates-all created 905 budget b\n budget b allowed 0 healthy 1 desired 1 expected 1";
    let mut rollout = upgrading(Spec { force: true, ..spec() });
    let fact = Fact::ForceBegan { instance: InstanceId::new("i-n1") };
    rollout.apply(&Event { at: at(900), fact }).unwrap();
    let mut facts = Vec::new();
    for _ in 0..2 {
        let decision = decide(&rollout, &draining(lines), at(1800));
        for event in decision.record {
            rollout.apply(&event).unwrap();
            facts.push(event.fact);
        }
    }
    assert!(facts.iter().any(|fact| matches!(fact, Fact::Failed(_))), "{facts:?}");
    assert!(facts.contains(&Fact::GivenBack { instance: InstanceId::new("i-n1") }), "{facts:?}");
}

#[test]
fn a_termination_that_is_never_made_ends_as_a_drain_does() {
    let mut rollout = upgrading(spec());
    let instance = InstanceId::new("i-n1");
    for fact in [
        Fact::Drained { instance: instance.clone() },
        Fact::TerminateAsked { instance: instance.clone(), with: Vec::new() },
    ] {
        rollout.apply(&Event { at: at(100), fact }).unwrap();
    }
    let mut seen = draining("pod w-1 on n1 budget b\n budget b allowed 0 healthy 1 desired 1 expected 1");
    let occupied = Answer::NotYet(Refused::Occupied { pod: pod("w-1", "n1", &[]).name });
    seen.answers.put(ActionKey::Terminate(instance), occupied, at(900));
    assert_eq!(outcome(&rollout, &seen, 901), "evict w-1 | never w-1", "asked anyway, once a minute");
    let decision = decide(&rollout, &seen, at(1000));
    assert!(decision.record.iter().any(|event| matches!(event.fact, Fact::Failed(_))), "{decision:?}");
}

#[test]
fn a_pod_that_a_budget_protects_by_now_does_not_go_with_the_node() {
    let back = pod("w-2", "n1", &["tolerates-all", "budget", "b"]);
    let known = [PodId { name: back.name.clone(), uid: back.uid }];
    let may = |pod: &Pod, budget: &str| {
        let seen = draining(&format!("pod w-2 on n1 budget b\n budget b {budget}"));
        let pod = Pod { budgets: seen.pods.get(pod.uid).unwrap().budgets.clone(), ..pod.clone() };
        let is_free = |pod: &Pod| surely_free(pod, &seen.pods);
        may_terminate([&pod], &PodRules::default(), Leftovers::Doomed, &known, is_free).is_ok()
    };
    let ill = Pod { readiness: Readiness::NotReady { since: at(1), why: None }, ..back.clone() };
    let new = Pod { phase: PodPhase::Pending, ..ill.clone() };
    assert!(may(&new, "allowed 0 healthy 1 desired 1 expected 1"), "it does not run");
    assert!(!may(&back, "allowed 0 healthy 1 desired 1 expected 1"), "it serves");
    assert!(!may(&ill, "allowed 0 healthy 0 desired 1 expected 1"), "its budget lacks pods");
    assert!(
        !may(&ill, "allowed 0 healthy 2 desired 2 expected 2"),
        "its budget counts pods that are not there"
    );
}
