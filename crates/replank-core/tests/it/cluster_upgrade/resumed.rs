//! A kill at any moment, a pause and a cancel at every step: the journal is all that is needed to go on.

use replank_core::cluster_upgrade::decide::decide;
use replank_core::cluster_upgrade::event::Fact;
use replank_core::cluster_upgrade::observed::Stands;
use replank_core::cluster_upgrade::problem::Outcome;
use replank_core::cluster_upgrade::progress::Upgrade;
use replank_core::cluster_upgrade::spec::{Gates, Spec};

use super::world::{Run, at, spec};

/// The upgrade as a new process reads it.
fn folded(run: &Run) -> Upgrade {
    let mut upgrade = Upgrade::new(run.upgrade.spec().clone(), run.upgrade.started_at());
    run.journal.iter().for_each(|event| upgrade.apply(event).unwrap());
    upgrade
}

/// Every state between two turns of an upgrade that nothing disturbs, one that fails on the way among them.
fn moments() -> Vec<Run> {
    let mut run = Run::new(Spec { gates: Gates::Cluster, ..spec() });
    run.world.failing.push("b");
    let mut moments = Vec::new();
    while run.upgrade.end().is_none() {
        moments.push(run.clone());
        let decision = run.turn();
        if decision.wake_at.is_none() && decision.record.is_empty() {
            run.give(Fact::Resumed);
        }
        assert!(moments.len() < 500, "it never ends");
    }
    assert!(moments.len() > 40);
    moments
}

/// Runs it to its end, saying go on wherever a person is waited for.
fn to_the_end(run: &mut Run) -> Outcome {
    for _ in 0..100 {
        let _ = run.until_rest();
        if let Some(end) = run.upgrade.end() {
            return end.outcome;
        }
        run.give(Fact::Resumed);
    }
    panic!("it never ends");
}

#[test]
fn the_journal_up_to_any_fact_gives_the_same_decision() {
    for run in moments() {
        let upgrade = folded(&run);
        assert_eq!(upgrade, run.upgrade);
        assert_eq!(decide(&upgrade, &run.look(), at(run.world.now)), run.decide());
    }
}

#[test]
fn a_kill_between_recording_and_acting_loses_nothing_and_begins_nothing_twice() {
    let undisturbed = {
        let mut run = moments().remove(0);
        assert_eq!(to_the_end(&mut run), Outcome::Succeeded);
        run.world.begun
    };
    for mut run in moments() {
        // Recorded and not performed.
        let decision = run.decide();
        run.record(&decision);
        run.upgrade = folded(&run);
        run.answer = None;
        assert_eq!(to_the_end(&mut run), Outcome::Succeeded);
        assert_eq!(run.world.begun, undisturbed);
    }
    for mut run in moments() {
        // Performed, and the answer lost.
        let decision = run.decide();
        run.record(&decision);
        if let Some(act) = &decision.act {
            run.world.perform(act);
        }
        run.upgrade = folded(&run);
        run.answer = None;
        assert_eq!(to_the_end(&mut run), Outcome::Succeeded);
        assert_eq!(run.world.begun, undisturbed);
    }
}

#[test]
fn a_pause_at_any_moment_begins_nothing_more_until_it_goes_on() {
    for mut run in moments() {
        run.give(Fact::Paused);
        let before = run.world.begun.len();
        for _ in 0..50 {
            let _ = run.turn();
        }
        // What began before the pause was asked for at most once more; nothing behind it began.
        assert!(run.world.begun.len() <= before + 1, "{:?}", run.journal);
        let at_rest = run.upgrade.at();
        for _ in 0..10 {
            let _ = run.turn();
        }
        assert_eq!(run.upgrade.at(), at_rest);
        if run.upgrade.end().is_some() {
            // The last step was all but over.
            continue;
        }
        run.give(Fact::Resumed);
        assert_eq!(to_the_end(&mut run), Outcome::Succeeded);
    }
}

#[test]
fn a_cancel_at_any_moment_ends_once_what_is_under_way_is_over() {
    for mut run in moments() {
        run.give(Fact::Cancelled);
        let before = run.world.begun.len();
        let _ = run.until_rest();
        assert_eq!(run.upgrade.end().map(|end| end.outcome), Some(Outcome::Cancelled));
        assert_eq!(run.world.begun.len(), before, "a cancel begins nothing");
        let work = run.look().work;
        let is_running = work.is_some_and(|work| matches!(work.stands, Stands::Running(_)));
        assert!(!is_running, "something is left running");
    }
}
