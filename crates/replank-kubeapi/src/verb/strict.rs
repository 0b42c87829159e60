//! Fields that nobody knows: refused when a client asks for it (`fieldValidation=Strict`).

use serde_json::Value;

use super::Asked;
use crate::failure::Failure;
use crate::resource::Source;
use crate::schema::{Form, Place, Schema};

/// No more complaints than this are told.
const COMPLAINTS_MAX: usize = 10;

/// Refuses with 400 when unknown fields are to be refused and there are any.
pub(super) fn check(asked: &Asked, object: &Value) -> Result<(), Failure> {
    if asked.parameters.get("fieldValidation") != Some("Strict") || asked.resource.source == Source::Custom {
        return Ok(());
    }
    let place = Schema::builtin().root(&asked.resource.api_version(), &asked.resource.kind);
    let mut unknown = Vec::new();
    walk(place, object, "", &mut unknown);
    if unknown.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = unknown.iter().map(|path| format!("unknown field \"{path}\"")).collect();
    let kind = &asked.resource.kind;
    let message = format!(
        "{kind} in version \"{}\" cannot be handled as a {kind}: strict decoding error: {}",
        asked.resource.version,
        list.join(", ")
    );
    Err(Failure::bad_request(message))
}

fn walk(place: Place<'_>, value: &Value, path: &str, unknown: &mut Vec<String>) {
    if unknown.len() >= COMPLAINTS_MAX {
        return;
    }
    match (place.form(), value) {
        (Form::Struct(_), Value::Object(fields)) => {
            for (key, inner) in fields {
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                if place.refuses(key) {
                    unknown.push(below);
                } else {
                    walk(place.child(key), inner, &below, unknown);
                }
            }
        }
        (Form::Map, Value::Object(fields)) => {
            for (key, inner) in fields {
                walk(place.child(key), inner, &format!("{path}.{key}"), unknown);
            }
        }
        (Form::List, Value::Array(items)) => {
            for (at, inner) in items.iter().enumerate() {
                walk(place.item(), inner, &format!("{path}[{at}]"), unknown);
            }
        }
        _ => {}
    }
}
