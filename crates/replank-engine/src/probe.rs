//! The places at which a process can die without doing harm, by name, so that a test can kill it at each.

use replank_core::action::Action;
use replank_core::observed::Answer;
use thiserror::Error;

/// Is told of every boundary a turn reaches. Production lets it all pass: [`Pass`].
pub trait Probe {
    /// Called at the boundary; an error stops the turn there and then, as a kill would.
    fn reach(&self, boundary: Boundary<'_>) -> Result<(), Stopped>;
}

/// A boundary inside a turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Boundary<'a> {
    /// Both sides were read.
    Observed,
    /// The decision is made, nothing of it is recorded.
    Decided,
    /// The facts are in the journal, nothing is done yet.
    Recorded,
    /// The act is about to be performed.
    Performing(&'a Action),
    /// The act was answered, the answer is not remembered yet.
    Performed(&'a Action, &'a Answer),
    /// The turn was shown.
    Published,
}

impl Boundary<'_> {
    /// Every kind of boundary, in the order of a turn.
    pub const NAMES: [&'static str; 6] =
        ["observed", "decided", "recorded", "performing", "performed", "published"];

    /// The kind, as one word.
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

/// A probe stopped the turn.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("stopped at boundary `{at}`")]
pub struct Stopped {
    /// The boundary's name.
    pub at: &'static str,
}

/// Lets every boundary pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pass;

impl Probe for Pass {
    fn reach(&self, _: Boundary<'_>) -> Result<(), Stopped> {
        Ok(())
    }
}
