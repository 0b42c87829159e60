//! When the next look at a group is worth a call. The limits on calls are the account's, so nothing is read that nobody
//! waits for: a drain needs no look, and a new node shows in the cluster first.

use std::time::Duration;

/// Pause before the first look for something that is expected: a launch or a termination takes longer.
const EXPECTED: Duration = Duration::from_secs(15);
/// Longest pause, also when nothing is expected: others may change the group.
const LONGEST: Duration = Duration::from_mins(1);
/// Least pause between two looks, however many nodes come and go.
const LEAST: Duration = Duration::from_secs(2);

/// What the last look leaves to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// A change of ours, or a node that belongs to no instance seen so far.
    Now,
    /// Launches or terminations; with the number of looks in a row that showed nothing new.
    Soon { quiet: u32 },
    /// Nothing is under way, so the longest pause is enough.
    Nothing,
}

/// How long after the last look the next one is due.
pub(crate) fn pause(expected: Expected) -> Duration {
    match expected {
        Expected::Now => LEAST,
        Expected::Soon { quiet } => (EXPECTED * 2_u32.saturating_pow(quiet.min(8))).min(LONGEST),
        Expected::Nothing => LONGEST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_become_rarer_while_nothing_changes() {
        let seconds: Vec<u64> = (0..5).map(|quiet| pause(Expected::Soon { quiet }).as_secs()).collect();
        assert_eq!(seconds, [15, 30, 60, 60, 60]);
        assert_eq!(pause(Expected::Soon { quiet: u32::MAX }), LONGEST);
    }
}
