//! The format of a file of records: how it is recognised, its version, and the migrations from each version to the
//! next.

use replank_engine::database::{Format, Unopened};

use super::error::RecordsError;

/// A file of records: `RPLE` in the header of the SQLite file.
pub(super) const FORMAT: Format = Format { application_id: 0x5250_4c45, steps: STEPS };

/// Migration `n` takes records from version `n` to `n + 1`. They are never edited.
const STEPS: &[&str] = &["
    CREATE TABLE records (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        cluster TEXT NOT NULL,
        name TEXT NOT NULL,
        document TEXT NOT NULL,
        UNIQUE (kind, cluster, name)
    ) STRICT;
"];

/// Why the records in `file` were not opened.
pub(super) fn refused(file: &str, why: Unopened) -> RecordsError {
    let file = file.to_owned();
    match why {
        Unopened::Foreign => RecordsError::Foreign { file },
        Unopened::Version { found, known } => RecordsError::Newer { file, found, known },
        Unopened::Damaged(source) | Unopened::Sqlite(source) => {
            RecordsError::Sqlite { file, attempt: "open", source }
        }
    }
}
