//! What is its owner's: a control plane that is waited for, add-ons whose objects are changed and put back, node groups of
//! the service whose updates cannot be held.

use replank_core::cluster_upgrade::decision::Action;
use replank_core::cluster_upgrade::event::Fact;
use replank_core::cluster_upgrade::problem::{Outcome, Stop};
use replank_core::cluster_upgrade::spec::{GroupKind, Mover, Spec};
use replank_core::cluster_upgrade::wait::On;
use replank_core::version::Minor;

use super::world::{Run, control_plane, group, spec};

fn own() -> Spec {
    Spec {
        to: Minor(33),
        control_plane: Mover::Owner,
        groups: Vec::new(),
        add_ons: Vec::new(),
        own_add_ons: vec!["kube-proxy".into()],
        ..spec()
    }
}

fn run(spec: Spec) -> Run {
    let mut run = Run::new(spec.clone());
    // The world knows the add-ons of whomever.
    let named = Spec { add_ons: spec.own_add_ons.clone(), ..spec };
    run.world.seen.add_ons = Run::new(named).world.seen.add_ons;
    run
}

#[test]
fn a_control_plane_of_its_owner_is_waited_for_and_never_asked_to_move() {
    let mut run = run(own());
    for _ in 0..5 {
        let decision = run.turn();
        assert!(decision.act.is_none() && decision.wake_at.is_some(), "{decision:?}");
    }
    let decision = run.turn();
    let on = On::ControlPlaneByOwner { version: "v1.32.4".into(), to: Minor(33) };
    assert_eq!(decision.waits.iter().map(|wait| &wait.on).collect::<Vec<_>>(), [&on]);
    assert!(decision.waits[0].since.is_some() && decision.waits[0].until.is_none());
    run.world.seen.control_plane = Some(control_plane(Minor(33)));
    let _ = run.until_rest();
    assert_eq!(run.upgrade.end().map(|end| end.outcome), Some(Outcome::Succeeded));
    let version = "v1.33.5-eksbuild.1".to_owned();
    let begun = Action::StartOwnAddOn { add_on: "kube-proxy".into(), version, to: Minor(33) };
    assert_eq!(run.world.begun, [begun]);
}

#[test]
fn an_owner_who_goes_too_far_is_told() {
    let mut run = run(own());
    let _ = run.turn();
    run.world.seen.control_plane = Some(control_plane(Minor(34)));
    let _ = run.turn();
    assert_eq!(
        run.upgrade.present().stop.as_ref().map(|(why, _)| why),
        Some(&Stop::MovedOn { minor: Minor(34) })
    );
}

#[test]
fn an_add_on_that_does_not_become_available_is_put_back_and_tried_again() {
    let mut run = run(own());
    run.world.seen.control_plane = Some(control_plane(Minor(33)));
    run.world.rolls_out = false;
    let _ = run.until_rest();
    let Some((Stop::Failed { message, .. }, _)) = run.upgrade.present().stop.clone() else {
        panic!("{:?}", run.upgrade.present());
    };
    assert_eq!(message, "0 of 3");
    let began = run.journal.iter().find(|event| matches!(event.fact, Fact::Began { .. })).unwrap().at;
    let stopped = run.journal.last().unwrap().at;
    let took = stopped.duration_since(began);
    assert!(took >= run.upgrade.spec().limits.rollout && took.as_mins() < 28, "{took}");
    assert_eq!(run.world.seen.add_ons[&"kube-proxy".into()].version, "v1.32.5-eksbuild.1");
    run.world.rolls_out = true;
    run.give(Fact::Resumed);
    let _ = run.until_rest();
    assert_eq!(run.upgrade.end().map(|end| end.outcome), Some(Outcome::Succeeded));
    let undone = run.world.begun.iter().filter(|action| matches!(action, Action::UndoOwnAddOn { .. }));
    assert_eq!(undone.count(), 1, "{:?}", run.world.begun);
}

#[test]
fn one_that_the_cluster_gave_up_is_not_waited_for() {
    let mut run = run(own());
    run.world.seen.control_plane = Some(control_plane(Minor(33)));
    run.world.rolls_out = false;
    let _ = run.turn();
    let rollout = |run: &mut Run| {
        let add_on = run.world.seen.add_ons.get_mut(&"kube-proxy".into()).unwrap();
        add_on.rollout.as_mut().unwrap().is_given_up = true;
    };
    rollout(&mut run);
    let decision = run.turn();
    assert!(matches!(decision.act.unwrap().action, Action::UndoOwnAddOn { .. }));
}

#[test]
fn a_cancel_puts_an_add_on_back_first() {
    let mut run = run(own());
    run.world.seen.control_plane = Some(control_plane(Minor(33)));
    run.world.rolls_out = false;
    let _ = run.turn();
    run.give(Fact::Cancelled);
    let decision = run.turn();
    assert!(matches!(decision.act.unwrap().action, Action::UndoOwnAddOn { .. }));
    let _ = run.until_rest();
    assert_eq!(run.upgrade.end().map(|end| end.outcome), Some(Outcome::Cancelled));
    assert_eq!(run.world.seen.add_ons[&"kube-proxy".into()].version, "v1.32.5-eksbuild.1");
}

#[test]
fn an_update_of_the_service_is_followed_and_neither_held_nor_ended() {
    let spec = Spec { groups: vec![group("a", 32, GroupKind::OfService)], ..own() };
    let mut run = run(Spec { control_plane: Mover::Service, own_add_ons: Vec::new(), ..spec });
    // No pod ever runs on its first new node, and a person pauses: it goes on all the same.
    run.world.runs_pods = false;
    while !run.world.begun.iter().any(|action| matches!(action, Action::StartGroup { .. })) {
        let _ = run.turn();
    }
    run.give(Fact::Paused);
    for _ in 0..3 {
        let decision = run.turn();
        assert!(decision.act.is_none(), "{decision:?}");
    }
    run.give(Fact::Cancelled);
    let decision = run.turn();
    assert!(decision.act.is_none(), "{decision:?}");
    let ends = |on: &On| matches!(on, On::ChildEnding { .. });
    assert!(decision.waits.iter().any(|wait| ends(&wait.on)), "{decision:?}");
    let _ = run.until_rest();
    assert_eq!(run.upgrade.end().map(|end| end.outcome), Some(Outcome::Cancelled));
}
