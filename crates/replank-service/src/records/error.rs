//! What can go wrong with the file of records, in words that say which file and what to do.

use thiserror::Error;

/// Records that cannot be read or written.
#[derive(Debug, Error)]
pub enum RecordsError {
    /// Some other program's database.
    #[error(
        "{file} is a SQLite database of something else, not the records of replank; name another data directory"
    )]
    Foreign {
        /// The file.
        file: String,
    },
    /// Written by a newer version.
    #[error(
        "{file} has record format {found} and this version of replank knows up to {known}; use a newer version"
    )]
    Newer {
        /// The file.
        file: String,
        /// Its format.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// A row that does not read as ours.
    #[error("{file}: record {row} is damaged: {why}; restore the file from a backup")]
    Damaged {
        /// The file.
        file: String,
        /// The record's number.
        row: i64,
        /// What is wrong.
        why: String,
    },
    /// Trouble with the file.
    #[error("{file}: cannot {attempt}: {source}")]
    Sqlite {
        /// The file.
        file: String,
        /// What was attempted.
        attempt: &'static str,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

/// A change that did not happen.
#[derive(Debug)]
pub enum ChangeError<E> {
    /// Whoever asked for it refused it on sight of the records.
    Refused(E),
    /// It cannot be kept.
    Records(RecordsError),
}

impl<E> From<RecordsError> for ChangeError<E> {
    fn from(error: RecordsError) -> Self {
        Self::Records(error)
    }
}
