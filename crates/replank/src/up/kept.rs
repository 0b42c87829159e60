//! Small files that outlive a process: written aside and renamed, so that a kill leaves each whole or absent. Only
//! their owner reads them.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use replank_engine::secret::Unreadable;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::settings::bad;

/// Reads one, if it is there.
pub(crate) fn read<T: DeserializeOwned>(file: &Path) -> Result<Option<T>> {
    match fs::read(file) {
        Ok(text) => {
            // Some of these hold keys.
            let damaged = |error: &serde_json::Error| {
                bad(format!("{} is damaged ({}); remove it", file.display(), Unreadable::json(error)))
            };
            serde_json::from_slice(&text).map(Some).map_err(|error| damaged(&error))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(bad(format!("{}: {error}", file.display()))),
    }
}

/// Writes one as JSON.
pub(crate) fn write<T: Serialize>(file: &Path, value: &T) -> Result<()> {
    write_text(file, &serde_json::to_string_pretty(value)?)
}

/// Writes one as it is.
pub(crate) fn write_text(file: &Path, text: &str) -> Result<()> {
    let aside = file.with_extension("new");
    let directory = file.parent().map_or(Ok(()), fs::create_dir_all);
    let options = || OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside);
    let written = directory.and_then(|()| options()?.write_all(text.as_bytes()));
    written.and_then(|()| fs::rename(&aside, file)).with_context(|| file.display().to_string())
}
