//! What a client wrote, kept as text: a tree of values takes ten times the memory, and nearly none is read again.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

/// Values nested deeper than this are kept beside their text: reading it stops at 128 levels (`serde_json`).
const DEPTH_MAX: usize = 100;

/// An object, or a part of one, as a client wrote it, unknown fields included. A clone costs a reference count.
///
/// It is kept as JSON and read as a [`Value`] at the first look at it. That is kept too; who looks at many of them once
/// takes [`Self::once`].
#[derive(Clone)]
pub struct AsGiven(Arc<Given>);

struct Given {
    json: Box<str>,
    value: OnceLock<Value>,
}

impl AsGiven {
    /// Keeps a copy of a value.
    pub fn of(value: &Value) -> Self {
        let json = value.to_string().into_boxed_str();
        let kept = if comes_back(value, DEPTH_MAX) { OnceLock::new() } else { OnceLock::from(value.clone()) };
        Self(Arc::new(Given { json, value: kept }))
    }

    /// As JSON without white space, fields in the order they were given.
    pub fn json(&self) -> &str {
        &self.0.json
    }

    /// Whether a field of that name may be anywhere in it. A no is certain and costs no reading; a yes may be a text that
    /// looks like one.
    pub fn may_have(&self, field: &str) -> bool {
        let is_name = |(at, _): (usize, &str)| {
            self.0.json[..at].ends_with('"') && self.0.json[at + field.len()..].starts_with("\":")
        };
        self.0.json.match_indices(field).any(is_name)
    }

    /// As a value, without keeping what was read for others.
    pub fn once(&self) -> Cow<'_, Value> {
        match self.0.value.get() {
            Some(value) => Cow::Borrowed(value),
            None => Cow::Owned(self.read()),
        }
    }

    /// Changes it; other clones stay as they are.
    pub fn edit<R>(&mut self, edit: impl FnOnce(&mut Value) -> R) -> R {
        let mut value = self.once().into_owned();
        let result = edit(&mut value);
        *self = Self::of(&value);
        result
    }

    fn read(&self) -> Value {
        // It was written from a value, so it can be read.
        serde_json::from_str(&self.0.json).unwrap_or_default()
    }
}

/// Whether a value is the same when its text is read again: it has at most `levels` levels, and no fractions, which come
/// back rounded (`serde_json` without `float_roundtrip`).
fn comes_back(value: &Value, levels: usize) -> bool {
    let Some(levels) = levels.checked_sub(1) else { return false };
    match value {
        Value::Array(items) => items.iter().all(|item| comes_back(item, levels)),
        Value::Object(fields) => fields.values().all(|field| comes_back(field, levels)),
        Value::Number(number) => !number.is_f64(),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

impl Deref for AsGiven {
    type Target = Value;

    fn deref(&self) -> &Value {
        self.0.value.get_or_init(|| self.read())
    }
}

impl From<Value> for AsGiven {
    fn from(value: Value) -> Self {
        Self::of(&value)
    }
}

impl Default for AsGiven {
    /// Nothing: `null`.
    fn default() -> Self {
        Self::of(&Value::Null)
    }
}

impl PartialEq for AsGiven {
    /// Whether the values are equal, in whatever order their fields were given.
    fn eq(&self, other: &Self) -> bool {
        self.0.json == other.0.json || *self.once() == *other.once()
    }
}

impl fmt::Display for AsGiven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.json)
    }
}

impl fmt::Debug for AsGiven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.json)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_reads_as_it_was_given_and_is_equal_in_any_order() {
        let value = json!({"b": [1, -2, 0.1, 1e300, null, "ü\n"], "a": {"x": u64::MAX, "y": i64::MIN}});
        let given = AsGiven::of(&value);
        assert_eq!(*given, value);
        assert_eq!(given.to_string(), value.to_string());
        let other = AsGiven::from(json!({"a": {"y": i64::MIN, "x": u64::MAX}, "b": value["b"]}));
        assert!(given == other && given != AsGiven::default());
    }

    #[test]
    fn what_is_edited_is_a_copy_and_what_is_read_once_is_not_kept() {
        let given = AsGiven::from(json!({"spec": {"replicas": 1}}));
        let mut edited = given.clone();
        edited.edit(|value| value["spec"]["replicas"] = json!(2));
        assert_eq!(given.once()["spec"]["replicas"], 1);
        assert!(given.may_have("replicas") && !given.may_have("status") && !given.may_have("spe"));
        assert!(given.0.value.get().is_none());
        assert_eq!((&edited["spec"]["replicas"], edited.json()), (&json!(2), r#"{"spec":{"replicas":2}}"#));
    }

    #[test]
    fn values_too_deep_to_be_read_again_stay() {
        let deep = (0..300).fold(json!("bottom"), |inner, _| json!([inner]));
        assert_eq!(*AsGiven::of(&deep), deep);
    }

    #[test]
    fn every_number_reads_as_it_was() {
        let mut bits = 1_u64;
        for _ in 0..2000 {
            bits = replank_core::draw::mix(bits);
            let Some(number) = serde_json::Number::from_f64(f64::from_bits(bits)) else { continue };
            assert_eq!(*AsGiven::from(Value::Number(number.clone())), Value::Number(number));
        }
    }
}
