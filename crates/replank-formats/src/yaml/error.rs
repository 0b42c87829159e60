//! Errors in a text, with their position.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

/// A position in a text, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pos {
    /// Number of the line.
    pub line: u32,
    /// Column, in characters.
    pub column: u32,
}

impl Pos {
    /// The first character of a text.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// A position in a file, printed as `file:line:column`, or a file as a whole, printed as `file`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilePosition {
    /// The file name as the user gave it.
    pub file: Arc<str>,
    /// Position; `None` for an error about the whole file, such as a missing one.
    pub pos: Option<Pos>,
}

impl FilePosition {
    /// A position in a file.
    pub fn new(file: Arc<str>, pos: Pos) -> Self {
        Self { file, pos: Some(pos) }
    }

    /// A file as a whole.
    pub fn whole(file: &str) -> Self {
        Self { file: file.into(), pos: None }
    }
}

impl fmt::Display for FilePosition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pos {
            Some(Pos { line, column }) => write!(out, "{}:{line}:{column}", self.file),
            None => out.write_str(&self.file),
        }
    }
}

/// One error in the input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Error)]
#[error("{place}: {message}")]
pub struct BadInput {
    /// File, and line and column where they are known.
    pub place: FilePosition,
    /// What is wrong, with the value given and the values accepted.
    pub message: String,
}

impl BadInput {
    /// An error at a place.
    pub fn new(place: FilePosition, message: String) -> Self {
        Self { place, message }
    }
}

/// All errors in the input, printed on one line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadInputs(pub Vec<BadInput>);

/// The most errors printed.
const SHOWN_MAX: usize = 20;

impl fmt::Display for BadInputs {
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

impl std::error::Error for BadInputs {}

impl From<BadInput> for BadInputs {
    fn from(one: BadInput) -> Self {
        Self(vec![one])
    }
}
