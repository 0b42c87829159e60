//! The patch in a request.

use serde_json::Value;

use crate::asked::Asked;
use crate::failure::StatusError;
use crate::patch::{self, PatchKind};
use crate::resource::Source;
use crate::schema::Schema;

/// Kind of the patch by its media type, or 415.
pub(crate) fn kind_of(asked: &Asked) -> Result<PatchKind, StatusError> {
    let is_custom = asked.resource.source == Source::Custom;
    match asked.media_type.as_str() {
        "application/json-patch+json" => Ok(PatchKind::Json),
        "application/merge-patch+json" => Ok(PatchKind::Merge),
        "application/strategic-merge-patch+json" if !is_custom => Ok(PatchKind::Strategic),
        "application/strategic-merge-patch+json" => Err(StatusError::unsupported_media_type(&[
            "application/json-patch+json",
            "application/merge-patch+json",
            "application/apply-patch+yaml",
        ])),
        _ => Err(StatusError::new(415, "UnsupportedMediaType", "415: Unsupported Media Type")),
    }
}

/// `present` after the patch.
pub(crate) fn patched(asked: &Asked, present: &Value) -> Result<Value, StatusError> {
    let kind = kind_of(asked)?;
    let text = |key: &str| present[key].as_str().unwrap_or_default();
    let place = Schema::builtin().root(text("apiVersion"), text("kind"));
    patch::patched(kind, present, &asked.body, place)
        .map_err(|rejection| StatusError::rejected(rejection, &asked.resource, asked.name()))
}
