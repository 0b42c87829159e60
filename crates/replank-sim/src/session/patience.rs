//! How long virtual time goes on while nothing is recorded: a world with periodic work never stands still by itself.

use jiff::{SignedDuration, Timestamp};
use replank_core::node_group::event::Event;
use replank_core::node_group::spec::Spec;

/// When nothing is recorded for this long beyond every limit, only a person can change anything.
const BEYOND: SignedDuration = SignedDuration::from_hours(24);

/// Until when news of the updates are still possible; not known before the first turn.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Patience(Option<Timestamp>);

impl Patience {
    /// Takes in a turn of an update and what it recorded.
    pub(super) fn follow(&mut self, spec: &Spec, facts: &[Event], now: Timestamp) {
        if facts.is_empty() && self.0.is_some() {
            return;
        }
        let limits = spec.limits;
        let longest = limits.drain.max(limits.join).max(limits.terminate);
        self.0 = self.0.max(Some(now + longest + BEYOND));
    }

    /// Whether no news are to be expected any more.
    pub(super) fn is_over(self, now: Timestamp) -> bool {
        self.0.is_some_and(|until| now > until)
    }
}
