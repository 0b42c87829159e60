//! Rows of a journal in a SQLite file, or in memory.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{
    Connection, ErrorCode, OptionalExtension, Row, Transaction, TransactionBehavior, named_params,
};

use super::format::{self, FORMAT};
use super::store::{Added, AskedRow, FactRow, ListedRow, NewFact, NewRow, Store, UNFINISHED};
use super::{JournalError, OpenError};
use crate::database::Durability;

/// Facts of an update from a sequence number on; run at every turn.
pub(super) const EVENTS: &str = "SELECT events.seq, events.at, events.record_version, events.fact
     FROM events JOIN updates ON updates.number = events.update_number
     WHERE updates.id = :id AND events.seq >= :from ORDER BY events.seq";

/// An open SQLite database.
#[derive(Debug)]
pub(super) struct Sqlite {
    pub(super) connection: Connection,
    file: String,
}

impl Sqlite {
    /// Opens the file at `path`, creates it if it does not exist, and migrates an older format.
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let file = path.display().to_string();
        let opened = FORMAT.open(path, Durability::PowerCut);
        Self::of(opened.map_err(|why| format::refused(&file, why))?, file)
    }

    /// One in memory, gone with the process.
    pub(super) fn in_memory() -> Result<Self, OpenError> {
        let file = "journal in memory".to_owned();
        let opened = FORMAT.in_memory();
        Self::of(opened.map_err(|why| format::refused(&file, why))?, file)
    }

    fn of(connection: Connection, file: String) -> Result<Self, OpenError> {
        let attempt = |source| OpenError::Sqlite { file: file.clone(), source };
        connection.pragma_update(None, "foreign_keys", true).map_err(attempt)?;
        keep_plans(&connection).map_err(attempt)?;
        Ok(Self { connection, file })
    }

    fn failed(&self, attempt: &'static str) -> impl Fn(rusqlite::Error) -> JournalError + use<> {
        let file = self.file.clone();
        move |source| JournalError::Sqlite { file: file.clone(), attempt, source }
    }
}

impl Store for Sqlite {
    fn name(&self) -> &str {
        &self.file
    }

    fn list(&self) -> Result<Vec<ListedRow>, JournalError> {
        let failed = self.failed("list the updates");
        let sql = "SELECT id, cluster, node_group, started_at, state, workflow FROM updates ORDER BY number";
        let mut statement = self.connection.prepare_cached(sql).map_err(&failed)?;
        let mut rows = statement.query([]).map_err(&failed)?;
        let mut listed = Vec::new();
        while let Some(row) = rows.next().map_err(&failed)? {
            let [id, cluster, group, started_at, state, workflow] = texts(row).map_err(&failed)?;
            listed.push(ListedRow { id, workflow, cluster, group, started_at, state });
        }
        Ok(listed)
    }

    fn asked(&self, id: &str, workflow: &str) -> Result<Option<AskedRow>, JournalError> {
        let failed = self.failed("read the update");
        let sql =
            "SELECT record_version, spec, started_at FROM updates WHERE id = :id AND workflow = :workflow";
        let asked =
            |row: &Row<'_>| Ok(AskedRow { version: row.get(0)?, spec: row.get(1)?, started_at: row.get(2)? });
        let mut statement = self.connection.prepare_cached(sql).map_err(&failed)?;
        statement
            .query_row(named_params! { ":id": id, ":workflow": workflow }, asked)
            .optional()
            .map_err(&failed)
    }

    fn facts(&self, id: &str, from: u64) -> Result<Vec<FactRow>, JournalError> {
        let failed = self.failed("read the events");
        let mut statement = self.connection.prepare_cached(EVENTS).map_err(&failed)?;
        let fact = |row: &Row<'_>| {
            let seq: i64 = row.get(0)?;
            Ok(FactRow { seq: seq as u64, at: row.get(1)?, version: row.get(2)?, fact: row.get(3)? })
        };
        let rows = statement.query_map(named_params! { ":id": id, ":from": from as i64 }, fact);
        rows.map_err(&failed)?.collect::<rusqlite::Result<_>>().map_err(&failed)
    }

    fn add(&mut self, row: &NewRow<'_>) -> Result<Added, JournalError> {
        let sql =
            "INSERT INTO updates (id, workflow, cluster, node_group, record_version, spec, started_at, state)
             VALUES (:id, :workflow, :cluster, :group, :version, :spec, :at, :state)";
        let added = self.connection.execute(
            sql,
            named_params! {
                ":id": row.id,
                ":workflow": row.workflow,
                ":cluster": row.cluster,
                ":group": row.group,
                ":version": row.version,
                ":spec": row.spec,
                ":at": row.started_at,
                ":state": UNFINISHED,
            },
        );
        match added {
            Ok(_) => Ok(Added::Yes),
            // The index over unfinished updates refuses one that another process has just started.
            Err(source) if source.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                Ok(Added::Refused)
            }
            Err(source) => Err(self.failed("start the update")(source)),
        }
    }

    fn append(
        &mut self,
        id: &str,
        before: u64,
        facts: &[NewFact],
        state: Option<&str>,
    ) -> Result<Added, JournalError> {
        let failed = self.failed("record the facts");
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        let Some(number) = swappable(&transaction, id, before).map_err(&failed)? else {
            return Ok(Added::Refused);
        };
        insert(&transaction, number, before, facts).map_err(&failed)?;
        if let Some(state) = state {
            let sql = "UPDATE updates SET state = :state WHERE number = :number";
            transaction
                .execute(sql, named_params! { ":state": state, ":number": number })
                .map_err(&failed)?;
        }
        transaction.commit().map_err(&failed)?;
        Ok(Added::Yes)
    }
}

/// Keeps the query plans of prepared statements whatever is bound to them (SQLite: query planner stability guarantee).
/// Otherwise `catch_up` would be compiled anew at every turn, since it binds another number each time.
fn keep_plans(connection: &Connection) -> rusqlite::Result<bool> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
}

fn texts<const N: usize>(row: &Row<'_>) -> rusqlite::Result<[String; N]> {
    let mut texts = [const { String::new() }; N];
    for (at, text) in texts.iter_mut().enumerate() {
        *text = row.get(at)?;
    }
    Ok(texts)
}

/// The row number of the update, if it has exactly `next_seq` facts.
fn swappable(transaction: &Transaction<'_>, id: &str, next_seq: u64) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT number, (SELECT coalesce(max(seq) + 1, 0) FROM events WHERE update_number = number)
         FROM updates WHERE id = :id";
    let row: Option<(i64, i64)> = transaction
        .prepare_cached(sql)?
        .query_row(named_params! { ":id": id }, |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(row.filter(|(_, found)| *found as u64 == next_seq).map(|(number, _)| number))
}

fn insert(
    transaction: &Transaction<'_>,
    number: i64,
    next_seq: u64,
    facts: &[NewFact],
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO events (update_number, seq, at, record_version, fact)
         VALUES (:number, :seq, :at, :version, :fact)";
    let mut statement = transaction.prepare_cached(sql)?;
    for (fact, seq) in facts.iter().zip(next_seq..) {
        statement.execute(named_params! {
            ":number": number,
            ":seq": seq as i64,
            ":at": fact.at,
            ":version": fact.version,
            ":fact": fact.fact,
        })?;
    }
    Ok(())
}
