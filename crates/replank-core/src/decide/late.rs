//! Calls that may still arrive: one that was given up is not one that did nothing.

use jiff::{SignedDuration, Timestamp};

use super::turn::Turn;
use crate::action::ActionKey;
use crate::names::InstanceId;
use crate::observed::Answer;
use crate::spec::Sizes;

/// So long after it was made a call without an answer may still take effect.
const LATE: SignedDuration = SignedDuration::from_secs(60);

/// Until when larger sizes that were asked for may still be taken: they are not seen, and no answer says what became
/// of them. Who took the group for home meanwhile would leave it large.
pub(super) fn raise_until(turn: &Turn<'_>, sizes: Sizes) -> Option<Timestamp> {
    let asked = turn.rollout.asked.filter(|asked| sizes.desired < asked.desired)?;
    let home = turn.measured().filter(|measured| asked.desired > measured.home.desired)?.home;
    if sizes.desired > home.desired {
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

/// Until when an instance may still leave that was asked to since then. Who gave the node back to service meanwhile
/// would lose it all the same, and its place in the group.
pub(super) fn leaves_until(turn: &Turn<'_>, instance: &InstanceId, since: Timestamp) -> Option<Timestamp> {
    let until = taken_until(turn, &ActionKey::Terminate(instance.clone()), since)?;
    (turn.now < until).then_some(until)
}

/// Until when a mark may still show that was asked for, and taken away again by `takes` at the latest.
pub(super) fn mark_until(
    turn: &Turn<'_>,
    asks: &ActionKey,
    takes: &ActionKey,
    since: Timestamp,
) -> Option<Timestamp> {
    let at = |key| turn.seen.answers.get(key).map(|attempt| attempt.at);
    if at(takes).is_some_and(|taken| at(asks).is_none_or(|asked| asked <= taken)) {
        return None;
    }
    let until = taken_until(turn, asks, since)?;
    (turn.now < until).then_some(until)
}

/// Until when a call may take effect that is not seen to: it was taken and readings are behind, or no answer says what
/// became of it. After a restart no answer is known; `since` is when it was last asked for at the latest.
fn taken_until(turn: &Turn<'_>, key: &ActionKey, since: Timestamp) -> Option<Timestamp> {
    match turn.seen.answers.get(key) {
        None => Some(since + LATE),
        Some(attempt) => match attempt.answer {
            Answer::Done | Answer::CannotTell(_) => Some(attempt.at + LATE),
            Answer::NotYet(_) | Answer::Impossible(_) => None,
        },
    }
}

/// Until when a call may still arrive that got no answer. After a restart no answer is known; nothing of the kind was
/// asked for since the phase began.
fn unanswered_until(turn: &Turn<'_>, key: &ActionKey) -> Option<Timestamp> {
    let until = match turn.seen.answers.get(key) {
        None => turn.rollout.phase_since + LATE,
        Some(attempt) => match attempt.answer {
            Answer::CannotTell(_) => attempt.at + LATE,
            Answer::Done | Answer::NotYet(_) | Answer::Impossible(_) => return None,
        },
    };
    (turn.now < until).then_some(until)
}
