//! All text for people, in one place. Values come in, sentences go out; nothing here decides.

mod time;

use replank_core::problem::Outcome;

pub use time::{moment, span};

/// How an update ended, as a verb: `it succeeded`.
pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "succeeded",
        Outcome::Failed => "failed",
        Outcome::Cancelled => "was cancelled",
    }
}
