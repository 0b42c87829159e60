//! Which update of the service an attempt of an upgrade began: kept in a file of the data directory, by the id that the
//! attempt has in the journal.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use replank_core::names::UpdateId;
use replank_core::observed::Answer;
use replank_engine::ports::ReadError;
use replank_engine::state_file;

/// Name of the file.
const FILE: &str = "cluster-works.json";

/// Updates of the service by the attempts that began them.
pub(super) struct Works {
    file: PathBuf,
    known: RefCell<BTreeMap<String, String>>,
}

impl Works {
    /// Those of a data directory.
    pub(super) fn open(data: &Path) -> Result<Self> {
        let file = data.join(FILE);
        let known = state_file::read(&file)?.unwrap_or_default();
        Ok(Self { file, known: RefCell::new(known) })
    }

    /// The update that an attempt began.
    pub(super) fn of(&self, attempt: &UpdateId) -> Option<String> {
        self.known.borrow().get(attempt.as_str()).cloned()
    }

    /// Whether some attempt began an update.
    pub(super) fn is_taken(&self, update: &str) -> bool {
        self.known.borrow().values().any(|known| known == update)
    }

    /// Notes what an attempt began.
    pub(super) fn put(&self, attempt: &UpdateId, update: &str) -> Result<(), ReadError> {
        let mut known = self.known.borrow_mut();
        known.insert(attempt.to_string(), update.to_owned());
        state_file::write(&self.file, &*known).map_err(|error| ReadError(error.to_string()))
    }

    /// The same, as the answer to what began it: where it cannot be written, the update is looked up again.
    pub(super) fn begun(&self, attempt: &UpdateId, update: &str) -> Answer {
        match self.put(attempt, update) {
            Ok(()) => Answer::Done,
            Err(ReadError(why)) => Answer::CannotTell(why),
        }
    }
}
