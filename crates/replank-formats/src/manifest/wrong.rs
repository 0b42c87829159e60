//! Validation errors with the API server's texts (Kubernetes: `field.Error`).

use serde_json::Value;

use crate::yaml::{Field, FilePosition};

/// One validation error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// Position in the file.
    pub(crate) place: FilePosition,
    /// `reason` of the cause, such as `FieldValueInvalid`; `None` when the object cannot be decoded.
    pub(crate) cause: Option<&'static str>,
    /// Field path and message, such as `spec.replicas: Invalid value: -1: must be ...`.
    pub(crate) text: String,
}

fn wrong(field: &Field<'_>, cause: &'static str, what: &str) -> Wrong {
    Wrong { place: field.place(), cause: Some(cause), text: format!("{}: {what}", field.path()) }
}

/// A `Required value` error.
pub(super) fn required(field: &Field<'_>, detail: &str) -> Wrong {
    let colon = if detail.is_empty() { "" } else { ": " };
    wrong(field, "FieldValueRequired", &format!("Required value{colon}{detail}"))
}

/// An `Invalid value` error with the field's value.
pub(super) fn invalid(field: &Field<'_>, detail: &str) -> Wrong {
    invalid_value(field, &shown(field.value()), detail)
}

/// An `Invalid value` error with another value than the field's.
pub(super) fn invalid_value(field: &Field<'_>, value: &str, detail: &str) -> Wrong {
    wrong(field, "FieldValueInvalid", &format!("Invalid value: {value}: {detail}"))
}

/// An `Unsupported value` error with the supported ones.
pub(super) fn unsupported(field: &Field<'_>, supported: &[&str]) -> Wrong {
    let all: Vec<_> = supported.iter().map(|value| format!("{value:?}")).collect();
    let what = format!("Unsupported value: {}: supported values: {}", shown(field.value()), all.join(", "));
    wrong(field, "FieldValueNotSupported", &what)
}

/// A `Forbidden` error.
pub(super) fn forbidden(field: &Field<'_>, detail: &str) -> Wrong {
    wrong(field, "FieldValueForbidden", &format!("Forbidden: {detail}"))
}

/// A `Duplicate value` error.
pub(super) fn duplicate(field: &Field<'_>) -> Wrong {
    wrong(field, "FieldValueDuplicate", &format!("Duplicate value: {}", shown(field.value())))
}

/// A `Not found` error.
pub(super) fn not_found(field: &Field<'_>) -> Wrong {
    wrong(field, "FieldValueNotFound", &format!("Not found: {}", shown(field.value())))
}

/// An object that cannot be decoded.
pub(super) fn undecodable(field: &Field<'_>, text: String) -> Wrong {
    Wrong { place: field.place(), cause: None, text }
}

/// A value of the wrong type, worded as Go's JSON decoder does. `holder` is the Go type that has the field.
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

/// A value as the API server prints it in errors.
pub(super) fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "null".to_owned(), ToString::to_string)
}
