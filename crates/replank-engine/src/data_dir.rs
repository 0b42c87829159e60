//! A data directory: the files of `--data DIR`, its format, and the lock that lets in one process at a time.
//!
//! It holds `FORMAT`, `LOCK` and `journal.sqlite`; the embedded world keeps its own files beside them. A non-empty
//! directory without `FORMAT` is never written to.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use thiserror::Error;

use crate::journal::{Journal, OpenError};

/// Content of `FORMAT`, followed by the number of the format.
const FORMAT_WORDS: &str = "replank data directory, format ";
/// Number of the format that is written.
const FORMAT: u32 = 1;

/// An open and locked data directory. Dropping it releases the lock.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

/// The process that holds a data directory, as written to `LOCK`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// Host name of the machine.
    pub host: String,
    /// When it opened the directory.
    pub since: Timestamp,
}

/// Why a data directory cannot be used. Nothing in it was changed.
#[derive(Debug, Error)]
pub enum DataDirError {
    /// It is not empty and has no `FORMAT`.
    #[error("{path} is not a data directory of replank and not empty; name an empty or a new directory")]
    Foreign {
        /// Path of the directory.
        path: PathBuf,
    },
    /// `FORMAT` cannot be parsed.
    #[error("{path} is damaged: it should read `{FORMAT_WORDS}{FORMAT}`")]
    Damaged {
        /// Path of the file.
        path: PathBuf,
    },
    /// Its format is newer than this version knows.
    #[error(
        "{path} has format {found} and this version of replank knows up to {FORMAT}; use a newer version"
    )]
    Newer {
        /// Path of the directory.
        path: PathBuf,
        /// Number in `FORMAT`.
        found: u32,
    },
    /// Another process has locked it.
    #[error("{path} is in use by {holder}; wait until it ends, or name another directory")]
    Held {
        /// Path of the directory.
        path: PathBuf,
        /// Content of `LOCK`: process, host and time.
        holder: String,
    },
    /// A file operation failed.
    #[error("cannot {attempt} {path}: {source}")]
    Io {
        /// The operation as a verb, such as `write`.
        attempt: &'static str,
        /// Path it failed on.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
}

impl DataDir {
    /// Opens the directory at `path` for `holder` and makes it if it does not exist. One process at a time: the lock is
    /// the operating system's, so it ends with the process, however that ends.
    pub fn open(path: &Path, holder: &Holder) -> Result<Self, DataDirError> {
        // It will hold all that a world was made from, secrets in manifests among it: it is its owner's alone.
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|source| failed("make the directory", path, source))?;
        let fresh = is_fresh(path)?;
        let lock = take_lock(path, holder)?;
        if fresh {
            write_format(path)?;
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Opens the directory for one of several replicas, which use it at once; a process that wants it for itself is kept
    /// out as long as there is one. `prepare` runs for one replica at a time.
    pub fn open_shared<T>(
        path: &Path,
        holder: &Holder,
        prepare: impl FnOnce(&Self) -> T,
    ) -> Result<(Self, T), DataDirError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|source| failed("make the directory", path, source))?;
        let fresh = is_fresh(path)?;
        let lock = share_lock(path, holder)?;
        let aside = path.join("OPENING");
        let options = OpenOptions::new().write(true).create(true).truncate(false).open(&aside);
        let opening = options.map_err(|source| failed("open", &aside, source))?;
        opening.lock().map_err(|source| failed("lock", &aside, source))?;
        if fresh {
            write_format(path)?;
        }
        let directory = Self { path: path.to_owned(), _lock: lock };
        let prepared = prepare(&directory);
        drop(opening);
        Ok((directory, prepared))
    }

    /// Path of the directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the journal in it.
    pub fn journal(&self) -> Result<Journal, OpenError> {
        Journal::open(&self.path.join("journal.sqlite"))
    }

    /// Path of the file in which the embedded world keeps its state.
    pub fn world_file(&self) -> PathBuf {
        self.path.join("world.sqlite")
    }
}

