//! Server-side apply.

use std::sync::Arc;

use replank_sim::yaml;
use serde_json::Value;

use crate::asked::Asked;
use crate::failure::Failure;
use crate::live::{Live, view_of};
use crate::render;
use crate::step::fits::fits;
use crate::step::writable::writable;
use crate::step::write;
use crate::wire::answer::Answer;

/// PATCH with `application/apply-patch+yaml`.
pub(super) fn apply(live: &Arc<Live>, asked: &Asked) -> Result<Answer, Failure> {
    if asked.parameters.get("fieldManager").is_none() {
        let why = "fieldManager: Required value: is required for apply patch";
        return Err(Failure::new(422, "Invalid", format!("PatchOptions.meta.k8s.io \"\" is invalid: {why}")));
    }
    let mut config = document(&asked.body)?;
    fits(asked, &mut config)?;
    let forced = asked.parameters.flag("force");
    let (code, object) = live.act(|world, calendar| {
        view_of(world, calendar, |view| writable(asked, view))?;
        let present = view_of(world, calendar, |view| asked.shown(view)).ok();
        let wanted = asked.applied(present.as_ref(), &config, forced)?;
        match present {
            Some(present) => Ok((200, write::over(world, calendar, asked, &present, wanted)?)),
            None => Ok::<_, Failure>((201, write::anew(world, calendar, asked, wanted)?)),
        }
    })?;
    Ok(Answer::Object(code, render::object(asked.form, &asked.parameters, &asked.resource, object)))
}

/// A configuration: JSON, or one document of YAML.
fn document(body: &[u8]) -> Result<Value, Failure> {
    if let Ok(value) = serde_json::from_slice(body) {
        return Ok(value);
    }
    let wrong = |why: String| Failure::bad_request(format!("error decoding YAML: {why}"));
    let docs = yaml::read_manifest("body", body).map_err(|error| wrong(error.to_string()))?;
    let value = docs.first().and_then(|doc| doc.root().value().cloned());
    value.ok_or_else(|| wrong("there is no document".to_owned()))
}
