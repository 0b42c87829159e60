//! The format of a journal file: how it is recognised, its version, and the migrations from each version to the next.

use rusqlite::{Connection, TransactionBehavior};

use super::OpenError;

/// `RPLK`, in the header of the SQLite file (`PRAGMA application_id`).
const APPLICATION_ID: i32 = 0x5250_4c4b;

/// Migration `n` takes a journal from version `n` to `n + 1`; the first creates it. They are never edited.
const STEPS: &[&str] = &[
    "
    CREATE TABLE updates (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        cluster TEXT NOT NULL,
        node_group TEXT NOT NULL,
        record_version INTEGER NOT NULL,
        spec TEXT NOT NULL,
        started_at TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('unfinished', 'succeeded', 'failed', 'cancelled'))
    ) STRICT;
    CREATE UNIQUE INDEX one_unfinished_per_group ON updates (cluster, node_group) WHERE state = 'unfinished';
    CREATE TABLE events (
        update_number INTEGER NOT NULL REFERENCES updates (number),
        seq INTEGER NOT NULL,
        at TEXT NOT NULL,
        record_version INTEGER NOT NULL,
        fact TEXT NOT NULL,
        PRIMARY KEY (update_number, seq)
    ) STRICT, WITHOUT ROWID;
",
    "
    ALTER TABLE updates ADD COLUMN workflow TEXT NOT NULL DEFAULT 'node_group';
",
];

/// Value of column `workflow` for [`replank_core::node_group`], the only workflow so far.
pub(super) const NODE_GROUP: &str = "node_group";

/// The version that is written.
pub(super) const VERSION: u32 = STEPS.len() as u32;

/// Checks whose file it is before anything is written, then migrates it to [`VERSION`].
pub(super) fn prepare(connection: &mut Connection, file: &str) -> Result<(), OpenError> {
    let attempt = |source: rusqlite::Error| match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => {
            OpenError::Damaged { file: file.to_owned(), why: source.to_string() }
        }
        _ => OpenError::Sqlite { file: file.to_owned(), source },
    };
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(attempt)?;
    let application: i32 = pragma(&transaction, "application_id").map_err(attempt)?;
    let version: u32 = pragma(&transaction, "user_version").map_err(attempt)?;
    let objects: u32 =
        transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(attempt)?;
    let fresh = application == 0 && version == 0 && objects == 0;
    if application != APPLICATION_ID && !fresh {
        return Err(OpenError::Foreign { file: file.to_owned() });
    }
    if version > VERSION {
        return Err(OpenError::Newer { file: file.to_owned(), found: version, known: VERSION });
    }
    for (step, from) in STEPS.iter().zip(0..).skip(version as usize) {
        transaction.execute_batch(step).map_err(attempt)?;
        transaction.pragma_update(None, "user_version", from + 1).map_err(attempt)?;
    }
    if fresh {
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(attempt)?;
    }
    transaction.commit().map_err(attempt)
}

fn pragma<T: rusqlite::types::FromSql>(connection: &Connection, name: &str) -> rusqlite::Result<T> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}
