//! Secrets: how errors in files that may hold some are reported, and how one is stored on purpose.
//!
//! Parsers quote what they could not read, so their messages about text from outside are never passed on. An
//! [`Unreadable`] holds a position and words of this program, nothing else.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serializer};
use thiserror::Error;

/// Why a text cannot be read: the position and the kind of mistake, without any of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub struct Unreadable {
    at: Option<At>,
    why: &'static str,
}

/// A position in a text; line and column count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct At {
    line: usize,
    /// In the units of the parser: characters for YAML, bytes for JSON.
    column: usize,
}

impl Unreadable {
    /// A mistake of the text as a whole.
    pub fn new(why: &'static str) -> Self {
        Self { at: None, why }
    }

    /// A mistake at a position; line 0 means that none is known.
    pub fn at(line: usize, column: usize, why: &'static str) -> Self {
        Self { at: (line > 0).then_some(At { line, column }), why }
    }

    /// From an error of `serde_json`.
    pub fn json(error: &serde_json::Error) -> Self {
        use serde_json::error::Category;
        let why = match error.classify() {
            Category::Io => "it cannot be read to its end",
            Category::Syntax => "it is no JSON from here on",
            Category::Data => "something else is expected here",
            Category::Eof => "it ends too early",
        };
        Self::at(error.line(), error.column(), why)
    }

    /// For a text that is not UTF-8 from byte `valid_up_to` on.
    pub fn not_utf8(text: &[u8], valid_up_to: usize) -> Self {
        let before = text.get(..valid_up_to).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        let last = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        Self::at(line, String::from_utf8_lossy(last).chars().count() + 1, "the text is not UTF-8")
    }

    /// The kind of mistake, without the position.
    pub fn why(&self) -> &'static str {
        self.why
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(At { line, column }) => write!(f, "line {line}, column {column}: {}", self.why),
            None => f.write_str(self.why),
        }
    }
}

/// Stores a secret in a file that only its owner can read: `#[serde(with = "kept")]`.
pub mod kept {
    use super::{Deserialize, Deserializer, ExposeSecret, SecretString, Serializer};

    /// Writes it as plain text.
    pub fn serialize<S: Serializer>(secret: &SecretString, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(secret.expose_secret())
    }

    /// Reads it from plain text.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
        String::deserialize(from).map(SecretString::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_holds_is_not_repeated() {
        for (text, words) in [
            ("[\n\"marker\", 1]", "line 2, column 8: something else is expected here"),
            ("[1,\n2", "line 2, column 1: it ends too early"),
            ("[marker]", "line 1, column 2: it is no JSON from here on"),
        ] {
            let error = serde_json::from_str::<Vec<u32>>(text).unwrap_err();
            assert_eq!(Unreadable::json(&error).to_string(), words, "{error}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_have_a_place() {
        let text = [b"a: 1\nb\xc3\xa4: ".as_slice(), &[0xff]].concat();
        let at = std::str::from_utf8(&text).unwrap_err().valid_up_to();
        assert_eq!(Unreadable::not_utf8(&text, at).to_string(), "line 2, column 5: the text is not UTF-8");
    }
}
