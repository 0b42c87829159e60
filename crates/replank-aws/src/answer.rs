//! Failures as the four answers of the engine.

use replank_core::observed::{Answer, Refused};

use crate::failure::{CallError, FailureKind};

/// Seconds to wait after AWS throttled; it names none itself.
const AFTER_THROTTLING: u32 = 5;

/// What became of an act whose call failed.
pub(crate) fn of(failure: &CallError) -> Answer {
    match failure.kind {
        FailureKind::Throttled => {
            Answer::NotYet(Refused::Throttled { retry_after_seconds: AFTER_THROTTLING })
        }
        FailureKind::Busy | FailureKind::Credentials => {
            Answer::NotYet(Refused::Other { message: failure.to_string() })
        }
        FailureKind::Denied | FailureKind::Refused => Answer::Impossible(failure.to_string()),
        FailureKind::Unknown => Answer::CannotTell(failure.to_string()),
    }
}

/// The answer when what was looked at before an act is not what the act is meant for any more.
pub(crate) fn changed(message: String) -> Answer {
    Answer::NotYet(Refused::Changed { message })
}