impl Holder {
    /// The present process, holding since `now`.
    pub fn this_process(now: Timestamp) -> Self {
        let names = ["/proc/sys/kernel/hostname", "/etc/hostname"];
        let host = names.into_iter().find_map(|file| fs::read_to_string(file).ok());
        let host = host.map_or("this machine".to_owned(), |host| host.trim().to_owned());
        Self { pid: std::process::id(), host, since: now }
    }
}

/// Whether the directory has no format yet. An error when it is not a data directory.
fn is_fresh(path: &Path) -> Result<bool, DataDirError> {
    let file = path.join("FORMAT");
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let entries = fs::read_dir(path).map_err(|source| failed("read", path, source))?;
            for entry in entries {
                let name = entry.map_err(|source| failed("read", path, source))?.file_name();
                // A process that was killed between lock and format leaves these.
                if name != "LOCK" && name != "OPENING" && name != "FORMAT.new" {
                    return Err(DataDirError::Foreign { path: path.to_owned() });
                }
            }
            return Ok(true);
        }
        Err(error) if error.kind() == io::ErrorKind::InvalidData => String::from("bytes that are no text"),
        Err(source) => return Err(failed("read", &file, source)),
    };
    let number = text.trim_end().strip_prefix(FORMAT_WORDS).and_then(|number| number.parse::<u32>().ok());
    match number {
        Some(found) if found > FORMAT => Err(DataDirError::Newer { path: path.to_owned(), found }),
        Some(1..) => Ok(false),
        Some(0) | None => Err(DataDirError::Damaged { path: file }),
    }
}

fn take_lock(path: &Path, holder: &Holder) -> Result<File, DataDirError> {
    lock_by(path, holder, File::try_lock)
}

fn share_lock(path: &Path, holder: &Holder) -> Result<File, DataDirError> {
    lock_by(path, holder, File::try_lock_shared)
}

fn lock_by(
    path: &Path,
    holder: &Holder,
    try_lock: impl FnOnce(&File) -> Result<(), TryLockError>,
) -> Result<File, DataDirError> {
    let file = path.join("LOCK");
    let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&file);
    let mut lock = options.map_err(|source| failed("open", &file, source))?;
    match try_lock(&lock) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let read = lock.read_to_string(&mut text);
            let holder =
                if read.is_ok() && !text.trim().is_empty() { text.trim() } else { "another process" };
            return Err(DataDirError::Held { path: path.to_owned(), holder: holder.to_owned() });
        }
        Err(TryLockError::Error(source)) => return Err(failed("lock", &file, source)),
    }
    let since = crate::messages::moment(holder.since);
    let text = format!("process {} on {} since {since}\n", holder.pid, holder.host);
    let written = lock
        .set_len(0)
        .and_then(|()| lock.seek(SeekFrom::Start(0)))
        .and_then(|_| lock.write_all(text.as_bytes()));
    written.map_err(|source| failed("write", &file, source))?;
    Ok(lock)
}

/// Writes `FORMAT` through a temporary file and a rename, so that after a kill it is complete or absent.
fn write_format(path: &Path) -> Result<(), DataDirError> {
    let (aside, file) = (path.join("FORMAT.new"), path.join("FORMAT"));
    let written = File::create(&aside).and_then(|mut format| {
        writeln!(format, "{FORMAT_WORDS}{FORMAT}")?;
        format.sync_all()
    });
    written.and_then(|()| fs::rename(&aside, &file)).map_err(|source| failed("write", &file, source))
}

