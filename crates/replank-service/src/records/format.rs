//! The format of a file of records: how it is recognised, its version, and the migrations from each version to the
//! next.

use rusqlite::{Connection, TransactionBehavior};

use super::error::RecordsError;

/// `RPLE`, in the header of the SQLite file (`PRAGMA application_id`).
const APPLICATION_ID: i32 = 0x5250_4c45;

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

/// Checks whose file it is before anything is written, then migrates it to the newest version.
pub(super) fn prepare(connection: &mut Connection, file: &str) -> Result<(), RecordsError> {
    let failed = |source| RecordsError::Sqlite { file: file.to_owned(), attempt: "open", source };
    let known = STEPS.len() as u32;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let application: i32 =
        transaction.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(failed)?;
    let version: u32 =
        transaction.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    let objects: u32 =
        transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    let fresh = application == 0 && version == 0 && objects == 0;
    if application != APPLICATION_ID && !fresh {
        return Err(RecordsError::Foreign { file: file.to_owned() });
    }
    if version > known {
        return Err(RecordsError::Newer { file: file.to_owned(), found: version, known });
    }
    for (step, from) in STEPS.iter().zip(0_u32..).skip(version as usize) {
        transaction.execute_batch(step).map_err(failed)?;
        transaction.pragma_update(None, "user_version", from + 1).map_err(failed)?;
    }
    if fresh {
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}
