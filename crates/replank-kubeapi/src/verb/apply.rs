//! Server-side apply.

use std::sync::Arc;

use serde_json::Value;

use crate::asked::Asked;
use crate::failure::StatusError;
use crate::live::{Live, view_of};
use crate::render;
use crate::step::fits::fits;
use crate::step::writable::writable;
use crate::step::{secret, write};
use crate::validate;
use crate::wire::answer::Answer;
use crate::wire::body;

/// PATCH with media type `application/apply-patch+yaml`.
pub(super) fn apply(live: &Arc<Live>, asked: &Asked) -> Result<Answer, StatusError> {
    let mut config = document(&asked.body)?;
    fits(asked, &mut config)?;
    let config = secret::encoded(asked, config)?;
    let forced = asked.parameters.flag("force");
    let (code, object) = live.act(|world, clock_map| {
        view_of(world, clock_map, |view| writable(asked, view))?;
        let present = view_of(world, clock_map, |view| asked.shown(view)).ok();
        let wanted = validate::filled(asked, asked.applied(present.as_ref(), &config, forced)?);
        validate::custom(asked, &wanted)?;
        match present {
            Some(present) => Ok((200, write::over(world, clock_map, asked, &present, wanted)?)),
            None => Ok::<_, StatusError>((201, write::anew(world, clock_map, asked, wanted)?)),
        }
    })?;
    Ok(Answer::Object(code, render::object(asked.form, &asked.parameters, &asked.resource, object)))
}

/// Parses a configuration, in JSON or one YAML document, which must have `apiVersion` and `kind`.
fn document(body: &[u8]) -> Result<Value, StatusError> {
    let value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(_) => body::yaml(body)?,
    };
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let (version, kind) = (text("apiVersion"), text("kind"));
    if value.is_object() && (version.is_empty() || kind.is_empty()) {
        let (group, version) = version.split_once('/').unwrap_or(("", &version));
        return Err(StatusError::bad_request(format!("invalid object type: {group}/{version}, Kind={kind}")));
    }
    Ok(value)
}
