//! The log of a world on disk: its definition and every command from outside with its time.
//!
//! A world is determined by these, so opening the log replays them. Commands are committed one by one,
//! independently of the engine's journal, as in a real cluster: a kill between the two commits is a lost answer.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use replank_engine::database::{Durability, Format, Unopened};
use replank_engine::secret::Unreadable;
use rusqlite::{Connection, OptionalExtension};
use thiserror::Error;

use replank_world::act::Act;
use replank_world::fault::Counts;
use replank_world::time::Time;

/// A world log: "rpkw" in the header of the SQLite file. The format version covers the behaviour of the world: commands
/// replayed under other rules would make another world.
const FORMAT: Format = Format { application_id: 0x7270_6b77, steps: STEPS };

/// Migrations from each version to the next; they are never edited. Files of version 1 may have the tables of the
/// second one or lack them: both were written.
const STEPS: &[&str] = &[
    "
    CREATE TABLE world (definition TEXT NOT NULL, reached INTEGER) STRICT;
    CREATE TABLE acts (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, act TEXT NOT NULL) STRICT;
",
    "
    CREATE TABLE IF NOT EXISTS faults (rule INTEGER PRIMARY KEY, asked INTEGER NOT NULL, met INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS script (act INTEGER PRIMARY KEY, due INTEGER, done INTEGER NOT NULL) STRICT;
",
];

/// Why a log cannot be opened or written.
#[derive(Debug, Error)]
pub enum LogError {
    /// The file is not a world log.
    #[error("{path}: not a world of replank; give another --data directory")]
    Foreign {
        /// Path of the file.
        path: PathBuf,
    },
    /// The log has another format version.
    #[error(
        "{path}: a world in format {found}, this replank reads formats up to {known}; run it with the replank that made it, \
         or give another --data directory"
    )]
    Version {
        /// Path of the file.
        path: PathBuf,
        /// Number of the format that the file has.
        found: u32,
        /// The newest format that is read.
        known: u32,
    },
    /// The log belongs to a world with another definition.
    #[error(
        "{path}: made from another world file, other manifests or another seed; run the command it was made with, or \
         give another --data directory"
    )]
    OtherWorld {
        /// Path of the file.
        path: PathBuf,
    },
    /// A row cannot be parsed.
    #[error("{path}: act {row} is damaged: {why}")]
    Damaged {
        /// Path of the file.
        path: PathBuf,
        /// Number of the row; -1 for a command that could not be serialized.
        row: i64,
        /// What is wrong, without the content.
        why: String,
    },
    /// SQLite failed.
    #[error("{path}: {source}")]
    Sqlite {
        /// Path of the file.
        path: PathBuf,
        /// SQLite's error.
        source: rusqlite::Error,
    },
}

/// The open log of a world.
#[derive(Debug)]
pub struct WorldLog {
    path: PathBuf,
    connection: Mutex<Connection>,
}

/// What a log got together with what others had added.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Joined {
    /// Commands of others that were not known yet, with their times, in order.
    pub(super) acts: Vec<(Time, Act)>,
    /// The time up to which the world goes: not before what anybody has seen of it.
    pub(super) at: Time,
    /// Number of the last row.
    pub(super) last: i64,
}

/// The content of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// Commands with their times, in order.
    pub acts: Vec<(Time, Act)>,
    /// The virtual time the world had reached, as far as noted.
    pub reached: Option<Time>,
}

impl WorldLog {
    /// Opens the log of the world with this definition, or creates it.
    pub fn open(path: &Path, definition: &str) -> Result<Self, LogError> {
        // A power failure may lose the last second, which leaves an earlier state of the world, and the engine observes anew.
        let connection = FORMAT.open(path, Durability::Kill).map_err(|why| refused(path, why))?;
        let path = path.to_path_buf();
        let log = Self { path, connection: Mutex::new(connection) };
        log.check(definition)?;
        Ok(log)
    }

    /// The same for a log that several processes write at once.
    pub(super) fn open_shared(path: &Path, definition: &str) -> Result<Self, LogError> {
        let connection = FORMAT.open(path, Durability::Shared).map_err(|why| refused(path, why))?;
        let log = Self { path: path.to_path_buf(), connection: Mutex::new(connection) };
        log.check(definition)?;
        Ok(log)
    }

