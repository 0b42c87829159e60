//! The order in which objects changed, so that a reader gets each object that changed since its last reading once.

use std::collections::{BTreeMap, HashMap, VecDeque};

use replank_core::names::{NodeName, ObjectName, Uid};

/// Most removed objects that are remembered; a reader that missed more reads everything again.
const GONE_MAX: usize = 50_000;

/// Identifies an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    Node(NodeName),
    Pod(Uid),
    Budget(ObjectName),
}

/// Number of the last change of each object.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    version: u64,
    /// Readers that are at a lower number missed removals that are forgotten.
    floor: u64,
    order: BTreeMap<u64, Key>,
    last: HashMap<Key, u64>,
    gone: VecDeque<(u64, Key)>,
}

impl Changes {
    /// Number of the last change.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Notes that an object changed.
    pub(crate) fn note(&mut self, key: Key) {
        self.version += 1;
        if let Some(before) = self.last.insert(key.clone(), self.version) {
            self.order.remove(&before);
        }
        self.order.insert(self.version, key);
    }

    /// Notes that an object was removed.
    pub(crate) fn gone(&mut self, key: Key) {
        self.note(key.clone());
        self.gone.push_back((self.version, key));
        while self.gone.len() > GONE_MAX {
            let Some((version, key)) = self.gone.pop_front() else { return };
            // One that came back since is there again.
            if self.last.get(&key) == Some(&version) {
                self.last.remove(&key);
                self.order.remove(&version);
                self.floor = version;
            }
        }
    }

    /// Objects that changed after change `since`, in the order of their last changes; `None` when some removals are
    /// forgotten.
    pub(crate) fn since(&self, since: u64) -> Option<impl Iterator<Item = &Key>> {
        (since >= self.floor).then(|| self.order.range(since + 1..).map(|(_, key)| key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(number: u128) -> Key {
        Key::Pod(Uid(number))
    }

    fn since(changes: &Changes, since: u64) -> Option<Vec<Key>> {
        changes.since(since).map(|keys| keys.cloned().collect())
    }

    #[test]
    fn an_object_that_changed_twice_is_read_once() {
        let mut changes = Changes::default();
        [1, 2, 1].map(pod).into_iter().for_each(|key| changes.note(key));
        assert_eq!(since(&changes, 0), Some(vec![pod(2), pod(1)]));
        assert_eq!(since(&changes, 2), Some(vec![pod(1)]));
        assert_eq!(since(&changes, changes.version()), Some(vec![]));
    }

    #[test]
    fn who_missed_a_forgotten_end_reads_everything_anew() {
        let mut changes = Changes::default();
        (0..=GONE_MAX as u128).map(pod).for_each(|key| changes.gone(key));
        assert_eq!(since(&changes, 0), None);
        assert_eq!(since(&changes, 1).map(|keys| keys.len()), Some(GONE_MAX));
    }

    #[test]
    fn one_that_came_back_is_not_forgotten() {
        let mut changes = Changes::default();
        changes.gone(pod(7));
        changes.note(pod(7));
        (1000..1000 + GONE_MAX as u128).map(pod).for_each(|key| changes.gone(key));
        assert_eq!(since(&changes, 1).map(|keys| keys.first().cloned()), Some(Some(pod(7))));
    }
}
