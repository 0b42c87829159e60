//! Phases with their durations, in one shape wherever they are listed.

use jiff::Timestamp;
use replank_core::node_group::event::Fact;
use replank_core::node_group::phase::Phase;
use serde::{Deserialize, Serialize};

use crate::messages;
use crate::serialized::{SerializedForm, v1};

/// A phase with its duration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PhaseJson<S = i64> {
    /// Which phase, as a report has it.
    pub phase: v1::Phase,
    /// Its duration in seconds.
    pub seconds: S,
}

impl<S> PhaseJson<S> {
    /// A phase that took, or would take, that long.
    pub fn of(phase: Phase, seconds: S) -> Self {
        Self { phase: v1::Phase::of(&phase), seconds }
    }

    /// Name of the phase for people.
    pub fn name(&self) -> &'static str {
        messages::phase(self.phase.clone().back())
    }
}

/// Phases that are over, from the facts of an update in their order. Setup begins with the update, of which there is no
/// fact.
pub fn ended<'f>(begun: Timestamp, facts: impl IntoIterator<Item = (Timestamp, &'f Fact)>) -> Vec<PhaseJson> {
    let mut phases = Vec::new();
    let mut now = (Phase::Setup, begun);
    for (at, fact) in facts {
        let next = match fact {
            Fact::Entered { phase } => *phase,
            Fact::Finished { .. } => Phase::Done,
            _ => continue,
        };
        phases.push(PhaseJson::of(now.0, at.duration_since(now.1).as_secs()));
        now = (next, at);
    }
    phases
}

#[cfg(test)]
mod tests {
    use replank_core::node_group::problem::Outcome;

    use super::*;

    #[test]
    fn a_phase_lasts_until_the_next_begins() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let facts = [
            (at(2), Fact::Entered { phase: Phase::ScaleUp }),
            (at(3), Fact::Paused { give_back: false }),
            (at(90), Fact::Entered { phase: Phase::Guard }),
            (at(91), Fact::Finished { outcome: Outcome::Failed, unrestored: None, kept: None }),
        ];
        let ended = ended(at(0), facts.iter().map(|(at, fact)| (*at, fact)));
        let told: Vec<(&str, i64)> = ended.iter().map(|phase| (phase.name(), phase.seconds)).collect();
        assert_eq!(told, [("Setup", 2), ("Scale up", 88), ("Guard", 1)]);
    }
}
