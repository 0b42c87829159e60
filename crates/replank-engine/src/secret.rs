//! Secrets: how a file that may hold one is spoken of when it cannot be read, and how one is written down on purpose.
//!
//! Libraries quote what they could not read. So what they say of a text from outside is never passed on: an
//! [`Unreadable`] can hold a place and words of this program, and nothing else.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serializer};
use thiserror::Error;

/// Why a text cannot be read: where, and what kind of mistake it is. Nothing that stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub struct Unreadable {
    at: Option<At>,
    why: &'static str,
}

/// A place in a text, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct At {
    line: usize,
    /// In the units of whoever found it: characters in YAML, bytes in JSON.
    column: usize,
}

impl Unreadable {
    /// Something about the text as a whole.
    pub fn new(why: &'static str) -> Self {
        Self { at: None, why }
    }

    /// Something at a place; a line 0 is no place.
    pub fn at(line: usize, column: usize, why: &'static str) -> Self {
        Self { at: (line > 0).then_some(At { line, column }), why }
    }

    /// What `serde_json` found.
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

    /// Text that is not UTF-8 from byte `valid_up_to` on.
    pub fn not_utf8(text: &[u8], valid_up_to: usize) -> Self {
        let before = text.get(..valid_up_to).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        let last = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        Self::at(line, String::from_utf8_lossy(last).chars().count() + 1, "the text is not UTF-8")
    }

    /// What kind of mistake it is.
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

/// Writes a secret into a file that only its owner reads (`#[serde(with = "kept")]`).
pub mod kept {
    use super::{Deserialize, Deserializer, ExposeSecret, SecretString, Serializer};

    /// As plain text.
    pub fn serialize<S: Serializer>(secret: &SecretString, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(secret.expose_secret())
    }

    /// From plain text.
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
