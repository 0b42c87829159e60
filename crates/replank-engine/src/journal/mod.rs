//! The journal: the spec of every update and its facts, in the order in which they were recorded.
//!
//! One SQLite file, or the same in memory, or another [`store`]. Facts are recorded in one transaction with a compare-and-swap on the number
//! of facts before them, so that of two processes that decide at once only one succeeds.

pub mod contract;
mod error;
mod format;
mod read;
mod records;
mod sqlite;
pub mod store;
#[cfg(test)]
mod tests;
mod thread;
mod upgrade_records;
mod upgrades;
mod write;

use std::path::Path;

use jiff::Timestamp;
use replank_core::names::{ClusterName, NodeGroupName, UpdateId};
use replank_core::node_group::event::Event;
use replank_core::node_group::problem::Outcome;
use replank_core::node_group::rollout::Rollout;

use sqlite::Sqlite;
use store::Store;

pub use error::{AppendError, JournalError, OpenError, StartError};
pub use thread::{Inline, JournalPort, JournalThread};
#[cfg(test)]
pub(crate) use upgrade_records::tests::spec as upgrade_spec_for_tests;
pub use upgrades::{ListedUpgrade, RecordedUpgrade};

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    store: Box<dyn Store>,
    file: String,
}

/// An update as far as it was read from the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Its state, with all facts applied.
    pub rollout: Rollout,
    /// Number of its facts, which is the sequence number of the next one.
    pub next_seq: u64,
}

impl Recorded {
    /// Applies facts that were read from `file`.
    pub(crate) fn take_in(&mut self, events: &[Event], file: &str) -> Result<(), JournalError> {
        for event in events {
            self.rollout.apply(event).map_err(|source| JournalError::Illegal {
                file: file.to_owned(),
                row: format!("event {} of update {}", self.next_seq, self.rollout.spec().update),
                source: Box::new(source),
            })?;
            self.next_seq += 1;
        }
        Ok(())
    }

    /// A copy with these facts applied, to be recorded. An error for facts that are illegal.
    pub(crate) fn with(&self, events: &[Event]) -> Result<Self, AppendError> {
        let mut after = self.clone();
        for event in events {
            after.rollout.apply(event).map_err(|error| AppendError::Illegal(Box::new(error)))?;
            after.next_seq += 1;
        }
        Ok(after)
    }
}

/// One row of the list of updates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Id of the update.
    pub update: UpdateId,
    /// Name of the cluster.
    pub cluster: ClusterName,
    /// Name of the node group.
    pub group: NodeGroupName,
    /// When it was asked for.
    pub started_at: Timestamp,
    /// How it ended; `None` while it runs.
    pub outcome: Option<Outcome>,
}

impl Journal {
    /// Opens the journal at `path`, creates it if it does not exist, and migrates an older format.
    ///
    /// Write-ahead log with a full sync per transaction: recorded facts survive a power failure.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Ok(Self::of(Sqlite::open(path)?))
    }

    /// A journal in memory, gone with the process.
    pub fn in_memory() -> Result<Self, OpenError> {
        Ok(Self::of(Sqlite::in_memory()?))
    }

    /// A journal whose rows are kept in this store.
    pub fn of(store: impl Store) -> Self {
        let file = store.name().to_owned();
        Self { store: Box::new(store), file }
    }
}
