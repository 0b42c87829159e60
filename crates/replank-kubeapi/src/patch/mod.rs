//! The three kinds of patches. Server-side apply is in `apply`.
//!
//! Kubernetes: `apiserver/pkg/endpoints/handlers/patch.go`, error messages included. They rewrite JSON and know the
//! meaning of fields from the table of types only.

mod json;
mod merge;
mod order;
mod strategic;

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

pub use merge::merge;

use crate::rejection::Rejection;
use crate::schema::TypedValue;

/// Media types of patches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchKind {
    /// `application/json-patch+json`: operations (RFC 6902).
    Json,
    /// `application/merge-patch+json`: an object to merge (RFC 7386).
    Merge,
    /// `application/strategic-merge-patch+json`: lists are merged by key; built-in kinds only.
    Strategic,
}

/// `current` after the patch in `body`. `place` is the root of the object in the table of types.
///
/// Errors: 400 for a patch that cannot be read, 413 for one with too many operations, 422 for one that does not fit.
pub fn patched(
    kind: PatchKind,
    current: &Value,
    body: &[u8],
    place: TypedValue<'_>,
) -> Result<Value, Rejection> {
    // One of the readers says what it was about to do.
    let before = if kind == PatchKind::Merge { "error decoding patch: " } else { "" };
    let unreadable = |it: String| Rejection::bad_request(format!("{before}{it}"));
    let patch: Value = serde_json::from_slice(body).map_err(|it| {
        unreadable(if it.is_eof() { "unexpected end of JSON input".to_owned() } else { it.to_string() })
    })?;
    match kind {
        PatchKind::Json => json::patched(current, patch),
        PatchKind::Merge => {
            let mut object = current.clone();
            merge(&mut object, Value::Object(object_of(patch).map_err(unreadable)?));
            Ok(object)
        }
        PatchKind::Strategic => strategic::patched(current, object_of(patch).map_err(unreadable)?, place),
    }
}

fn object_of(patch: Value) -> Result<Map<String, Value>, String> {
    let kind = match patch {
        Value::Object(patch) => return Ok(patch),
        Value::Null => return Ok(Map::new()),
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Number(_) => "number",
        Value::Bool(_) => "bool",
    };
    Err(format!("json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"))
}