fn failed(attempt: &'static str, path: &Path, source: io::Error) -> DataDirError {
    DataDirError::Io { attempt, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::world::{Scratch, at, spec};

    fn holder() -> Holder {
        Holder { pid: 4711, host: "ws1".to_owned(), since: "2026-11-21T12:18:00Z".parse().unwrap() }
    }

    #[test]
    fn a_new_directory_is_made_and_opens_again_with_its_journal() {
        let scratch = Scratch::new("data");
        let path = scratch.path().join("deep/data");
        let directory = DataDir::open(&path, &holder()).unwrap();
        let recorded = directory.journal().unwrap().start(spec(), at(0)).unwrap();
        drop(directory);
        let directory = DataDir::open(&path, &holder()).unwrap();
        assert_eq!(directory.journal().unwrap().unfinished().unwrap(), [recorded]);
        assert_eq!(fs::read_to_string(path.join("FORMAT")).unwrap(), "replank data directory, format 1\n");
    }

    #[test]
    fn the_second_process_is_told_who_holds_it() {
        let scratch = Scratch::new("held");
        let first = DataDir::open(scratch.path(), &holder()).unwrap();
        let second = DataDir::open(scratch.path(), &Holder { pid: 4712, ..holder() }).unwrap_err();
        let words = "is in use by process 4711 on ws1 since 2026-11-21 12:18:00 UTC; wait until it ends";
        assert!(second.to_string().contains(words), "{second}");
        drop(first);
        DataDir::open(scratch.path(), &holder()).unwrap();
    }

    #[test]
    fn replicas_share_it_and_are_let_in_one_at_a_time() {
        let scratch = Scratch::new("shared");
        let open = |number: u32| DataDir::open_shared(scratch.path(), &holder(), |_| number);
        let (first, one) = open(1).unwrap();
        let (second, two) = open(2).unwrap();
        assert_eq!((one, two), (1, 2));
        drop(first);
        let kept_out = DataDir::open(scratch.path(), &holder()).unwrap_err().to_string();
        assert!(kept_out.contains("is in use by process 4711"), "{kept_out}");
        drop(second);
        let _alone = DataDir::open(scratch.path(), &holder()).unwrap();
        assert!(matches!(open(3), Err(DataDirError::Held { .. })));
    }

    #[test]
    fn the_lock_of_a_dead_process_is_taken_over() {
        let scratch = Scratch::new("stale");
        fs::write(scratch.path().join("LOCK"), "process 1 on gone since 2020-01-01 00:00:00 UTC\n").unwrap();
        let _directory = DataDir::open(scratch.path(), &holder()).unwrap();
        let text = fs::read_to_string(scratch.path().join("LOCK")).unwrap();
        assert_eq!(text, "process 4711 on ws1 since 2026-11-21 12:18:00 UTC\n");
    }

    #[test]
    fn directories_that_are_not_ours_are_refused_and_left_alone() {
        let rows: &[(&str, &str, &[u8], &str)] = &[
            ("foreign", "notes.txt", b"mine", "is not a data directory of replank and not empty"),
            ("newer", "FORMAT", b"replank data directory, format 2\n", "has format 2 and this version"),
            ("other", "FORMAT", b"PG_VERSION 17\n", "is damaged: it should read `replank data directory, "),
            ("zero", "FORMAT", b"replank data directory, format 0\n", "is damaged"),
            ("bytes", "FORMAT", b"\xff\xfe\x00", "is damaged: it should read"),
        ];
        for (name, file, text, words) in rows {
            let scratch = Scratch::new(name);
            fs::write(scratch.path().join(file), text).unwrap();
            let refused = DataDir::open(scratch.path(), &holder()).unwrap_err().to_string();
            assert!(refused.contains(words), "{refused}");
            let left: Vec<_> =
                fs::read_dir(scratch.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(left, [*file], "{name}");
        }
    }

    #[test]
    fn a_file_in_its_place_is_named() {
        let scratch = Scratch::new("file");
        let path = scratch.path().join("data");
        fs::write(&path, "").unwrap();
        let refused = DataDir::open(&path, &holder()).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("cannot make the directory {}", path.display())), "{refused}");
    }

    #[test]
    fn a_kill_between_lock_and_format_does_no_harm() {
        let scratch = Scratch::new("halfway");
        fs::write(scratch.path().join("LOCK"), "").unwrap();
        fs::write(scratch.path().join("FORMAT.new"), "repl").unwrap();
        DataDir::open(scratch.path(), &holder()).unwrap();
    }
}
