//! Mistakes of the user, which end the command with an exit code of their own. Each names the flag or the file, the value
//! and what to do about it; nothing was started.

use std::error::Error;
use std::fmt;

/// Mistake in flags or files, with what to do about it.
#[derive(Debug)]
pub(crate) struct BadInput(pub(crate) String);

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for BadInput {}

/// Error for a mistake of the user.
pub(crate) fn bad(text: String) -> anyhow::Error {
    BadInput(text).into()
}
