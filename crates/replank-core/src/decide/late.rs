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
    until(turn, &ActionKey::SetSizes, turn.rollout.phase_since)
}

/// Until when the group may still be pointed at the target: it does not launch that, and no answer says what became
/// of the call. A cancel that took it for untouched would leave later launches with the new image. A later phase than
/// Setup began only once the group was seen to launch the target.
pub(super) fn point_until(turn: &Turn<'_>) -> Option<Timestamp> {
    let rollout = &turn.rollout;
    let in_setup = rollout.asked.is_none() && rollout.picks == 0;
    until(turn, &ActionKey::PointGroup, rollout.phase_since).filter(|_| in_setup)
}

/// Until when an instance may still leave that was asked to since then. Who gave the node back to service meanwhile
/// would lose it all the same, and its place in the group.
pub(super) fn leaves_until(turn: &Turn<'_>, instance: &InstanceId, since: Timestamp) -> Option<Timestamp> {
    until(turn, &ActionKey::Terminate(instance.clone()), since)
}

/// Until when a mark may still show that was asked for, or not since the phase began.
pub(super) fn mark_until(turn: &Turn<'_>, key: &ActionKey) -> Option<Timestamp> {
    until(turn, key, turn.rollout.phase_since)
}

/// Until when a call may still take effect that is not seen to: it was taken and readings are behind, or no answer says
/// what became of it. After a restart no answer is known; `since` is when it was last asked for at the earliest.
fn until(turn: &Turn<'_>, key: &ActionKey, since: Timestamp) -> Option<Timestamp> {
    let until = match turn.seen.answers.get(key) {
        None => since + LATE,
        Some(attempt) => match attempt.answer {
            Answer::Done | Answer::CannotTell(_) => attempt.at + LATE,
            Answer::NotYet(_) | Answer::Impossible(_) => return None,
        },
    };
    (turn.now < until).then_some(until)
}
