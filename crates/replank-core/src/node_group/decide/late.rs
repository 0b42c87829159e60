//! Calls that may still arrive: one that was given up is not one that did nothing.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::turn::Turn;
use crate::action::{ActionKey, Marking};
use crate::names::InstanceId;
use crate::observed::{Answer, Attempt};
use crate::sizes::Sizes;

/// So long after it was made a call without an answer may still take effect.
const LATE: SignedDuration = SignedDuration::from_secs(60);

/// Until when larger sizes that were asked for may still be taken: they are not seen, and no answer says what became
/// of them. Who took the sizes for the original ones meanwhile would leave it large.
pub(super) fn raise_until(turn: &Turn<'_>, sizes: Sizes) -> Option<Timestamp> {
    let asked = turn.rollout.asked.filter(|asked| sizes.desired < asked.desired)?;
    let original = turn.measured().filter(|measured| asked.desired > measured.original.desired)?.original;
    if sizes.desired > original.desired {
        return None;
    }
    unanswered_until(turn, &ActionKey::SetSizes)
}

/// Until when the group may still be pointed at the target: it does not launch that, and no answer says what became
/// of the call. A cancel that took it for untouched would leave later launches with the new image. A later phase than
/// Setup began only once the group was seen to launch the target.
pub(super) fn point_until(turn: &Turn<'_>) -> Option<Timestamp> {
    let rollout = &turn.rollout;
    let in_setup = rollout.asked.is_none() && rollout.picks == 0;
    unanswered_until(turn, &ActionKey::PointGroup).filter(|_| in_setup)
}

/// Until when an instance may still leave that was asked to since then: the call was taken and readings are behind, or
/// no answer says what became of it. Who gave the node back to service meanwhile would lose it all the same, and its
/// place in the group.
pub(super) fn leaves_until(turn: &Turn<'_>, instance: &InstanceId, since: Timestamp) -> Option<Timestamp> {
    let until = match turn.seen.answers.get(&ActionKey::Terminate(instance.clone())) {
        None => Some(since + LATE),
        Some(attempt) => shows_until(attempt),
    };
    until.filter(|until| turn.now < *until)
}

/// Until when marks may still show, by instance: they were asked for and not taken away again, are not seen, and no
/// answer says that they never come. Who ended an update meanwhile would leave them.
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

/// Until when a call may take effect that is not seen to: it was taken and readings are behind, or no answer says what
/// became of it.
fn shows_until(attempt: &Attempt) -> Option<Timestamp> {
    match attempt.answer {
        Answer::Done | Answer::CannotTell(_) => Some(attempt.at + LATE),
        Answer::NotYet(_) | Answer::Impossible(_) => None,
    }
}

/// Until when a call may still arrive that nobody remembers: after a restart no answer is known, and nothing of the
/// kind was asked for since the phase began.
pub(super) fn forgotten_until(turn: &Turn<'_>) -> Option<Timestamp> {
    let until = turn.rollout.phase_since + LATE;
    (turn.now < until).then_some(until)
}

/// Until when a call may still arrive that got no answer.
fn unanswered_until(turn: &Turn<'_>, key: &ActionKey) -> Option<Timestamp> {
    let Some(attempt) = turn.seen.answers.get(key) else { return forgotten_until(turn) };
    let unanswered = matches!(attempt.answer, Answer::CannotTell(_)).then_some(attempt);
    unanswered.and_then(shows_until).filter(|until| turn.now < *until)
}
