//! What holds a step, what stops it, and what a person's word does.

use replank_core::cluster_upgrade::decide::decide;
use replank_core::cluster_upgrade::decision::{Action, Decision};
use replank_core::cluster_upgrade::event::{Fact, How};
use replank_core::cluster_upgrade::observed::{CheckFinding, Group, Nodes, State};
use replank_core::cluster_upgrade::plan::What;
use replank_core::cluster_upgrade::problem::{Outcome, Problem, Stop};
use replank_core::cluster_upgrade::spec::{Gates, GroupKind, Spec};
use replank_core::cluster_upgrade::wait::{Finding, On};
use replank_core::observed::{Answer, Read};
use replank_core::version::Minor;

use super::world::{NODES, Run, at, control_plane, group, spec};

fn waits(decision: &Decision) -> Vec<&On> {
    decision.waits.iter().map(|wait| &wait.on).collect()
}

/// One group and no add-on, one minor.
fn small() -> Spec {
    Spec { to: Minor(33), groups: vec![group("a", 32, GroupKind::Managed)], add_ons: Vec::new(), ..spec() }
}

#[test]
fn two_minors_go_by_and_every_group_is_there() {
    let mut run = Run::new(spec());
    let _ = run.until_rest();
    assert_eq!(run.upgrade.end().map(|end| end.outcome), Some(Outcome::Succeeded));
    assert!(run.world.seen.groups.values().all(|group| group.minor == Some(Minor(34))));
    assert_eq!(run.world.begun.len(), 2 * (1 + 3 + 2), "{:?}", run.world.begun);
}

#[test]
fn what_is_there_already_is_passed_by() {
    let mut run = Run::new(small());
    run.world.seen.control_plane = Some(control_plane(Minor(33)));
    let _ = run.until_rest();
    assert_eq!(run.world.begun, [Action::StartGroup { group: "a".into(), to: Minor(33) }]);
    assert_eq!(run.upgrade.passed()[1].how, How::NothingToDo);
}

#[test]
fn a_control_plane_waits_for_nodes_that_are_behind_it() {
    let mut run = Run::new(small());
    let seen = run.world.seen.groups.get_mut(&"a".into()).unwrap();
    let nodes = seen.nodes.remove(&Minor(32)).unwrap();
    seen.nodes.insert(Minor(31), nodes);
    let decision = run.turn();
    let finding =
        Finding::NodesBehind { group: "a".into(), minor: Minor(31), control_plane: Minor(32), count: NODES };
    assert_eq!(waits(&decision), [&On::Finding(finding)]);
    assert!(run.world.begun.is_empty());
    let seen = run.world.seen.groups.get_mut(&"a".into()).unwrap();
    seen.nodes.insert(Minor(29), nodes);
    let old =
        Finding::KubeletsTooOld { group: "a".into(), minor: Minor(29), oldest: Minor(30), count: NODES };
    assert!(waits(&run.turn()).contains(&&On::Finding(old)));
}

#[test]
fn an_add_on_without_a_version_and_an_old_kube_proxy_are_found_before() {
    let mut run = Run::new(Spec { to: Minor(33), groups: Vec::new(), ..spec() });
    run.world.seen.add_ons.get_mut(&"coredns".into()).unwrap().offered.remove(&Minor(33));
    run.world.seen.add_ons.get_mut(&"kube-proxy".into()).unwrap().version = "v1.29.0-eksbuild.1".into();
    let decision = run.turn();
    let missing = Finding::NoAddOnVersion { add_on: "coredns".into(), minor: Minor(33) };
    let old = Finding::KubeProxyTooOld { version: "v1.29.0-eksbuild.1".into(), minor: Minor(33) };
    assert_eq!(waits(&decision), [&On::Finding(missing), &On::Finding(old)]);
}

#[test]
fn the_way_back_takes_the_nodes_first_and_leaves_the_add_ons() {
    let back = Spec {
        from: Minor(33),
        to: Minor(32),
        groups: vec![group("a", 33, GroupKind::Managed), group("b", 32, GroupKind::Managed)],
        ..spec()
    };
    let mut run = Run::new(back);
    let _ = run.until_rest();
    assert_eq!(
        run.world.begun,
        [
            Action::StartGroup { group: "a".into(), to: Minor(32) },
            Action::StartControlPlane { to: Minor(32) },
        ]
    );
    assert_eq!(run.upgrade.end().map(|end| end.outcome), Some(Outcome::Succeeded));
    // Nodes that are newer hold it.
    let mut held = Run::new(Spec { from: Minor(33), to: Minor(32), groups: Vec::new(), ..spec() });
    let ahead = Group {
        minor: Some(Minor(33)),
        state: State::AtRest,
        nodes: [(Minor(33), Nodes { count: 2, ..Nodes::default() })].into(),
    };
    held.world.seen.groups.insert("late".into(), ahead);
    let found =
        Finding::NodesAhead { group: "late".into(), minor: Minor(33), control_plane: Minor(32), count: 2 };
    assert_eq!(waits(&held.turn()), [&On::Finding(found)]);
}

