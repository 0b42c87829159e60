//! A SQLite file of ours: whose it is, which version of its format it has, and how it is brought to the version of today.
//! What stands in its tables is its owner's business.
//!
//! Not `rusqlite_migration`, though it reads the same `user_version`. It looks at the version before its transaction
//! begins, so two processes that open a new file at once both make it: 132 of 500 such pairs ended in "table already
//! exists" (2.6.0, 2026-11-30). It knows no `application_id` and makes our tables in another program's database. And it
//! stands still one version of rusqlite behind ours, which cannot be linked beside it.

use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::types::FromSql;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};

/// How long whoever opens or writes a file waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Pause before a file that was busy is brought to its write-ahead log again.
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// A format of files.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Marks a file as one of this format (SQLite: `PRAGMA application_id`).
    pub application_id: i32,
    /// Step `n` takes a file from version `n` to `n + 1` (SQLite: `PRAGMA user_version`); the first makes it from
    /// nothing. Steps are never edited.
    pub steps: &'static [&'static str],
}

/// What a commit survives. A kill of the process never loses one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// A power cut too: each commit is synced.
    PowerCut,
    /// A kill; a power cut may take the last commits.
    Kill,
    /// The same, for a file that several processes write, on several machines too: the memory that a write-ahead log is
    /// indexed by cannot be shared by these, so what is changed is kept beside the file instead.
    Shared,
}

/// A file that was not opened. It is as it was.
#[derive(Debug)]
pub enum Unopened {
    /// Some other program's database.
    Foreign,
    /// Of a version that is not read here.
    Version {
        /// Version of the layout that the file has.
        found: u32,
        /// The version of today.
        known: u32,
    },
    /// No database, or a broken one.
    Damaged(rusqlite::Error),
    /// Any other trouble with it.
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Unopened {
    fn from(source: rusqlite::Error) -> Self {
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Damaged(source),
            _ => Self::Sqlite(source),
        }
    }
}

impl Format {
    /// The version that is written.
    pub const fn version(&self) -> u32 {
        self.steps.len() as u32
    }

    /// Opens the file at `path`, made if it is not there, in the version of today.
    pub fn open(&self, path: &Path, durability: Durability) -> Result<Connection, Unopened> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        self.prepare(&mut connection)?;
        let (journal, synchronous) = match durability {
            Durability::PowerCut => ("WAL", "FULL"),
            Durability::Kill => ("WAL", "NORMAL"),
            Durability::Shared => ("PERSIST", "NORMAL"),
        };
        keep_journal(&connection, journal)?;
        connection.pragma_update(None, "synchronous", synchronous)?;
        Ok(connection)
    }

    /// The same without a file: gone with the connection.
    pub fn in_memory(&self) -> Result<Connection, Unopened> {
        let mut connection = Connection::open_in_memory()?;
        self.prepare(&mut connection)?;
        Ok(connection)
    }

    /// Looks at the file before anything is written to it, then brings it forward, in one transaction that nobody
    /// else has a write in.
    fn prepare(&self, connection: &mut Connection) -> Result<(), Unopened> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let application: i32 = pragma(&transaction, "application_id")?;
        let found: u32 = pragma(&transaction, "user_version")?;
        let objects: u32 =
            transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let fresh = application == 0 && found == 0 && objects == 0;
        if application != self.application_id && !fresh {
            return Err(Unopened::Foreign);
        }
        if !fresh && !(1..=self.version()).contains(&found) {
            return Err(Unopened::Version { found, known: self.version() });
        }
        for step in self.steps.iter().skip(found as usize) {
            transaction.execute_batch(step)?;
        }
        if found != self.version() {
            transaction.pragma_update(None, "user_version", self.version())?;
        }
        if fresh {
            transaction.pragma_update(None, "application_id", self.application_id)?;
        }
        Ok(transaction.commit()?)
    }
}

/// Brings a file to a kind of journal, such as its write-ahead log. SQLite does not always wait here, whatever the time
/// limit: of several that do it at once, some are refused at once.
fn keep_journal(connection: &Connection, kind: &str) -> rusqlite::Result<()> {
    for _ in 0..BUSY_TIMEOUT.as_millis() / BUSY_PAUSE.as_millis() {
        match connection.pragma_update(None, "journal_mode", kind) {
            Err(source) if source.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                thread::sleep(BUSY_PAUSE);
            }
            answered => return answered,
        }
    }
    connection.pragma_update(None, "journal_mode", kind)
}

fn pragma<T: FromSql>(connection: &Connection, name: &str) -> rusqlite::Result<T> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Barrier;

    use super::*;
    use crate::tests::world::Scratch;

    const ONE: &str = "CREATE TABLE one (number INTEGER) STRICT";
    const TWO: &str = "ALTER TABLE one ADD COLUMN word TEXT NOT NULL DEFAULT 'none'";
    const FIRST: Format = Format { application_id: 0x7265_706c, steps: &[ONE] };
    const SECOND: Format = Format { steps: &[ONE, TWO], ..FIRST };

    #[test]
    fn an_older_file_is_brought_forward_with_its_rows() {
        let scratch = Scratch::new("database-older");
        let path = scratch.path().join("file.sqlite");
        let old = FIRST.open(&path, Durability::Kill).unwrap();
        old.execute("INSERT INTO one VALUES (7)", []).unwrap();
        drop(old);
        let new = SECOND.open(&path, Durability::PowerCut).unwrap();
        let row: (i32, String) =
            new.query_row("SELECT number, word FROM one", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!(row, (7, "none".to_owned()));
        drop(new);
        let again = SECOND.open(&path, Durability::PowerCut).unwrap();
        assert_eq!(pragma::<u32>(&again, "user_version").unwrap(), 2);
    }

    #[test]
    fn what_is_not_read_is_left_as_it_is() {
        let scratch = Scratch::new("database-refused");
        let path = |name: &str| scratch.path().join(name);
        drop(SECOND.open(&path("newer"), Durability::Kill).unwrap());
        Connection::open(path("foreign")).unwrap().execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
        fs::write(path("text"), "no database at all. ".repeat(60)).unwrap();
        for (name, format, wanted) in [
            ("newer", FIRST, "Version { found: 2, known: 1 }"),
            ("foreign", SECOND, "Foreign"),
            ("text", SECOND, "Damaged("),
        ] {
            let before = fs::read(path(name)).unwrap();
            let refused = format!("{:?}", format.open(&path(name), Durability::Kill).unwrap_err());
            assert!(refused.starts_with(wanted), "{name}: {refused}");
            assert_eq!(fs::read(path(name)).unwrap(), before, "{name}");
        }
    }

    #[test]
    fn a_new_file_may_be_opened_by_several_at_once() {
        let scratch = Scratch::new("database-several");
        for number in 0..100 {
            let path = scratch.path().join(format!("{number}.sqlite"));
            let all = Barrier::new(6);
            let open = || {
                all.wait();
                SECOND.open(&path, Durability::Kill).map(drop).map_err(|refused| format!("{refused:?}"))
            };
            let opened = thread::scope(|scope| {
                [(); 6].map(|()| scope.spawn(open)).map(thread::ScopedJoinHandle::join)
            });
            assert!(opened.iter().all(|it| matches!(it, Ok(Ok(())))), "{number}: {opened:?}");
        }
    }
}
