//! What the patch of a request makes of an object.

use serde_json::Value;

use crate::asked::Asked;
use crate::failure::Failure;
use crate::patch::{self, PatchKind};
use crate::resource::Source;
use crate::schema::Schema;

/// The object after the patch of the request.
pub(crate) fn patched(asked: &Asked, present: &Value) -> Result<Value, Failure> {
    let kind = match asked.media_type.as_str() {
        "application/json-patch+json" => PatchKind::Json,
        "application/merge-patch+json" => PatchKind::Merge,
        "application/strategic-merge-patch+json" if asked.resource.source != Source::Custom => {
            PatchKind::Strategic
        }
        _ => {
            let all = [
                "application/json-patch+json",
                "application/merge-patch+json",
                "application/apply-patch+yaml",
                "application/strategic-merge-patch+json",
            ];
            let taken = if asked.resource.source == Source::Custom { &all[..3] } else { &all[..] };
            return Err(Failure::unsupported_media_type(taken));
        }
    };
    let text = |key: &str| present[key].as_str().unwrap_or_default();
    let place = Schema::builtin().root(text("apiVersion"), text("kind"));
    patch::patched(kind, present, &asked.body, place)
        .map_err(|rejection| Failure::rejected(rejection, &asked.resource, asked.name()))
}
