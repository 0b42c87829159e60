//! YAML and JSON text as documents that know line and column of every value.
//!
//! Scalars are read as `kubectl` reads them. The meaning of a document is not judged here.

mod compose;
mod doc;
mod error;
mod json;
mod scalar;
pub(crate) mod shown;
mod write;

pub use doc::{Doc, Field, Key};
pub use error::{BadInput, BadInputs, FilePosition, Pos};
pub(crate) use replank_core::near::nearest;
pub use write::write;

#[cfg(test)]
mod tests;

/// The largest text accepted, in bytes; manifests of a whole large cluster fit many times.
pub const TEXT_BYTES_MAX: usize = 32 << 20;
/// The deepest nesting accepted.
pub const DEPTH_MAX: usize = 100;
/// The most values accepted in one text.
pub const NODES_MAX: usize = 2_000_000;
/// The most values that aliases and merge keys may add to a text, so that a small text cannot expand without
/// bound.
pub const COPIED_NODES_MAX: usize = 100_000;

/// How a duplicate key in a mapping is treated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Twice {
    /// As an error.
    #[default]
    Refused,
    /// The last value counts, as `kubectl` reads files; manifests in use do have such keys.
    LastWins,
}

/// Parses all documents of a text that have content. Duplicate keys are errors.
pub fn read(file: &str, text: &[u8]) -> Result<Vec<Doc>, BadInput> {
    documents(file, text, Twice::Refused)
}

/// The same for a manifest, where of duplicate keys the last counts.
pub fn read_manifest(file: &str, text: &[u8]) -> Result<Vec<Doc>, BadInput> {
    documents(file, text, Twice::LastWins)
}

/// Extends an error by a hint when the text is the source of a Helm chart.
fn with_hint(mut error: BadInput, text: &str) -> BadInput {
    let line = error.place.pos.and_then(|pos| text.lines().nth(pos.line as usize - 1)).unwrap_or_default();
    if line.contains("{{") {
        error.message += "; this is the source of a Helm chart, give what `helm template` prints";
    }
    error
}

/// Parses JSON or YAML, told apart by the first character as `kubectl` does; what only looks like JSON is read as
/// YAML.
fn documents(file: &str, text: &[u8], twice: Twice) -> Result<Vec<Doc>, BadInput> {
    let start = FilePosition::whole(file);
    if text.len() > TEXT_BYTES_MAX {
        let message = format!("the text has {} bytes, at most {TEXT_BYTES_MAX} are read", text.len());
        return Err(BadInput::new(start, message));
    }
    let text = std::str::from_utf8(text).map_err(|error| not_utf8(file, text, error.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.trim_start().starts_with('{') {
        return compose::documents(file, text, twice).map_err(|error| with_hint(error, text));
    }
    match json::documents(file, text, twice) {
        Ok(docs) => Ok(docs),
        Err(as_json) => compose::documents(file, text, twice).map_err(|as_yaml| {
            if std::path::Path::new(file).extension().is_some_and(|end| end == "json") {
                as_json
            } else {
                with_hint(as_yaml, text)
            }
        }),
    }
}

fn not_utf8(file: &str, text: &[u8], offset: usize) -> BadInput {
    let before = text.get(..offset).unwrap_or_default();
    let line = before.split(|&byte| byte == b'\n').count();
    let start_of_line = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let column = String::from_utf8_lossy(&before[start_of_line..]).chars().count() + 1;
    let place = FilePosition::new(file.into(), Pos { line: line as u32, column: column as u32 });
    BadInput::new(place, "the text is not UTF-8".to_owned())
}