fn check_finding(check: &str) -> CheckFinding {
    CheckFinding {
        check: check.into(),
        object: "PodDisruptionBudget shop/web".into(),
        evidence: "minAvailable is 2 of 2 pods".into(),
        advice: "Let it allow one pod to go.".into(),
    }
}

#[test]
fn what_the_check_finds_holds_the_control_plane_until_it_is_mended_or_accepted() {
    let blocks = || vec![check_finding("budget-never-allows")];
    let mut run = Run::new(small());
    run.world.blocking = blocks();
    run.world.breaking = vec![check_finding("api-removed"), check_finding("api-removed")];
    for _ in 0..5 {
        let decision = run.turn();
        let held = On::Finding(Finding::Blocks(check_finding("budget-never-allows")));
        assert_eq!(waits(&decision), [&held]);
        let told = Problem::Breaks { first: check_finding("api-removed"), count: 2, minor: Minor(33) };
        assert_eq!(decision.problems, [told]);
    }
    assert!(run.world.begun.is_empty());
    run.world.blocking.clear();
    let _ = run.until_rest();
    assert_eq!(run.upgrade.end().map(|end| end.outcome), Some(Outcome::Succeeded));
    let mut run = Run::new(Spec { accepted: vec!["budget-never-allows".into()], ..small() });
    run.world.blocking = blocks();
    let _ = run.until_rest();
    assert_eq!(run.upgrade.end().map(|end| end.outcome), Some(Outcome::Succeeded));
}

#[test]
fn a_gate_tells_what_the_check_finds_now_and_the_check_behind_it_holds() {
    let mut run = Run::new(Spec { gates: Gates::Cluster, to: Minor(34), ..small() });
    let _ = run.until_rest();
    assert!(run.upgrade.is_at_gate());
    run.world.blocking = vec![check_finding("budget-never-allows")];
    let held = On::Finding(Finding::Blocks(check_finding("budget-never-allows")));
    let gate = On::Gate { next: What::ControlPlane, minor: Minor(34) };
    let decision = run.turn();
    assert_eq!((waits(&decision), decision.wake_at), (vec![&gate, &held], None));
    run.give(Fact::Resumed);
    assert_eq!(waits(&run.turn()), [&held]);
    assert_eq!(run.world.begun.len(), 2, "{:?}", run.world.begun);
    run.world.blocking.clear();
    let _ = run.until_rest();
    assert_eq!(run.upgrade.end().map(|end| end.outcome), Some(Outcome::Succeeded));
}

#[test]
fn nothing_passes_a_check_that_was_not_made() {
    let run = Run::new(small());
    let mut seen = run.look();
    seen.checked = None;
    let decision = decide(&run.upgrade, &seen, at(0));
    assert!(decision.record.is_empty() && decision.wake_at.is_some(), "{decision:?}");
    assert_eq!(waits(&decision), [&On::Check { minor: Minor(33) }]);
}

#[test]
fn an_add_on_that_is_ahead_of_the_default_stays() {
    let mut run =
        Run::new(Spec { to: Minor(33), groups: Vec::new(), add_ons: vec!["coredns".into()], ..spec() });
    let add_on = run.world.seen.add_ons.get_mut(&"coredns".into()).unwrap();
    let offered = add_on.offered.get_mut(&Minor(33)).unwrap();
    offered.versions.push("v9".into());
    add_on.version = "v9".into();
    let _ = run.until_rest();
    assert_eq!(run.world.begun, [Action::StartControlPlane { to: Minor(33) }]);
}

#[test]
fn the_rest_of_a_group_waits_for_a_node_that_serves() {
    let mut run = Run::new(small());
    run.world.runs_pods = false;
    let decision = loop {
        let decision = run.turn();
        if decision.waits.iter().any(|wait| matches!(wait.on, On::Canary { ready: 1.., .. })) {
            break decision;
        }
    };
    assert!(waits(&decision).contains(&&On::Child {
        group: "a".into(),
        update: Some("u-2-0".into()),
        replaced: 0,
        left: NODES
    }));
    let mut accepted = run.clone();
    run.world.runs_pods = true;
    let _ = run.until_rest();
    assert!(run.journal.iter().any(|event| event.fact == Fact::CanaryServed { step: 2 }));
    assert_eq!(run.upgrade.end().map(|end| end.outcome), Some(Outcome::Succeeded));
    // Nothing ever runs on it: a person decides.
    let decision = accepted.until_rest();
    let why = Stop::CanaryIdle { group: "a".into() };
    assert_eq!(waits(&decision), [&On::Stopped { what: What::NodeGroup("a".into()), why }]);
    accepted.give(Fact::Resumed);
    let _ = accepted.until_rest();
    assert_eq!(accepted.upgrade.end().map(|end| end.outcome), Some(Outcome::Succeeded));
}

#[test]
fn a_child_that_fails_stops_the_upgrade_until_it_is_tried_again() {
    let mut run = Run::new(small());
    run.world.failing.push("a");
    let decision = run.until_rest();
    let why = Stop::Failed { update: "u-2-0".into(), message: "a budget".into() };
    assert_eq!(waits(&decision), [&On::Stopped { what: What::NodeGroup("a".into()), why }]);
    assert_eq!(decision.wake_at, None);
    run.give(Fact::Resumed);
    let _ = run.until_rest();
    assert_eq!(run.upgrade.end().map(|end| end.outcome), Some(Outcome::Succeeded));
    assert_eq!(run.world.begun.len(), 3, "another update: {:?}", run.world.begun);
}

