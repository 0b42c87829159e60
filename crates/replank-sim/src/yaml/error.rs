//! What is wrong with a text, and where.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

/// A position in a text, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pos {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

impl Pos {
    /// The first character.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// A position in a named text, printed as `file:line:column`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file as the user named it.
    pub file: Arc<str>,
    /// Where in it.
    pub pos: Pos,
}

impl Place {
    /// A place in a file.
    pub fn new(file: Arc<str>, pos: Pos) -> Self {
        Self { file, pos }
    }

    /// The beginning of a file.
    pub fn start_of(file: &str) -> Self {
        Self::new(file.into(), Pos::START)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}", self.file, self.pos.line, self.pos.column)
    }
}

/// One thing that is wrong with the input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Error)]
#[error("{place}: {message}")]
pub struct BadInput {
    /// Where.
    pub place: Place,
    /// What, with the value given and the values accepted.
    pub message: String,
}

impl BadInput {
    /// Something wrong at a place.
    pub fn new(place: Place, message: String) -> Self {
        Self { place, message }
    }
}

/// Everything that is wrong with the input, one line each, in the order of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub Vec<BadInput>);

/// The most errors that are printed at once.
const SHOWN_MAX: usize = 20;

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().take(SHOWN_MAX).enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(out, "{end}{error}")?;
        }
        match self.0.len().saturating_sub(SHOWN_MAX) {
            0 => Ok(()),
            more => write!(out, "\nand {more} more"),
        }
    }
}

impl std::error::Error for Refused {}

impl From<BadInput> for Refused {
    fn from(one: BadInput) -> Self {
        Self(vec![one])
    }
}
