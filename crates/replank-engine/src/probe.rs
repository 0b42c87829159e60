//! The points of a turn at which a process may die, by name, so that tests can kill it at each of them.

use replank_core::action::Action;
use replank_core::observed::Answer;
use thiserror::Error;

/// Is told of every point a turn reaches. Outside tests it is [`Pass`].
pub trait Probe {
    /// Called when the point is reached; an error ends the turn there, as a kill would.
    fn reach(&self, boundary: Boundary<'_>) -> Result<(), Stopped>;
}

/// A point of a turn at which a process may die.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Boundary<'a> {
    /// Both sides were read.
    Observed,
    /// The decision is made and nothing of it is recorded.
    Decided,
    /// The facts are recorded and no action is performed.
    Recorded,
    /// An action is about to be performed.
    Performing(&'a Action),
    /// An action was answered and the answer is not kept yet.
    Performed(&'a Action, &'a Answer),
    /// The turn was shown.
    Published,
}

impl Boundary<'_> {
    /// Every name, in the order of a turn.
    pub const NAMES: [&'static str; 6] =
        ["observed", "decided", "recorded", "performing", "performed", "published"];

    /// Name of the point, one word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Decided => "decided",
            Self::Recorded => "recorded",
            Self::Performing(_) => "performing",
            Self::Performed(..) => "performed",
            Self::Published => "published",
        }
    }
}

/// A probe ended the turn.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("stopped at boundary `{at}`")]
pub struct Stopped {
    /// Name of the point.
    pub at: &'static str,
}

/// A probe that lets every turn go on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pass;

impl Probe for Pass {
    fn reach(&self, _: Boundary<'_>) -> Result<(), Stopped> {
        Ok(())
    }
}
