//! Calls that may still arrive: one that was given up is not one that did nothing.

use jiff::{SignedDuration, Timestamp};

use super::turn::Turn;
use crate::action::ActionKey;
use crate::observed::Answer;
use crate::spec::Sizes;

/// So long after it was made a call without an answer may still take effect.
const LATE: SignedDuration = SignedDuration::from_secs(60);

/// Until when larger sizes that were asked for may still be taken: they are not seen, and no answer says what became
/// of them. Who took the group for home meanwhile would leave it large. After a restart nobody knows of the answer;
/// no raise was asked for since the phase began.
pub(super) fn raise_until(turn: &Turn<'_>, sizes: Sizes) -> Option<Timestamp> {
    let asked = turn.rollout.asked.filter(|asked| sizes.desired < asked.desired)?;
    let home = turn.measured().filter(|measured| asked.desired > measured.home.desired)?.home;
    let until = match turn.seen.answers.get(&ActionKey::SetSizes) {
        None => turn.rollout.phase_since + LATE,
        Some(attempt) => match attempt.answer {
            Answer::CannotTell(_) => attempt.at + LATE,
            Answer::Done | Answer::NotYet(_) | Answer::Impossible(_) => return None,
        },
    };
    (sizes.desired <= home.desired && turn.now < until).then_some(until)
}
