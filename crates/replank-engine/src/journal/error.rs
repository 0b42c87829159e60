//! Errors of the journal. Each message names the file or row and a way out.

use replank_core::names::{ClusterName, NodeGroupName, UpdateId};
use replank_core::node_group::rollout::IllegalEvent;
use thiserror::Error;

/// A journal file that cannot be opened. Nothing in it was changed.
#[derive(Debug, Error)]
pub enum OpenError {
    /// A SQLite file with another application id.
    #[error(
        "{file} is a SQLite database of something else, not a journal of replank; name another data directory"
    )]
    Foreign {
        /// Path of the file.
        file: String,
    },
    /// Its format is newer than this version knows.
    #[error(
        "{file} has journal format {found} and this version of replank knows up to {known}; \
         use the version that wrote it, or a newer one"
    )]
    Newer {
        /// Path of the file.
        file: String,
        /// Its format (SQLite: `PRAGMA user_version`).
        found: u32,
        /// Newest format known here.
        known: u32,
    },
    /// Not a SQLite file, or a corrupt one.
    #[error("{file} is damaged: {why}; restore it from a backup, or move it away to start anew")]
    Damaged {
        /// Path of the file.
        file: String,
        /// Error of SQLite.
        why: String,
    },
    /// Any other failure to open it.
    #[error("{file} cannot be opened as a journal: {source}")]
    Sqlite {
        /// Path of the file.
        file: String,
        /// Error of SQLite.
        source: rusqlite::Error,
    },
}

/// A journal that cannot be read or written.
#[derive(Debug, Error)]
pub enum JournalError {
    /// Its thread could not be started or has ended.
    #[error("{file}: nobody keeps the journal: {why}; start the process anew")]
    Thread {
        /// Path of the file.
        file: String,
        /// Message of the system, or that the thread has ended.
        why: String,
    },
    /// SQLite failed: disk full, locked for more than five seconds, file gone.
    #[error("{file}: cannot {attempt}: {source}")]
    Sqlite {
        /// Path of the file.
        file: String,
        /// The operation as a verb, such as `record the facts`.
        attempt: &'static str,
        /// Error of SQLite.
        source: rusqlite::Error,
    },
    /// A store that is no SQLite file cannot be read or written.
    #[error("{file}: cannot {attempt}: {why}")]
    Store {
        /// Name of the store.
        file: String,
        /// The operation as a verb, such as `record the facts`.
        attempt: &'static str,
        /// Error message.
        why: String,
    },
    /// A row does not parse, or one before it is missing.
    #[error("{file}: {row} is damaged: {why}; restore the file from a backup, or move it away to start anew")]
    Damaged {
        /// Path of the file.
        file: String,
        /// The row, such as `event 12 of update ID`.
        row: String,
        /// What does not parse.
        why: String,
    },
    /// A row parses and contradicts the rows before it.
    #[error("{file}: {row} contradicts the rows before it: {source}")]
    Illegal {
        /// Path of the file.
        file: String,
        /// The row, such as `event 12 of update ID`.
        row: String,
        /// The rule it breaks.
        source: Box<IllegalEvent>,
    },
    /// The journal has no such update.
    #[error("there is no update {update}")]
    Unknown {
        /// Id of the update.
        update: UpdateId,
    },
    /// A spec or fact cannot be serialized.
    #[error("a record of update {update} cannot be written: {source}")]
    Unwritable {
        /// Id of the update.
        update: UpdateId,
        /// Error of the serializer.
        source: serde_json::Error,
    },
}

/// An update that cannot be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// The cluster has an upgrade that has not ended.
    #[error("cluster {cluster} is being upgraded by {upgrade}; wait for it or cancel it")]
    Upgrading {
        /// Name of the cluster.
        cluster: ClusterName,
        /// Id of the upgrade under way.
        upgrade: UpdateId,
    },
    /// The group has an update that has not ended (EKS: one update per node group at a time).
    #[error("node group {group} of cluster {cluster} is being updated by {update}; wait for it or cancel it")]
    Unfinished {
        /// Name of the cluster.
        cluster: ClusterName,
        /// Name of the node group.
        group: NodeGroupName,
        /// Id of the update that has not ended.
        update: UpdateId,
    },
    /// The journal has an update with that id.
    #[error("there is an update {update} already")]
    Taken {
        /// The id.
        update: UpdateId,
    },
    /// The journal cannot be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Why facts were not recorded. None of them was.
#[derive(Debug, Error)]
pub enum AppendError {
    /// Other facts were recorded in between, so the decision is out of date.
    #[error("update {update} was changed by someone else in between")]
    LostRace {
        /// Id of the update.
        update: UpdateId,
    },
    /// A fact that is illegal in the present state of the update.
    #[error(transparent)]
    Illegal(Box<IllegalEvent>),
    /// The same for an upgrade of a whole cluster.
    #[error(transparent)]
    IllegalOfUpgrade(Box<replank_core::cluster_upgrade::progress::IllegalEvent>),
    /// The journal cannot be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}