    /// Number of the last row, and the time that was agreed on.
    pub(super) fn peek(&self) -> Result<(i64, Option<Time>), LogError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let sql = "SELECT coalesce((SELECT max(number) FROM acts), 0), reached FROM world";
        let statement = connection.prepare_cached(sql);
        let row = statement.and_then(|mut it| it.query_row([], |row| Ok((row.get(0)?, row.get(1)?))));
        row.map(|(last, reached): (i64, Option<i64>)| (last, reached.map(Time)))
            .map_err(|source| self.failed(source))
    }

    /// Reads what others added behind row `after`, moves time on to `until`, and adds a command at that time, in one
    /// transaction. Time is that of the log, which no clock moves back: what anybody has seen of the world was before it.
    pub(super) fn join(&self, after: i64, until: Time, act: Option<&Act>) -> Result<Joined, LogError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |source| self.failed(source);
        let behavior = rusqlite::TransactionBehavior::Immediate;
        let transaction = connection.transaction_with_behavior(behavior).map_err(failed)?;
        let rows = self.rows(&transaction, after)?;
        let reached: Option<i64> =
            transaction.query_row("SELECT reached FROM world", [], |row| row.get(0)).map_err(failed)?;
        let seen = rows.iter().map(|(_, at, _)| *at).chain(reached.map(Time)).max();
        let at = seen.map_or(until, |seen| seen.max(until));
        let mut last = rows.last().map_or(after, |(number, ..)| *number);
        if let Some(act) = act {
            insert(&transaction, at, &self.text(act)?).map_err(failed)?;
            last = transaction.last_insert_rowid();
        }
        transaction.execute("UPDATE world SET reached = ?1", [at.0]).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        Ok(Joined { acts: rows.into_iter().map(|(_, at, act)| (at, act)).collect(), at, last })
    }

    fn check(&self, definition: &str) -> Result<(), LogError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let known: Option<String> = connection
            .query_row("SELECT definition FROM world", [], |row| row.get(0))
            .optional()
            .map_err(|source| self.failed(source))?;
        match known {
            Some(known) if known == definition => Ok(()),
            Some(_) => Err(LogError::OtherWorld { path: self.path.clone() }),
            None => connection
                .execute("INSERT INTO world (definition, reached) VALUES (?1, NULL)", [definition])
                .map(drop)
                .map_err(|source| self.failed(source)),
        }
    }

    /// Reads all commands and the time reached.
    pub fn read(&self) -> Result<Written, LogError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |source| self.failed(source);
        let acts = self.rows(&connection, 0)?.into_iter().map(|(_, at, act)| (at, act)).collect();
        let reached: Option<i64> =
            connection.query_row("SELECT reached FROM world", [], |row| row.get(0)).map_err(failed)?;
        Ok(Written { acts, reached: reached.map(Time) })
    }

    /// Commands behind row `after`, with their rows and times, in order.
    fn rows(&self, connection: &Connection, after: i64) -> Result<Vec<(i64, Time, Act)>, LogError> {
        let failed = |source| self.failed(source);
        let sql = "SELECT number, at, act FROM acts WHERE number > ?1 ORDER BY number";
        let mut statement = connection.prepare_cached(sql).map_err(failed)?;
        let mut rows = statement.query([after]).map_err(failed)?;
        let mut acts = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let (number, at, text): (i64, i64, String) =
                (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?, row.get(2).map_err(failed)?);
            let act = serde_json::from_str(&text).map_err(|error| LogError::Damaged {
                path: self.path.clone(),
                row: number,
                why: Unreadable::json(&error).to_string(),
            })?;
            acts.push((number, Time(at), act));
        }
        Ok(acts)
    }

    /// Commits a command before the world carries it out.
    pub fn append(&self, at: Time, act: &Act) -> Result<(), LogError> {
        let text = self.text(act)?;
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        insert(&connection, at, &text).map_err(|source| self.failed(source))
    }

    fn text(&self, act: &Act) -> Result<String, LogError> {
        serde_json::to_string(act).map_err(|error| LogError::Damaged {
            path: self.path.clone(),
            row: -1,
            why: error.to_string(),
        })
    }

    /// The state of each scripted command: index, due time, whether it was carried out.
    pub fn script(&self) -> Result<Vec<(usize, Option<Time>, bool)>, LogError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |source| self.failed(source);
        let mut statement = connection.prepare("SELECT act, due, done FROM script").map_err(failed)?;
        let rows = statement.query_map([], |row| {
            let (act, due): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
            Ok((act as usize, due.map(Time), row.get(2)?))
        });
        rows.and_then(Iterator::collect).map_err(failed)
    }

    /// Commits the state of a scripted command.
    pub fn note_script(&self, act: usize, due: Option<Time>, done: bool) -> Result<(), LogError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        connection
            .prepare_cached("INSERT OR REPLACE INTO script (act, due, done) VALUES (?1, ?2, ?3)")
            .and_then(|mut statement| statement.execute((act as i64, due.map(|due| due.0), done)))
            .map(drop)
            .map_err(|source| self.failed(source))
    }

    /// The counters of the fault rules.
    pub fn faults(&self) -> Result<Counts, LogError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |source| self.failed(source);
        let mut statement =
            connection.prepare("SELECT asked, met FROM faults ORDER BY rule").map_err(failed)?;
        let rows =
            statement.query_map([], |row| Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64)));
        let mut rules: Vec<(u64, u64)> = rows.and_then(Iterator::collect).map_err(failed)?;
        // The first row counts calls of any kind.
        let calls = if rules.is_empty() { 0 } else { rules.remove(0).0 };
        Ok(Counts { calls, rules })
    }

    /// Commits the counters of the fault rules.
    pub fn note_faults(&self, counts: &Counts) -> Result<(), LogError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = std::iter::once((counts.calls, 0)).chain(counts.rules.iter().copied());
        for (rule, (asked, met)) in rows.enumerate() {
            connection
                .prepare_cached("INSERT OR REPLACE INTO faults (rule, asked, met) VALUES (?1, ?2, ?3)")
                .and_then(|mut statement| statement.execute((rule as i64, asked as i64, met as i64)))
                .map_err(|source| self.failed(source))?;
        }
        Ok(())
    }

    /// Begins a transaction, up to [`WorldLog::commit`].
    pub fn begin(&self) -> Result<(), LogError> {
        self.batch("BEGIN IMMEDIATE")
    }

    /// Commits the transaction begun by [`WorldLog::begin`].
    pub fn commit(&self) -> Result<(), LogError> {
        self.batch("COMMIT")
    }

    fn batch(&self, sql: &str) -> Result<(), LogError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        connection.execute_batch(sql).map_err(|source| self.failed(source))
    }

    /// Commits the virtual time that the world has reached.
    pub fn reached(&self, at: Time) -> Result<(), LogError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        connection
            .prepare_cached("UPDATE world SET reached = max(coalesce(reached, ?1), ?1)")
            .and_then(|mut statement| statement.execute([at.0]))
            .map(drop)
            .map_err(|source| self.failed(source))
    }

    fn failed(&self, source: rusqlite::Error) -> LogError {
        LogError::Sqlite { path: self.path.clone(), source }
    }
}

