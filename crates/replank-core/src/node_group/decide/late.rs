//! Calls that may still take effect: a call that timed out may yet be carried out.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::turn::Turn;
use crate::action::{ActionKey, Marking};
use crate::names::InstanceId;
use crate::observed::{Answer, Attempt};
use crate::sizes::Sizes;

/// How long after it was made a call without an answer may still take effect.
const LATE: SignedDuration = SignedDuration::from_secs(60);

/// Until when an unanswered increase of the sizes may still take effect; `None` when none is open. Taking the present
/// sizes for the original ones before that would leave the group large.
pub(super) fn raise_until(turn: &Turn<'_>, sizes: Sizes) -> Option<Timestamp> {
    let asked = turn.rollout.asked.filter(|asked| sizes.desired < asked.desired)?;
    let original = turn.measured().filter(|measured| asked.desired > measured.original.desired)?.original;
    if sizes.desired > original.desired {
        return None;
    }
    unanswered_until(turn, &ActionKey::SetSizes)
}

/// Until when an unanswered change of the template version may still take effect; `None` when none is open. Ending a
/// cancel before that could leave later launches with the new image. Only in Setup: later phases begin when the group
/// was seen to launch the target.
pub(super) fn point_until(turn: &Turn<'_>) -> Option<Timestamp> {
    let rollout = &turn.rollout;
    let in_setup = rollout.asked.is_none() && rollout.picks == 0;
    unanswered_until(turn, &ActionKey::PointGroup).filter(|_| in_setup)
}

/// Until when an instance that was asked to terminate at `since` may still do so: the call was accepted and readings
/// lag, or it got no answer. A node given back to service before that would be lost all the same.
pub(super) fn leaves_until(turn: &Turn<'_>, instance: &InstanceId, since: Timestamp) -> Option<Timestamp> {
    let until = match turn.seen.answers.get(&ActionKey::Terminate(instance.clone())) {
        None => Some(since + LATE),
        Some(attempt) => shows_until(attempt),
    };
    until.filter(|until| turn.now < *until)
}

/// Until when marks that were asked for may still appear, by instance: they are not visible, were not removed since,
/// and no answer rules them out. An update that ended before that would leave them behind.
pub(super) fn marks_until(turn: &Turn<'_>) -> BTreeMap<InstanceId, Timestamp> {
    let mut taken: BTreeMap<&InstanceId, Timestamp> = BTreeMap::new();
    for (instance, _, attempt) in marks(turn).filter(|(_, marking, _)| marking.takes()) {
        let at = taken.entry(instance).or_insert(attempt.at);
        *at = attempt.at.max(*at);
    }
    let mut untils = BTreeMap::new();
    for (instance, marking, attempt) in marks(turn) {
        let node = turn.seen.members.node_of(instance);
        let lacks = node.is_some_and(|node| node.lacks(*marking));
        let is_taken = taken.get(instance).is_some_and(|at| *at >= attempt.at);
        let until = shows_until(attempt).filter(|until| lacks && !is_taken && turn.now < *until);
        untils.extend(until.map(|until| (instance.clone(), until)));
    }
    untils
}

fn marks<'a>(turn: &'a Turn<'_>) -> impl Iterator<Item = (&'a InstanceId, &'a Marking, &'a Attempt)> {
    turn.seen.answers.iter().filter_map(|(key, attempt)| match key {
        ActionKey::Mark(instance, marking) => Some((instance, marking, attempt)),
        _ => None,
    })
}

/// Until when a call may still take effect: it was accepted and readings lag, or it got no answer. `None` after a
/// refusal.
fn shows_until(attempt: &Attempt) -> Option<Timestamp> {
    match attempt.answer {
        Answer::Done | Answer::CannotTell(_) => Some(attempt.at + LATE),
        Answer::NotYet(_) | Answer::Impossible(_) => None,
    }
}

/// Until when a call made before a restart may still take effect: answers are not kept over restarts. `None` once the
/// phase is old enough.
pub(super) fn forgotten_until(turn: &Turn<'_>) -> Option<Timestamp> {
    let until = turn.rollout.phase_since + LATE;
    (turn.now < until).then_some(until)
}

/// Until when a call without an answer may still take effect.
fn unanswered_until(turn: &Turn<'_>, key: &ActionKey) -> Option<Timestamp> {
    let Some(attempt) = turn.seen.answers.get(key) else { return forgotten_until(turn) };
    let unanswered = matches!(attempt.answer, Answer::CannotTell(_)).then_some(attempt);
    unanswered.and_then(shows_until).filter(|until| turn.now < *until)
}
