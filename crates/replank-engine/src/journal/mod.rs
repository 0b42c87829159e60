//! The memory of every update: what was asked and what happened, in the order in which it happened.
//!
//! One SQLite file, or the same in memory. A fact is recorded in one transaction with a compare-and-swap on the
//! number of facts before it, so two deciders can never both be right. It knows nothing of the world.

mod error;
mod format;
mod read;
mod records_v1;
#[cfg(test)]
mod tests;
mod thread;
mod write;

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use replank_core::names::{ClusterName, NodeGroupName, UpdateId};
use replank_core::node_group::event::Event;
use replank_core::node_group::problem::Outcome;
use replank_core::node_group::rollout::Rollout;
use rusqlite::Connection;
use rusqlite::config::DbConfig;

pub use error::{AppendError, JournalError, OpenError, StartError};
pub use thread::{Inline, JournalPort, JournalThread};

/// How long a writer waits for another one to finish.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A journal.
#[derive(Debug)]
pub struct Journal {
    connection: Connection,
    file: String,
}

/// An update as far as the journal was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The facts, folded.
    pub rollout: Rollout,
    /// How many facts it has, which is the number of the next one.
    pub next_seq: u64,
}

impl Recorded {
    /// Takes in facts that were read from `file`.
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

    /// The same with facts that are to be recorded.
    pub(crate) fn with(&self, events: &[Event]) -> Result<Self, AppendError> {
        let mut after = self.clone();
        for event in events {
            after.rollout.apply(event).map_err(|error| AppendError::Illegal(Box::new(error)))?;
            after.next_seq += 1;
        }
        Ok(after)
    }
}

/// An update in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The update.
    pub update: UpdateId,
    /// The cluster.
    pub cluster: ClusterName,
    /// The node group.
    pub group: NodeGroupName,
    /// When it was asked for.
    pub started_at: Timestamp,
    /// How it ended; `None` while it is under way.
    pub outcome: Option<Outcome>,
}

impl Journal {
    /// Opens the journal at `path`, made if it is not there, and brings an older format forward.
    ///
    /// Write-ahead log and a full sync per transaction: what was recorded survives a power cut.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let file = path.display().to_string();
        let attempt = |source| OpenError::Sqlite { file: file.clone(), source };
        let mut connection = Connection::open(path).map_err(attempt)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(attempt)?;
        format::prepare(&mut connection, &file)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(attempt)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(attempt)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(attempt)?;
        keep_plans(&connection).map_err(attempt)?;
        Ok(Self { connection, file })
    }

    /// A journal that is gone with the process.
    pub fn in_memory() -> Result<Self, OpenError> {
        let file = "journal in memory".to_owned();
        let attempt = |source| OpenError::Sqlite { file: file.clone(), source };
        let mut connection = Connection::open_in_memory().map_err(attempt)?;
        format::prepare(&mut connection, &file)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(attempt)?;
        keep_plans(&connection).map_err(attempt)?;
        Ok(Self { connection, file })
    }

    fn failed(&self, attempt: &'static str) -> impl Fn(rusqlite::Error) -> JournalError + '_ {
        move |source| JournalError::Sqlite { file: self.file.clone(), attempt, source }
    }
}

/// Lets a statement keep its plan whatever is bound to it. Without that, each time `catch_up` asks for facts with
/// another number, which is every turn, the statement is compiled anew (SQLite: query planner stability guarantee).
fn keep_plans(connection: &Connection) -> rusqlite::Result<bool> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
}
