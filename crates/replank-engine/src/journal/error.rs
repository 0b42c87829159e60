//! What can go wrong with a journal, in words that say which file or row and what to do.

use replank_core::names::{ClusterName, NodeGroupName, UpdateId};
use replank_core::node_group::rollout::IllegalEvent;
use thiserror::Error;

/// A journal that cannot be opened. Nothing was changed in it.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Some other program's database.
    #[error(
        "{file} is a SQLite database of something else, not a journal of replank; name another data directory"
    )]
    Foreign {
        /// The file.
        file: String,
    },
    /// Written by a newer version.
    #[error(
        "{file} has journal format {found} and this version of replank knows up to {known}; \
         use the version that wrote it, or a newer one"
    )]
    Newer {
        /// The file.
        file: String,
        /// Its format.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// Not a database, or a broken one.
    #[error("{file} is damaged: {why}; restore it from a backup, or move it away to start anew")]
    Damaged {
        /// The file.
        file: String,
        /// What SQLite says.
        why: String,
    },
    /// Any other trouble with the file.
    #[error("{file} cannot be opened as a journal: {source}")]
    Sqlite {
        /// The file.
        file: String,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

/// A journal that cannot be read or written.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The thread it is kept by cannot be started, or has ended.
    #[error("{file}: nobody keeps the journal: {why}; start the process anew")]
    Thread {
        /// The file.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// Trouble with the file: disk full, locked for too long, gone.
    #[error("{file}: cannot {attempt}: {source}")]
    Sqlite {
        /// The file.
        file: String,
        /// What was attempted.
        attempt: &'static str,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// A row that cannot be read.
    #[error("{file}: {row} is damaged: {why}; restore the file from a backup, or move it away to start anew")]
    Damaged {
        /// The file.
        file: String,
        /// Which row.
        row: String,
        /// What is wrong with it.
        why: String,
    },
    /// A row that can be read and cannot be true.
    #[error("{file}: {row} contradicts the rows before it: {source}")]
    Illegal {
        /// The file.
        file: String,
        /// Which row.
        row: String,
        /// What cannot be.
        source: Box<IllegalEvent>,
    },
    /// No such update.
    #[error("there is no update {update}")]
    Unknown {
        /// The update.
        update: UpdateId,
    },
    /// A value that cannot be written.
    #[error("a record of update {update} cannot be written: {source}")]
    Unwritable {
        /// The update.
        update: UpdateId,
        /// Why not.
        source: serde_json::Error,
    },
}

/// An update that cannot start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The group has an update that is not over (EKS: one update per node group at a time).
    #[error("node group {group} of cluster {cluster} is being updated by {update}; wait for it or cancel it")]
    Unfinished {
        /// The cluster.
        cluster: ClusterName,
        /// The group.
        group: NodeGroupName,
        /// The update that is under way.
        update: UpdateId,
    },
    /// The id was used before.
    #[error("there is an update {update} already")]
    Taken {
        /// The id.
        update: UpdateId,
    },
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Facts that were not recorded. None of them was.
#[derive(Debug, Error)]
pub enum AppendError {
    /// Someone else recorded facts in between: what was decided on the old state is void.
    #[error("update {update} was changed by someone else in between")]
    LostRace {
        /// The update.
        update: UpdateId,
    },
    /// A fact that cannot be true of the update as it stands.
    #[error(transparent)]
    Illegal(Box<IllegalEvent>),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
}
