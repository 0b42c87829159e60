//! The watch cache: a bounded log of every write to the store, read by whoever follows the world.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Ref;
use crate::object::Uid;

/// How many changes are remembered. Who falls further behind lists everything anew, as watchers of a real API
/// server do after 410 Gone. A turn follows at most a few thousand; this is room for a slow one.
const KEPT_MAX: usize = 1 << 18;

/// One write to the store.
#[derive(Clone, Debug)]
pub struct Change {
    /// The world's resource version after this write; unique and rising.
    pub version: u64,
    /// The object that was written.
    pub at: Ref,
    /// Whether the write created, changed or removed the object.
    pub verb: Verb,
    /// What the object was called, when the write removed it: it is out of its table then. `None` for any other
    /// write.
    pub gone: Option<Arc<Gone>>,
}

/// What a removed object was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// Namespace; empty for cluster-scoped objects.
    pub namespace: Arc<str>,
    /// `metadata.name`; another object may have it by now.
    pub name: Arc<str>,
    /// `metadata.uid`.
    pub uid: Uid,
}

/// The type of a watch event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// The object was created.
    Added,
    /// The object was changed.
    Modified,
    /// The object was removed from the store, after its finalizers and its grace period.
    Deleted,
}

/// The latest writes, at most `KEPT_MAX` of them, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    kept: VecDeque<Change>,
    /// The version of the newest change that is not remembered any more.
    forgotten: u64,
    /// The world's resource version: that of the newest write. Recorded Events raise it as well.
    pub version: u64,
}

impl Changes {
    /// Appends a change; the oldest is forgotten when the log is full.
    pub fn push(&mut self, change: Change) {
        if self.kept.len() == KEPT_MAX
            && let Some(oldest) = self.kept.pop_front()
        {
            self.forgotten = oldest.version;
        }
        self.kept.push_back(change);
    }

    /// The changes after `version`, oldest first. `None` when some of them are forgotten already: the caller
    /// lists again, as after 410 Gone.
    pub fn since(&self, version: u64) -> Option<impl Iterator<Item = &Change>> {
        if version < self.forgotten {
            return None;
        }
        let start = self.kept.partition_point(|change| change.version <= version);
        Some(self.kept.range(start..))
    }
}