#[test]
fn what_is_refused_for_good_stops_and_says_so() {
    let mut run = Run::new(small());
    let _ = run.turn();
    run.world = super::world::World::of(&small());
    run.answer = Some(Answer::Impossible("no".into()));
    let decision = run.decide();
    let why = Stop::Refused { message: "no".into() };
    assert_eq!(waits(&decision), [&On::Stopped { what: What::ControlPlane, why }]);
}

#[test]
fn a_gate_waits_for_a_word_and_checks_behind_it() {
    let mut run = Run::new(Spec { gates: Gates::Cluster, ..spec() });
    let decision = run.until_rest();
    assert_eq!(waits(&decision), [&On::Gate { next: What::ControlPlane, minor: Minor(34) }]);
    assert_eq!(run.world.seen.control_plane.as_ref().map(|seen| seen.minor), Some(Minor(33)));
    run.give(Fact::Resumed);
    let _ = run.until_rest();
    assert_eq!(run.upgrade.end().map(|end| end.outcome), Some(Outcome::Succeeded));
}

#[test]
fn a_cluster_or_a_group_that_is_busy_is_waited_for() {
    let busy = State::Busy { status: "UPDATING".into(), update: Some("other".into()) };
    let mut run = Run::new(small());
    run.world.seen.control_plane.as_mut().unwrap().state = busy.clone();
    assert_eq!(waits(&run.turn()), [&On::ClusterBusy { state: busy.clone() }]);
    run.world.seen.control_plane = Some(control_plane(Minor(33)));
    run.world.seen.groups.get_mut(&"a".into()).unwrap().state = busy.clone();
    assert_eq!(waits(&run.turn()), [&On::GroupBusy { group: "a".into(), state: busy }]);
    assert!(run.world.begun.is_empty());
}

#[test]
fn nodes_that_only_their_owner_can_bring_along_are_waited_for() {
    for kind in [GroupKind::OwnImage, GroupKind::SelfManaged] {
        let mut run = Run::new(Spec { groups: vec![group("a", 32, kind)], ..small() });
        let decision = loop {
            let decision = run.turn();
            if waits(&decision).iter().any(|on| matches!(on, On::ByHand { .. })) {
                break decision;
            }
        };
        let is_of_service = kind == GroupKind::OwnImage;
        let by_hand = On::ByHand { group: "a".into(), minor: Minor(33), behind: NODES, is_of_service };
        assert_eq!(waits(&decision), [&by_hand]);
        let seen = run.world.seen.groups.get_mut(&"a".into()).unwrap();
        let nodes = seen.nodes.remove(&Minor(32)).unwrap();
        seen.nodes.insert(Minor(33), nodes);
        let _ = run.until_rest();
        assert_eq!(run.upgrade.end().map(|end| end.outcome), Some(Outcome::Succeeded));
    }
}

#[test]
fn nothing_is_decided_blind() {
    let mut run = Run::new(small());
    run.world.seen.read = Read::Unreadable { since: at(0), why: "refused".into() };
    let decision = run.turn();
    assert_eq!(waits(&decision), [&On::Reading { why: "refused".into() }]);
    assert!(decision.record.is_empty() && decision.act.is_none() && decision.wake_at.is_some());
}

#[test]
fn a_control_plane_that_takes_too_long_is_named() {
    let mut run = Run::new(small());
    let _ = run.turn();
    let mut seen = run.look();
    seen.work = None;
    let later = at(66 * 60);
    let decision = replank_core::cluster_upgrade::decide::decide(&run.upgrade, &seen, later);
    assert_eq!(decision.problems, [Problem::Late { what: What::ControlPlane, since: at(0) }]);
}

#[test]
fn somebody_else_who_pauses_a_child_is_not_overruled() {
    let mut run = Run::new(small());
    while !run.journal.iter().any(|event| event.fact == Fact::ChildReleased { step: 2 }) {
        let _ = run.turn();
    }
    let act = replank_core::cluster_upgrade::decision::Act {
        step: 2,
        attempt: 0,
        action: Action::PauseChild { update: "u-2-0".into() },
    };
    run.world.perform(&act);
    let decision = run.turn();
    assert!(waits(&decision).contains(&&On::ChildPaused { group: "a".into(), update: "u-2-0".into() }));
    assert_eq!(decision.act, None);
}

#[test]
fn a_cancel_ends_though_the_cluster_is_gone() {
    let mut run = Run::new(Spec { gates: Gates::Cluster, ..spec() });
    let _ = run.until_rest();
    run.give(Fact::Cancelled);
    run.world.seen.read = Read::Unreadable { since: at(0), why: "no such cluster".into() };
    let _ = run.turn();
    assert_eq!(run.upgrade.end().map(|end| end.outcome), Some(Outcome::Cancelled));
}
