//! What errors may repeat of a user's text.
//!
//! A file with credentials may be given by mistake. So an error names positions and keys, and repeats a value
//! only of a known field that takes a word or a number.

use std::borrow::Cow;

use serde_json::Value;

/// The longest part of a key that is repeated (Kubernetes: limit for label keys and names).
pub(super) const PART_MAX: usize = 63;
/// The longest value that is repeated.
const VALUE_MAX: usize = 63;

/// A key for an error, in quotes if it looks like a key, otherwise only its length.
pub(crate) fn name(text: &str) -> Cow<'_, str> {
    if is_name(text) { Cow::from(format!("\"{text}\"")) } else { letters("a key", text) }
}

/// The same without quotes, as part of a path.
pub(crate) fn bare(text: &str) -> Cow<'_, str> {
    if is_name(text) { Cow::from(text) } else { letters("a key", text) }
}

/// The value of a field that takes a word or a number, as JSON; of others only their type.
pub(crate) fn word(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) if is_short(text) => Cow::from(value.to_string()),
        Value::String(text) => letters("a text", text),
        Value::Bool(_) | Value::Number(_) => Cow::from(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Cow::from(kind(value)),
    }
}

/// The type of a value.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a flag",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

fn letters<'t>(what: &str, text: &str) -> Cow<'t, str> {
    Cow::from(format!("{what} of {} letters", text.chars().count()))
}

fn is_short(text: &str) -> bool {
    text.chars().count() <= VALUE_MAX && !text.contains(char::is_control)
}

/// Whether a text looks like the name of a field or the key of a label or annotation.
fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    let part = |part: &str| !part.is_empty() && part.len() <= PART_MAX && part.chars().all(fits);
    match text.split_once('/') {
        Some((prefix, last)) => prefix.split('.').all(part) && part(last),
        None => part(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_and_words_are_repeated_and_nothing_else() {
        for (text, wanted) in [
            ("token", "\"token\""),
            ("app.kubernetes.io/name", "\"app.kubernetes.io/name\""),
            ("token:abc", "a key of 9 letters"),
            ("https://user:word@host", "a key of 22 letters"),
            (&*"x".repeat(64), "a key of 64 letters"),
            ("", "a key of 0 letters"),
        ] {
            assert_eq!(name(text), wanted);
        }
        for (value, wanted) in [
            (json!("soon"), "\"soon\""),
            (json!(1.5), "1.5"),
            (json!("a\nb"), "a text of 3 letters"),
            (json!("x".repeat(64)), "a text of 64 letters"),
            (json!({"a": 1}), "a mapping"),
        ] {
            assert_eq!(word(&value), wanted);
        }
    }
}
