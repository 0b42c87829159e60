//! How long virtual time goes on without news: a world with periodic work never comes to rest by itself.

use jiff::{SignedDuration, Timestamp};
use replank_core::node_group::event::Event;
use replank_core::node_group::spec::Spec;

/// With nothing recorded for this long beyond the longest deadline, only a user can change anything.
const BEYOND: SignedDuration = SignedDuration::from_hours(24);

/// Until when news are possible; `None` before the first turn.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Patience(Option<Timestamp>);

impl Patience {
    /// Follows a turn of an update and the facts it recorded.
    pub(super) fn follow(&mut self, spec: &Spec, facts: &[Event], now: Timestamp) {
        if facts.is_empty() && self.0.is_some() {
            return;
        }
        let limits = spec.limits;
        let longest = limits.drain.max(limits.join).max(limits.terminate);
        self.0 = self.0.max(Some(now + longest + BEYOND));
    }

    /// Whether no news can be expected any more.
    pub(super) fn is_over(self, now: Timestamp) -> bool {
        self.0.is_some_and(|until| now > until)
    }
}
