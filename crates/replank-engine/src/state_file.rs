//! Small files that outlive a process: written aside and renamed, so that a kill leaves each whole or absent. Only
//! their owner may read them, since some hold keys.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::secret::Unreadable;

/// A state file that is of no use. What was there before is there still.
#[derive(Debug, Error)]
pub enum StateFileError {
    /// It is not what this program wrote.
    #[error("{path} is damaged ({why}); remove it")]
    Damaged {
        /// Path of the damaged file.
        path: PathBuf,
        /// Where, and what kind of mistake.
        why: Unreadable,
    },
    /// The file system does not let it be read.
    #[error("{path}: {why}")]
    Unread {
        /// Path of the file.
        path: PathBuf,
        /// Error of the file system.
        why: io::Error,
    },
    /// The file system does not let it be written.
    #[error("{path}: {why}")]
    Unwritten {
        /// Path of the file.
        path: PathBuf,
        /// Error of the file system.
        why: io::Error,
    },
}

/// Reads one; `None` when it is not there.
pub fn read<T: DeserializeOwned>(file: &Path) -> Result<Option<T>, StateFileError> {
    match fs::read(file) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| StateFileError::Damaged {
            path: file.to_owned(),
            why: Unreadable::json(&error),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(StateFileError::Unread { path: file.to_owned(), why }),
    }
}

/// Writes one as JSON.
pub fn write<T: Serialize>(file: &Path, value: &T) -> Result<(), StateFileError> {
    let text = serde_json::to_string_pretty(value).map_err(|error| unwritten(file, error.into()))?;
    write_text(file, &text)
}

/// Writes one as it is, in a directory that is made if it is not there.
pub fn write_text(file: &Path, text: &str) -> Result<(), StateFileError> {
    let aside = file.with_extension("new");
    let directory = file.parent().map_or(Ok(()), fs::create_dir_all);
    let options = || OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside);
    let written = directory.and_then(|()| options()?.write_all(text.as_bytes()));
    written.and_then(|()| fs::rename(&aside, file)).map_err(|why| unwritten(file, why))
}

fn unwritten(file: &Path, why: io::Error) -> StateFileError {
    StateFileError::Unwritten { path: file.to_owned(), why }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::tests::world::Scratch;

    #[test]
    fn what_was_written_is_read_and_nobody_else_may() {
        let scratch = Scratch::new("state-file");
        let file = scratch.path().join("deep/state.json");
        assert!(read::<[String; 2]>(&file).unwrap().is_none());
        write(&file, &["one", "two"]).unwrap();
        assert_eq!(read::<[String; 2]>(&file).unwrap().unwrap(), ["one", "two"]);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!file.with_extension("new").exists());
    }

    #[test]
    fn a_damaged_file_is_named_without_what_stands_in_it() {
        let scratch = Scratch::new("damaged-state-file");
        let file = scratch.path().join("key.json");
        write_text(&file, "[\"secret\", 7]").unwrap();
        let said = read::<[String; 2]>(&file).unwrap_err().to_string();
        let path = file.display();
        assert!(said.starts_with(&format!("{path} is damaged (line 1")), "{said}");
        assert!(said.ends_with("; remove it") && !said.contains("secret"), "{said}");
    }
}
