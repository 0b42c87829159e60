//! Validates a configuration against its types; any fault makes the apply fail.

use serde_json::Value;

use super::set::Element;
use super::walk::{Parts, element_of, parts};
use crate::schema::{Form, Scalar, TypedValue};

/// The faults as a message of the API server; `None` when there are none.
pub(super) fn faults(config: &Value, place: TypedValue<'_>) -> Option<String> {
    let mut found = Vec::new();
    check(config, place, "", &mut found);
    match found.len() {
        0 => None,
        1 => found.pop(),
        _ => Some(format!("errors:\n  {}", found.join("\n  "))),
    }
}

fn check(value: &Value, place: TypedValue<'_>, path: &str, found: &mut Vec<String>) {
    if let Some(wrong) = mismatch(value, place.form()) {
        found.push(format!("{path}: {wrong}"));
        return;
    }
    match value {
        Value::Object(fields) => {
            for (key, below) in fields {
                let path = format!("{path}.{key}");
                if place.refuses(key) {
                    found.push(format!("{path}: field not declared in schema"));
                } else {
                    check(below, place.child(key), &path, found);
                }
            }
        }
        Value::Array(items) => check_items(items, value, place, path, found),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn check_items(items: &[Value], list: &Value, place: TypedValue<'_>, path: &str, found: &mut Vec<String>) {
    let is_shared = matches!(parts(list, place), Parts::Items(_));
    let mut seen: Vec<Element> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let mut below = format!("{path}[{index}]");
        if is_shared {
            match element_of(item, place) {
                Ok(element) if seen.contains(&element) => {
                    found.push(format!("{path}: duplicate entries for key {element}"));
                    continue;
                }
                Ok(element) => {
                    below = format!("{path}{element}");
                    seen.push(element);
                }
                Err(why) => {
                    found.push(format!("{path}: element {index}: {why}"));
                    continue;
                }
            }
        }
        check(item, place.item(), &below, found);
    }
}

fn mismatch(value: &Value, form: Form<'_>) -> Option<String> {
    let (fits, wanted) = match form {
        Form::Unknown => return None,
        Form::Struct(_) | Form::Map => (value.is_object(), "map"),
        Form::List => (value.is_array(), "list"),
        Form::Scalar(leaf) => (fits(leaf, value), name(leaf)),
    };
    (!fits && !value.is_null()).then(|| format!("expected {wanted}, got {value}"))
}

fn name(leaf: Scalar) -> &'static str {
    match leaf {
        Scalar::Text | Scalar::Bytes | Scalar::Time | Scalar::Quantity | Scalar::IntOrText => "string",
        Scalar::Bool => "boolean",
        Scalar::Int32 | Scalar::Int64 | Scalar::Double => "numeric (int or float)",
    }
}

fn fits(leaf: Scalar, value: &Value) -> bool {
    match leaf {
        Scalar::Quantity | Scalar::IntOrText => value.is_string() || value.is_number(),
        Scalar::Text | Scalar::Bytes | Scalar::Time => value.is_string(),
        Scalar::Bool => value.is_boolean(),
        Scalar::Int32 | Scalar::Int64 | Scalar::Double => value.is_number(),
    }
}
