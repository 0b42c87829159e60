//! Messages of the part of the API server that decodes the results of strategic merge patches (Kubernetes:
//! `runtime/converter.go`).

use serde_json::Value;

use super::leaf_word;
use crate::schema::{Form, Scalar, TypedValue};

/// A value as Go prints it: `map[spec:map[replicas:2]]`.
pub fn quoted(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => format!("[{}]", items.iter().map(quoted).collect::<Vec<_>>().join(" ")),
        Value::Object(fields) => {
            let mut parts: Vec<_> = fields.iter().collect();
            parts.sort_by_key(|(key, _)| *key);
            let parts: Vec<_> = parts.iter().map(|(key, value)| format!("{key}:{}", quoted(value))).collect();
            format!("map[{}]", parts.join(" "))
        }
    }
}

/// Why a value does not fit its type; `found` is its JSON type.
pub(super) fn mismatch(value: &Value, place: TypedValue<'_>, found: &str) -> String {
    let is = match value {
        Value::Null => "nil",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
    };
    match place.form() {
        Form::Struct(_) => format!("cannot restore struct from: {is}"),
        Form::Map => format!("cannot restore map from {is}"),
        Form::List | Form::Scalar(Scalar::Bytes) => format!("cannot restore slice from {is}"),
        // These read themselves from JSON.
        Form::Scalar(Scalar::Time) => format!("json: cannot unmarshal {found} into Go value of type string"),
        Form::Scalar(Scalar::IntOrText) => {
            format!("json: cannot unmarshal {found} into Go value of type int32")
        }
        Form::Scalar(Scalar::Quantity) => {
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
                .to_owned()
        }
        Form::Scalar(leaf) => match (leaf, is) {
            (Scalar::Text, "int64") | (Scalar::Int32 | Scalar::Int64, "int64" | "float64") => {
                format!("cannot convert {is} to {}", leaf_word(leaf))
            }
            _ => format!("unrecognized type: {}", leaf_word(leaf)),
        },
        Form::Unknown => String::new(),
    }
}
