//! Patches.

use std::sync::Arc;

use replank_sim::act::Act;
use replank_sim::api;
use serde_json::Value;

use super::Asked;
use crate::failure::Failure;
use crate::live::{Live, view_of};
use crate::render;
use crate::wire::answer::Answer;
use crate::wire::body;

/// PATCH of an object.
pub(super) fn patch(live: &Arc<Live>, asked: &Asked) -> Result<Answer, Failure> {
    let dry_run = asked.parameters.dry_run()?;
    let object = live.act(|world, calendar| {
        let present = view_of(world, calendar, |view| asked.shown(view))?;
        let wanted = patched(asked, &present)?;
        if wanted["metadata"]["resourceVersion"] != present["metadata"]["resourceVersion"] {
            return Err(modified(asked));
        }
        if dry_run {
            return Ok(wanted);
        }
        let act = Act::Cluster(api::Act::Replace { object: wanted });
        world.act(act).map_err(|refusal| Failure::refused(refusal, &asked.resource, asked.name()))?;
        view_of(world, calendar, |view| asked.shown(view))
    })?;
    Ok(Answer::Object(200, render::object(asked.form, &asked.parameters, &asked.resource, object)))
}

/// The object after the patch of the request.
pub(super) fn patched(asked: &Asked, present: &Value) -> Result<Value, Failure> {
    let patch = body::json(&asked.body)?;
    let mut object = present.clone();
    match asked.media_type.as_str() {
        "application/merge-patch+json" | "application/strategic-merge-patch+json" => {
            merge(&mut object, &patch);
        }
        _ => {
            return Err(Failure::unsupported_media_type(&[
                "application/json-patch+json",
                "application/merge-patch+json",
                "application/strategic-merge-patch+json",
                "application/apply-patch+yaml",
            ]));
        }
    }
    Ok(object)
}

fn merge(object: &mut Value, patch: &Value) {
    let Some(fields) = patch.as_object() else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = Value::Object(serde_json::Map::new());
    }
    for (key, value) in fields {
        if value.is_null() {
            object.as_object_mut().map(|object| object.shift_remove(key));
        } else {
            merge(&mut object[key.as_str()], value);
        }
    }
}

/// 409: somebody else was faster.
pub(super) fn modified(asked: &Asked) -> Failure {
    let why = "the object has been modified; please apply your changes to the latest version and try again";
    Failure::conflict(&asked.resource, asked.name(), why)
}
