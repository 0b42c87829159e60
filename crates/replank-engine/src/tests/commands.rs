//! Pause, resume, cancel and force: what they do, and when they are refused.

use replank_core::node_group::problem::Outcome;
use replank_core::node_group::rollout::GiveBack;

use super::world::{Notebook, World, at, started, update_id};
use crate::block::block_on;
use crate::commands::{self, Command, CommandKind, Stays, TargetAfter};
use crate::journal::Journal;
use crate::probe::Pass;
use crate::run::{Ended, Input, run};
use crate::turn::Settings;

const PAUSE: CommandKind = CommandKind::Pause { in_work: GiveBack::No };
const CANCEL: CommandKind =
    CommandKind::Cancel { in_work: GiveBack::No, target: TargetAfter::Restored, stays: Stays::Old };

fn ask(wish: CommandKind) -> Input {
    Input::Command(Command { update: update_id(), wish })
}

fn with(inputs: &[(u32, CommandKind)]) -> (Ended, Notebook, Journal, World) {
    let world = World::of_three();
    let (mut journal, recorded) = started();
    let mut updates = [world.update(recorded)];
    let mut face = Notebook::default();
    face.inputs.extend(inputs.iter().map(|(turns, wish)| (*turns, ask(*wish))));
    let clock = world.clone();
    let ended =
        block_on(run(&mut updates, &mut journal, &clock, &Pass, Settings::default(), &mut face)).unwrap();
    (ended, face, journal, world)
}

#[test]
fn a_pause_holds_until_someone_resumes() {
    let (ended, face, mut journal, world) = with(&[(30, PAUSE)]);
    assert_eq!(ended, Ended::Stuck, "nothing changes any more");
    assert!(face.waits.contains("the update is paused"), "{:?}", face.waits);

    let resume = Command { update: update_id(), wish: CommandKind::Resume };
    commands::give(&mut journal, &resume, at(7200)).unwrap();
    let mut updates: Vec<_> =
        journal.unfinished().unwrap().into_iter().map(|recorded| world.update(recorded)).collect();
    let clock = world.clone();
    let mut face = Notebook::default();
    let ended = block_on(run(&mut updates, &mut journal, &clock, &Pass, Settings::default(), &mut face));
    assert_eq!(ended.unwrap(), Ended::Over);
    assert_eq!(updates[0].recorded.rollout.end().unwrap().outcome, Outcome::Succeeded);
}

#[test]
fn a_cancel_brings_sizes_and_target_home() {
    let all = with(&[]).1.turns;
    for turns in [1, 5, 20, all / 2, all - 8] {
        let (ended, _, journal, world) = with(&[(turns, CANCEL)]);
        assert_eq!(ended, Ended::Over, "after {turns} turns");
        let (recorded, _) = journal.load(&update_id()).unwrap();
        assert_eq!(recorded.rollout.end().unwrap().outcome, Outcome::Cancelled, "after {turns} turns");
        let projection = world.projection.borrow();
        let group = projection.seen.group.as_ref().unwrap();
        assert_eq!((group.sizes.desired, group.sizes.max), (3, 3), "after {turns} turns");
        assert!(group.version == 1 || recorded.rollout.measured().is_none(), "after {turns} turns");
    }
}

#[test]
fn wishes_that_would_change_nothing_are_refused_by_name() {
    let rows: &[(&[CommandKind], CommandKind, &str)] = &[
        (&[], CommandKind::Resume, "update u-1 is not paused"),
        (&[PAUSE], PAUSE, "update u-1 is paused already"),
        (&[CANCEL], CANCEL, "update u-1 is being cancelled already"),
        (&[CommandKind::Force], CommandKind::Force, "update u-1 uses force already"),
    ];
    for (before, wish, refusal) in rows {
        let (mut journal, _) = started();
        let give = |journal: &mut Journal, wish: CommandKind| {
            commands::give(journal, &Command { update: update_id(), wish }, at(1))
        };
        for wish in *before {
            give(&mut journal, *wish).unwrap();
        }
        assert_eq!(give(&mut journal, *wish).unwrap_err().to_string(), *refusal);
        let stronger = CommandKind::Pause { in_work: GiveBack::Yes };
        give(&mut journal, stronger).unwrap();
    }
}

#[test]
fn an_update_that_is_over_says_how_it_ended() {
    let (ended, _, mut journal, _) = with(&[]);
    assert_eq!(ended, Ended::Over);
    let refused = commands::give(&mut journal, &Command { update: update_id(), wish: CANCEL }, at(9000));
    let text = refused.unwrap_err().to_string();
    assert!(text.starts_with("update u-1 is over: it succeeded at 2025-10-09 0"), "{text}");
    let unknown = Command { update: "u-9".into(), wish: CANCEL };
    assert_eq!(
        commands::give(&mut journal, &unknown, at(1)).unwrap_err().to_string(),
        "there is no update u-9"
    );
}

#[test]
fn a_refusal_reaches_the_face() {
    let (_, face, ..) = with(&[(3, CommandKind::Resume)]);
    assert_eq!(face.refusals, ["update u-1 is not paused"]);
}
