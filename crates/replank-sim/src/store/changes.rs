//! The log of what changed, for whoever follows the world: a bounded watch cache.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Ref;

/// How many changes are remembered. Who falls further behind lists everything anew, as watchers of a real API
/// server do after 410 Gone. A turn follows at most a few thousand; this is room for a slow one.
const KEPT_MAX: usize = 1 << 18;

/// One change.
#[derive(Clone, Debug)]
pub struct Change {
    /// The version of the world after it; no two changes have the same.
    pub version: u64,
    /// What changed.
    pub at: Ref,
    /// How.
    pub verb: Verb,
    /// Namespace and name, for what is gone.
    pub place: (Arc<str>, Arc<str>),
    /// The identity, for what is gone.
    pub uid: u128,
}

/// How something changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// It is new.
    Added,
    /// It is another.
    Modified,
    /// It is gone.
    Deleted,
}

/// The log.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    kept: VecDeque<Change>,
    /// The version of the newest change that is not remembered any more.
    forgotten: u64,
    /// The version of the world.
    pub version: u64,
}

impl Changes {
    /// Notes a change.
    pub fn push(&mut self, change: Change) {
        if self.kept.len() == KEPT_MAX
            && let Some(oldest) = self.kept.pop_front()
        {
            self.forgotten = oldest.version;
        }
        self.kept.push_back(change);
    }

    /// What changed after `version`; `None` when that is too long ago.
    pub fn since(&self, version: u64) -> Option<impl Iterator<Item = &Change>> {
        if version < self.forgotten {
            return None;
        }
        let start = self.kept.partition_point(|change| change.version <= version);
        Some(self.kept.range(start..))
    }
}
