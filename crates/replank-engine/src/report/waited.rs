//! How long an update has waited so far, and for what: the longest wait for each thing.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use replank_core::node_group::wait::Wait;
use serde::{Deserialize, Serialize};

use crate::messages;

/// Most things that are remembered; the shortest are forgotten first.
const TOPICS_MAX: usize = 1000;

/// The waits of an update, present and past.
#[derive(Clone, Debug, Default)]
pub struct Waited {
    /// Present waits by topic: since when, and their last text.
    standing: BTreeMap<String, (Timestamp, String)>,
    /// Past waits by topic: the longest, and how many there were.
    over: BTreeMap<String, Stretch>,
}

#[derive(Clone, Debug)]
struct Stretch {
    longest: SignedDuration,
    times: u32,
    text: String,
}

/// A past wait, for JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WaitedJson {
    /// Duration of the longest, in seconds.
    pub seconds: i64,
    /// How many times it was waited for.
    pub times: u32,
    /// What was waited for, in words.
    pub what: String,
}

impl Waited {
    /// Adds the waits of a turn at `at`.
    pub fn take(&mut self, at: Timestamp, waits: &[Wait]) {
        let mut standing = BTreeMap::new();
        for wait in waits {
            let key = messages::topic(wait);
            let since = self.standing.get(&key).map_or(at, |(since, _)| *since);
            standing.insert(key, (since, messages::subject(wait, at)));
        }
        for (key, (since, text)) in std::mem::replace(&mut self.standing, standing) {
            if !self.standing.contains_key(&key) {
                self.end(key, at.duration_since(since), text);
            }
        }
    }

    /// Ends all present waits.
    pub fn close(&mut self, at: Timestamp) {
        for (key, (since, text)) in std::mem::take(&mut self.standing) {
            self.end(key, at.duration_since(since), text);
        }
    }

    /// Past waits, longest first; those under a second are left out.
    pub fn over(&self) -> Vec<WaitedJson> {
        let stretches = self.over.values().filter(|stretch| stretch.longest.as_secs() > 0);
        let mut over: Vec<WaitedJson> = stretches
            .map(|stretch| WaitedJson {
                seconds: stretch.longest.as_secs(),
                times: stretch.times,
                what: stretch.text.clone(),
            })
            .collect();
        over.sort_by(|a, b| b.seconds.cmp(&a.seconds).then_with(|| a.what.cmp(&b.what)));
        over
    }

    fn end(&mut self, key: String, lasted: SignedDuration, text: String) {
        let none = Stretch { longest: SignedDuration::ZERO, times: 0, text: String::new() };
        let stretch = self.over.entry(key).or_insert(none);
        stretch.times += 1;
        if lasted > stretch.longest {
            (stretch.longest, stretch.text) = (lasted, text);
        }
        if self.over.len() > TOPICS_MAX {
            let shortest = self.over.iter().min_by_key(|(_, stretch)| stretch.longest);
            let shortest = shortest.map(|(key, _)| key.clone());
            shortest.map(|key| self.over.remove(&key));
        }
    }
}

#[cfg(test)]
mod tests {
    use replank_core::node_group::wait::On;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn wait(on: On) -> Wait {
        Wait { node: None, on, since: None, again: None, until: None }
    }

    #[test]
    fn the_longest_stretch_of_each_is_kept() {
        let mut waited = Waited::default();
        for (second, stands) in [(0, true), (2, false), (10, true), (15, true), (20, false), (21, true)] {
            let waits =
                if stands { vec![wait(On::Paused), wait(On::Cordon)] } else { vec![wait(On::Cordon)] };
            waited.take(at(second), &waits);
        }
        let over = waited.over();
        assert_eq!(over.iter().map(|one| (one.seconds, one.times)).collect::<Vec<_>>(), [(10, 2)]);
        waited.close(at(30));
        let over = waited.over();
        assert_eq!(over.iter().map(|one| (one.seconds, one.times)).collect::<Vec<_>>(), [(30, 1), (10, 3)]);
    }
}
