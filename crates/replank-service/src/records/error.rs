//! Errors of the records. Each message names the file and a way out.

use thiserror::Error;

/// The file of records cannot be read or written.
#[derive(Debug, Error)]
pub enum RecordsError {
    /// A SQLite file with another application id.
    #[error(
        "{file} is a SQLite database of something else, not the records of replank; name another data directory"
    )]
    Foreign {
        /// Path of the file.
        file: String,
    },
    /// Its format is newer than this version knows.
    #[error(
        "{file} has record format {found} and this version of replank knows up to {known}; use a newer version"
    )]
    Newer {
        /// Path of the file.
        file: String,
        /// Its format (SQLite: `PRAGMA user_version`).
        found: u32,
        /// Newest format known here.
        known: u32,
    },
    /// A row does not parse.
    #[error("{file}: record {row} is damaged: {why}; restore the file from a backup")]
    Damaged {
        /// Path of the file.
        file: String,
        /// Number of the record.
        row: i64,
        /// What does not parse.
        why: String,
    },
    /// SQLite failed.
    #[error("{file}: cannot {attempt}: {source}")]
    Sqlite {
        /// Path of the file.
        file: String,
        /// The operation as a verb, such as `write`.
        attempt: &'static str,
        /// Error of SQLite.
        source: rusqlite::Error,
    },
}

/// Why a change was not made.
#[derive(Debug)]
pub enum ChangeError<E> {
    /// The caller refused it after looking at the records.
    Refused(E),
    /// It could not be written.
    Records(RecordsError),
}

impl<E> From<RecordsError> for ChangeError<E> {
    fn from(error: RecordsError) -> Self {
        Self::Records(error)
    }
}
