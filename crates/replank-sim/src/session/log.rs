//! The world on disk: what it was made from, and every act from outside with its time.
//!
//! A world is a function of these, so they are all that is kept; opening it plays them again. Acts are committed one
//! by one, apart from the engine's journal, as a real world would: a kill between the two is a lost answer.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use replank_engine::secret::Unreadable;
use rusqlite::{Connection, OptionalExtension};
use thiserror::Error;

use crate::act::Act;
use crate::fault::Counts;
use crate::time::Time;

/// Marks the file as one of ours (`application_id`): "rpkw".
const APPLICATION: i32 = 0x7270_6b77;
/// The format this build reads and writes. The world's own behaviour is part of it: acts that are played again
/// under other rules would make another world.
const FORMAT: i32 = 1;

/// A world that cannot be kept or opened.
#[derive(Debug, Error)]
pub enum LogError {
    /// The file is something else.
    #[error("{path}: not a world of replank; give another --data directory")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file is of another version.
    #[error(
        "{path}: a world in format {found}, this replank reads format {FORMAT}; run it with the replank that made it, \
         or give another --data directory"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i32,
    },
    /// The file was made for another world.
    #[error(
        "{path}: made from another world file, other manifests or another seed; run the command it was made with, or \
         give another --data directory"
    )]
    OtherWorld {
        /// The file.
        path: PathBuf,
    },
    /// A row cannot be read.
    #[error("{path}: act {row} is damaged: {why}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The row.
        row: i64,
        /// What is wrong.
        why: String,
    },
    /// The database refuses.
    #[error("{path}: {source}")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
}

/// The log of one world.
#[derive(Debug)]
pub struct WorldLog {
    path: PathBuf,
    connection: Mutex<Connection>,
}

/// What a log says.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// Every act with its time, in order.
    pub acts: Vec<(Time, Act)>,
    /// The time the world had reached.
    pub reached: Option<Time>,
}

impl WorldLog {
    /// Opens the log of the world that `definition` makes, or begins it.
    pub fn open(path: &Path, definition: &str) -> Result<Self, LogError> {
        let path = path.to_path_buf();
        let failed = |source| LogError::Sqlite { path: path.clone(), source };
        let connection = Connection::open(&path).map_err(failed)?;
        let number =
            |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i32>(0));
        let foreign = |_| LogError::Foreign { path: path.clone() };
        // A kill while the file was made leaves a database with nothing in it.
        let is_bare = number("application_id").map_err(foreign)? == 0
            && connection
                .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
                .map_err(foreign)?
                == 0;
        if !is_bare {
            if number("application_id").map_err(foreign)? != APPLICATION {
                return Err(LogError::Foreign { path });
            }
            let found = number("user_version").map_err(foreign)?;
            if found != FORMAT {
                return Err(LogError::Version { path, found });
            }
        }
        connection.execute_batch(&schema()).map_err(failed)?;
        let log = Self { path, connection: Mutex::new(connection) };
        log.check(definition)?;
        Ok(log)
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

    /// Everything that is written.
    pub fn read(&self) -> Result<Written, LogError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |source| self.failed(source);
        let mut statement =
            connection.prepare("SELECT number, at, act FROM acts ORDER BY number").map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut acts = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let (number, at, text): (i64, i64, String) =
                (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?, row.get(2).map_err(failed)?);
            let act = serde_json::from_str(&text).map_err(|error| LogError::Damaged {
                path: self.path.clone(),
                row: number,
                why: Unreadable::json(&error).to_string(),
            })?;
            acts.push((Time(at), act));
        }
        let reached: Option<i64> =
            connection.query_row("SELECT reached FROM world", [], |row| row.get(0)).map_err(failed)?;
        Ok(Written { acts, reached: reached.map(Time) })
    }

    /// Commits an act that the world is about to carry out.
    pub fn append(&self, at: Time, act: &Act) -> Result<(), LogError> {
        let text = serde_json::to_string(act).map_err(|error| LogError::Damaged {
            path: self.path.clone(),
            row: -1,
            why: error.to_string(),
        })?;
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        connection
            .prepare_cached("INSERT INTO acts (at, act) VALUES (?1, ?2)")
            .and_then(|mut statement| statement.execute((at.0, text)))
            .map(drop)
            .map_err(|source| self.failed(source))
    }

    /// How far each act of the script is: when it is due, and whether it happened.
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

    /// Commits how far an act of the script is.
    pub fn note_script(&self, act: usize, due: Option<Time>, done: bool) -> Result<(), LogError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        connection
            .prepare_cached("INSERT OR REPLACE INTO script (act, due, done) VALUES (?1, ?2, ?3)")
            .and_then(|mut statement| statement.execute((act as i64, due.map(|due| due.0), done)))
            .map(drop)
            .map_err(|source| self.failed(source))
    }

    /// How far the rules about calls have counted.
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

    /// Commits how far the rules about calls have counted.
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

    /// Everything from here to [`WorldLog::commit`] is kept together or not at all.
    pub fn begin(&self) -> Result<(), LogError> {
        self.batch("BEGIN IMMEDIATE")
    }

    /// Keeps everything since [`WorldLog::begin`].
    pub fn commit(&self) -> Result<(), LogError> {
        self.batch("COMMIT")
    }

    fn batch(&self, sql: &str) -> Result<(), LogError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        connection.execute_batch(sql).map_err(|source| self.failed(source))
    }

    /// Commits the time the world has reached.
    pub fn reached(&self, at: Time) -> Result<(), LogError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        connection
            .prepare_cached("UPDATE world SET reached = ?1")
            .and_then(|mut statement| statement.execute([at.0]))
            .map(drop)
            .map_err(|source| self.failed(source))
    }

    fn failed(&self, source: rusqlite::Error) -> LogError {
        LogError::Sqlite { path: self.path.clone(), source }
    }
}

/// A process may be killed at any instant, so commits go through the write-ahead log; a world that forgets its last
/// second when the machine itself dies is an older world, and the engine looks again.
fn schema() -> String {
    format!(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL;
         BEGIN IMMEDIATE;
         PRAGMA application_id = {APPLICATION};
         PRAGMA user_version = {FORMAT};
         CREATE TABLE IF NOT EXISTS world (definition TEXT NOT NULL, reached INTEGER) STRICT;
         CREATE TABLE IF NOT EXISTS acts (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, act TEXT NOT NULL) STRICT;
         CREATE TABLE IF NOT EXISTS faults (rule INTEGER PRIMARY KEY, asked INTEGER NOT NULL, met INTEGER NOT NULL) STRICT;
         CREATE TABLE IF NOT EXISTS script (act INTEGER PRIMARY KEY, due INTEGER, done INTEGER NOT NULL) STRICT;
         COMMIT;"
    )
}
