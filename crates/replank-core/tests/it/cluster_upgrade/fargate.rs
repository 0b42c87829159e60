//! Pods on Fargate are made again, of each owner one after the other, never against a budget.

use replank_core::cluster_upgrade::decision::{Action, Decision};
use replank_core::cluster_upgrade::event::Fact;
use replank_core::cluster_upgrade::observed::{FargatePod, FargateStage};
use replank_core::cluster_upgrade::problem::Outcome;
use replank_core::cluster_upgrade::spec::Spec;
use replank_core::cluster_upgrade::wait::{Finding, On};
use replank_core::names::ObjectName;
use replank_core::version::Minor;

use super::world::{Run, spec};

fn pod(name: &str, owner: Option<&str>) -> FargatePod {
    FargatePod {
        pod: ObjectName::new("shop", name),
        minor: Some(Minor(32)),
        owner: owner.map(str::to_owned),
        stage: FargateStage::Ready,
        held_by: None,
    }
}

/// One minor with nothing but pods on Fargate.
fn run(pods: Vec<FargatePod>) -> Run {
    let spec = Spec {
        to: Minor(33),
        groups: Vec::new(),
        add_ons: Vec::new(),
        fargate_profiles: vec!["fp".into()],
        ..spec()
    };
    let mut run = Run::new(spec);
    run.world.seen.fargate = pods;
    run
}

fn waits(decision: &Decision) -> Vec<&On> {
    decision.waits.iter().map(|wait| &wait.on).collect()
}

/// The pods that were evicted, in order.
fn evicted(run: &Run) -> Vec<&str> {
    let relaunched = |action: &Action| match action {
        Action::Relaunch { pod } => Some(pod.clone()),
        _ => None,
    };
    let names = run.world.begun.iter().filter_map(relaunched);
    let told = run.journal.iter().filter_map(|event| match &event.fact {
        Fact::Relaunched { pod, .. } => Some(pod),
        _ => None,
    });
    let told: Vec<&ObjectName> = told.collect();
    assert_eq!(names.collect::<Vec<_>>(), told.iter().map(|pod| (*pod).clone()).collect::<Vec<_>>());
    told.into_iter().map(|pod| &*pod.name).collect()
}

#[test]
fn all_are_made_again_and_of_an_owner_one_at_a_time() {
    let mut run = run(vec![pod("api-1", Some("api")), pod("api-2", Some("api")), pod("web-1", Some("web"))]);
    let mut most_of_api = 0;
    for _ in 0..100 {
        let _ = run.turn();
        let away = run.world.seen.fargate.iter().filter(|pod| pod.stage != FargateStage::Ready);
        most_of_api = most_of_api.max(away.filter(|pod| pod.owner.as_deref() == Some("api")).count());
    }
    assert_eq!(run.upgrade.end().map(|end| end.outcome), Some(Outcome::Succeeded));
    assert_eq!((evicted(&run), most_of_api), (vec!["api-1", "web-1", "api-2"], 1));
    assert!(run.world.seen.fargate.iter().all(|pod| pod.minor == Some(Minor(33))));
}

#[test]
fn the_step_is_over_only_when_what_it_evicted_is_ready() {
    let mut run = run(vec![pod("web-1", Some("web"))]);
    while evicted(&run).is_empty() {
        let _ = run.turn();
    }
    let decision = run.decide();
    assert!(matches!(waits(&decision)[..], [On::FargateStarting { count: 1, .. }]), "{:?}", decision.waits);
    // One of another owner that is not Ready holds nothing up.
    run.world.seen.fargate.push(FargatePod {
        minor: Some(Minor(33)),
        stage: FargateStage::Starting,
        ..pod("x", Some("x"))
    });
    let _ = run.until_rest();
    assert!(run.upgrade.end().is_some());
}

#[test]
fn a_budget_and_a_pod_that_nothing_makes_again_are_named_and_left_alone() {
    let held = FargatePod { held_by: Some("pdb".into()), ..pod("web-1", Some("web")) };
    let mut run = run(vec![held, pod("alone", None)]);
    for _ in 0..30 {
        let _ = run.turn();
    }
    let decision = run.decide();
    let name = |name: &str| ObjectName::new("shop", name);
    assert_eq!(
        waits(&decision),
        [
            &On::FargateBehind { pods: vec![name("web-1"), name("alone")], count: 2 },
            &On::FargateAlone { pods: vec![name("alone")], count: 1 },
            &On::FargateHeld { pod: name("web-1"), budget: "pdb".into() },
        ]
    );
    assert!(evicted(&run).is_empty());
    // Once the budget lets one go, it goes.
    run.world.seen.fargate[0].held_by = None;
    let _ = run.turn();
    assert_eq!(evicted(&run), ["web-1"]);
}

#[test]
fn nothing_is_evicted_while_it_is_paused() {
    let mut run = run(vec![pod("web-1", Some("web")), pod("web-2", Some("web"))]);
    while evicted(&run).is_empty() {
        let _ = run.turn();
    }
    run.give(Fact::Paused);
    for _ in 0..20 {
        let _ = run.turn();
    }
    assert_eq!((evicted(&run).len(), run.upgrade.end()), (1, None));
    run.give(Fact::Resumed);
    let _ = run.until_rest();
    assert_eq!(evicted(&run).len(), 2);
}

#[test]
fn the_refusal_of_a_control_plane_is_foreseen() {
    let mut run = run(vec![FargatePod { minor: Some(Minor(31)), ..pod("alone", None) }]);
    let seen = run.world.look(&run.upgrade);
    let found = replank_core::cluster_upgrade::decide::findings(run.upgrade.spec(), &seen, Minor(33));
    assert_eq!(found, [Finding::FargateBehind { count: 1 }]);
    // It catches up first, so the control plane waits behind it.
    let decision = run.turn();
    assert!(matches!(waits(&decision)[..], [On::FargateBehind { .. }, On::FargateAlone { .. }]));
}
