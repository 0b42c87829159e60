//! PATCH of an object, other than server-side apply.

use std::sync::Arc;

use serde_json::Value;

use crate::asked::Asked;
use crate::failure::StatusError;
use crate::live::{Live, view_of};
use crate::render;
use crate::step::fits::other_kind;
use crate::step::patched::{kind_of, patched};
use crate::step::writable::writable;
use crate::step::{read, write};
use crate::strict::{Patched, refused_patch};
use crate::wire::answer::Answer;

/// PATCH of an object.
pub(super) fn patch(live: &Arc<Live>, asked: &Asked) -> Result<Answer, StatusError> {
    kind_of(asked)?;
    let (object, warnings) = live.act(|world, clock_map| {
        let present = view_of(world, clock_map, |view| asked.shown(view))?;
        view_of(world, clock_map, |view| writable(asked, view))?;
        let wanted = patched(asked, &present)?;
        same_kind(asked, &wanted)?;
        let (wanted, warnings) = read::decoded_patch(asked, wanted, &present)?;
        let wanted = asked.tracked(Some(&present), wanted);
        let object = write::over(world, clock_map, asked, &present, wanted)?;
        Ok::<_, StatusError>((object, warnings))
    })?;
    Ok(Answer::Warned(200, render::object(asked.form, &asked.parameters, &asked.resource, object), warnings))
}

/// Refuses a patch that changes the kind of the object.
fn same_kind(asked: &Asked, wanted: &Value) -> Result<(), StatusError> {
    match wanted["kind"].as_str() {
        Some(kind) if kind != asked.resource.kind => {
            let why = other_kind(asked, kind);
            let why = why.split_once(": ").map_or(why.as_str(), |(_, why)| why);
            let refused = refused_patch(&Patched::makes(wanted), why);
            Err(StatusError::rejected(refused, &asked.resource, asked.name()))
        }
        _ => Ok(()),
    }
}