fn insert(connection: &Connection, at: Time, text: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached("INSERT INTO acts (at, act) VALUES (?1, ?2)")?;
    statement.execute((at.0, text)).map(drop)
}

/// Why a world was not opened.
fn refused(path: &Path, why: Unopened) -> LogError {
    let path = path.to_path_buf();
    match why {
        Unopened::Foreign | Unopened::Damaged(_) => LogError::Foreign { path },
        Unopened::Version { found, known } => LogError::Version { path, found, known },
        Unopened::Sqlite(source) => LogError::Sqlite { path, source },
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Each shape in which a file of version 1 was written, by the tables it has.
    const FIRST: [&str; 3] = [
        "CREATE TABLE world (definition TEXT NOT NULL, reached INTEGER) STRICT;
         CREATE TABLE acts (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, act TEXT NOT NULL) STRICT;",
        "CREATE TABLE script (act INTEGER PRIMARY KEY, due INTEGER, done INTEGER NOT NULL) STRICT;
         INSERT INTO script VALUES (3, 5, 1);",
        "CREATE TABLE faults (rule INTEGER PRIMARY KEY, asked INTEGER NOT NULL, met INTEGER NOT NULL) STRICT;
         INSERT INTO faults VALUES (0, 9, 0);",
    ];

    #[test]
    fn a_world_of_the_first_format_opens_as_it_was() {
        let directory = std::env::temp_dir().join(format!("replank-session-log-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        for tables in 1..=FIRST.len() {
            let path = directory.join(format!("{tables}.sqlite"));
            let _none_yet = fs::remove_file(&path);
            let old = Connection::open(&path).unwrap();
            old.execute_batch("PRAGMA application_id = 1919970167; PRAGMA user_version = 1;").unwrap();
            old.execute_batch(&FIRST[..tables].concat()).unwrap();
            old.execute_batch("INSERT INTO world VALUES ('the same', 7);").unwrap();
            drop(old);
            for _ in 0..2 {
                let log = WorldLog::open(&path, "the same").unwrap();
                assert_eq!(log.read().unwrap(), Written { acts: Vec::new(), reached: Some(Time(7)) });
                let script = if tables > 1 { vec![(3, Some(Time(5)), true)] } else { Vec::new() };
                assert_eq!(log.script().unwrap(), script, "{tables}");
                assert_eq!(log.faults().unwrap().calls, if tables > 2 { 9 } else { 0 }, "{tables}");
            }
            let other = WorldLog::open(&path, "another").unwrap_err().to_string();
            assert!(other.contains("made from another world file"), "{other}");
            Connection::open(&path).unwrap().pragma_update(None, "user_version", 7).unwrap();
            let newer = WorldLog::open(&path, "the same").unwrap_err().to_string();
            assert!(newer.contains("a world in format 7, this replank reads formats up to 2"), "{newer}");
        }
        fs::remove_dir_all(directory).unwrap();
    }
}
