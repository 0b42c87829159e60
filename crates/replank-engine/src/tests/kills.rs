//! The process is killed at every boundary of an update, one run for each, and goes on from the journal.

use std::collections::BTreeSet;

use replank_core::action::{Action, CloudAction};
use replank_core::node_group::problem::Outcome;

use super::world::{Notebook, StopAt, World, started, update_id};
use crate::block::block_on;
use crate::probe::{Boundary, Pass, Probe};
use crate::run::{Ended, run};
use crate::turn::{Settings, TurnError};

/// Runs until the boundary of that number and is killed; a second process finishes. Answers whether it was killed.
fn killed_at(number: u32, kinds: &mut BTreeSet<&'static str>) -> bool {
    let world = World::of_three();
    let (mut journal, recorded) = started();
    let probe = StopAt::new(number);
    let mut face = Notebook::default();
    let clock = world.clone();
    let mut updates = [world.update(recorded)];
    let first = run(&mut updates, &mut journal, &clock, &probe, Settings::default(), &mut face);
    let killed = match block_on(first) {
        Ok(Ended::Over) => false,
        Err(TurnError::Stopped(_)) => true,
        other => panic!("boundary {number}: {other:?}"),
    };
    kinds.extend(probe.seen.borrow().iter());
    drop(updates);
    let mut updates: Vec<_> =
        journal.unfinished().unwrap().into_iter().map(|recorded| world.update(recorded)).collect();
    let second = run(&mut updates, &mut journal, &clock, &Pass, Settings::default(), &mut face);
    assert_eq!(block_on(second).unwrap(), Ended::Over, "boundary {number}");
    let (recorded, _) = journal.load(&update_id()).unwrap();
    let end = recorded.rollout.end().unwrap();
    assert_eq!((end.outcome, end.unrestored), (Outcome::Succeeded, None), "boundary {number}");
    assert_eq!(recorded.rollout.replaced(), 3, "boundary {number}");
    assert!(face.peak <= 6, "boundary {number}: {} members", face.peak);
    let mut terminated: Vec<_> = world
        .faults
        .borrow()
        .done
        .iter()
        .filter_map(|act| match act {
            Action::Cloud(CloudAction::Terminate { instance, .. }) => Some(instance.clone()),
            _ => None,
        })
        .collect();
    terminated.sort();
    terminated.dedup();
    assert_eq!(terminated.len(), 6, "boundary {number}: three old, three surplus");
    killed
}

#[test]
fn an_update_survives_a_kill_at_every_boundary() {
    let mut kinds = BTreeSet::new();
    let mut number = 0;
    while killed_at(number, &mut kinds) {
        number += 1;
    }
    assert!(number > 100, "{number} boundaries");
    assert_eq!(kinds, BTreeSet::from(Boundary::NAMES));
}

#[test]
fn production_lets_every_boundary_pass() {
    assert_eq!(Pass.reach(Boundary::Recorded), Ok(()));
}
