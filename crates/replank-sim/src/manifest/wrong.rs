//! What the API server finds wrong with an object, in its words (Kubernetes: `field.Error`).

use serde_json::Value;

use crate::yaml::{Field, Place};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// Where.
    pub(crate) place: Place,
    /// The reason of a refusal's cause, such as `FieldValueInvalid`; none when the object cannot be decoded.
    pub(crate) cause: Option<&'static str>,
    /// The field and what is wrong, such as `spec.replicas: Invalid value: -1: must be ...`.
    pub(crate) text: String,
}

fn wrong(field: &Field<'_>, cause: &'static str, what: &str) -> Wrong {
    Wrong { place: field.place(), cause: Some(cause), text: format!("{}: {what}", field.path()) }
}

/// `Required value`.
pub(super) fn required(field: &Field<'_>, detail: &str) -> Wrong {
    let colon = if detail.is_empty() { "" } else { ": " };
    wrong(field, "FieldValueRequired", &format!("Required value{colon}{detail}"))
}

/// `Invalid value: <the field's value>: ...`.
pub(super) fn invalid(field: &Field<'_>, detail: &str) -> Wrong {
    invalid_value(field, &shown(field.value()), detail)
}

/// `Invalid value` with another value than the field's own.
pub(super) fn invalid_value(field: &Field<'_>, value: &str, detail: &str) -> Wrong {
    wrong(field, "FieldValueInvalid", &format!("Invalid value: {value}: {detail}"))
}

/// `Unsupported value`, with those that are supported.
pub(super) fn unsupported(field: &Field<'_>, supported: &[&str]) -> Wrong {
    let all: Vec<_> = supported.iter().map(|value| format!("{value:?}")).collect();
    let what = format!("Unsupported value: {}: supported values: {}", shown(field.value()), all.join(", "));
    wrong(field, "FieldValueNotSupported", &what)
}

/// `Forbidden`.
pub(super) fn forbidden(field: &Field<'_>, detail: &str) -> Wrong {
    wrong(field, "FieldValueForbidden", &format!("Forbidden: {detail}"))
}

/// `Duplicate value`.
pub(super) fn duplicate(field: &Field<'_>) -> Wrong {
    wrong(field, "FieldValueDuplicate", &format!("Duplicate value: {}", shown(field.value())))
}

/// `Not found`.
pub(super) fn not_found(field: &Field<'_>) -> Wrong {
    wrong(field, "FieldValueNotFound", &format!("Not found: {}", shown(field.value())))
}

/// The object cannot be decoded at all.
pub(super) fn undecodable(field: &Field<'_>, text: String) -> Wrong {
    Wrong { place: field.place(), cause: None, text }
}

/// A value of the wrong type, as Go's JSON decoder says it. `holder` is the Go type that has the field.
pub(super) fn mistyped(field: &Field<'_>, holder: &str, wanted: &str) -> Wrong {
    let found = match field.value() {
        None | Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "bool",
        // Go's decoder says the number only where it wants one.
        Some(Value::Number(number)) if number.is_f64() && wanted.contains("int") => {
            &format!("number {number}")
        }
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
    };
    let mut path = String::new();
    let mut in_brackets = false;
    for letter in field.path().chars() {
        match letter {
            '[' => in_brackets = true,
            ']' => in_brackets = false,
            letter if !in_brackets => path.push(letter),
            _ => {}
        }
    }
    let text =
        format!("json: cannot unmarshal {found} into Go struct field {holder}.{path} of type {wanted}");
    undecodable(field, text)
}

/// A value as the API server prints it.
pub(super) fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "null".to_owned(), ToString::to_string)
}
