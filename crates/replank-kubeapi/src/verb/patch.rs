//! Patches.

use std::sync::Arc;

use serde_json::Value;

use super::update::writable;
use super::{Asked, strict, write};
use crate::failure::Failure;
use crate::live::{Live, view_of};
use crate::patch::{self, PatchKind};
use crate::render;
use crate::resource::Source;
use crate::schema::Schema;
use crate::wire::answer::Answer;

/// PATCH of an object.
pub(super) fn patch(live: &Arc<Live>, asked: &Asked) -> Result<Answer, Failure> {
    let (object, warnings) = live.act(|world, calendar| {
        let present = view_of(world, calendar, |view| asked.shown(view))?;
        view_of(world, calendar, |view| writable(asked, view))?;
        let wanted = patched(asked, &present)?;
        let (wanted, warnings) = strict::decoded(asked, wanted, Some(&present))?;
        let wanted = asked.tracked(Some(&present), wanted);
        let object = write::over(world, calendar, asked, &present, wanted)?;
        Ok::<_, Failure>((object, warnings))
    })?;
    Ok(Answer::Warned(200, render::object(asked.form, &asked.parameters, &asked.resource, object), warnings))
}

/// The object after the patch of the request.
pub(super) fn patched(asked: &Asked, present: &Value) -> Result<Value, Failure> {
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

/// 409: somebody else was faster.
pub(super) fn modified(asked: &Asked) -> Failure {
    let why = "the object has been modified; please apply your changes to the latest version and try again";
    Failure::conflict(&asked.resource, asked.name(), why)
}
