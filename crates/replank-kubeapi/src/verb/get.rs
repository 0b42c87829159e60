//! GET of an object.

use std::sync::Arc;

use crate::asked::Asked;
use crate::failure::StatusError;
use crate::live::Live;
use crate::render;
use crate::wire::answer::Answer;

/// GET of an object.
pub(super) fn get(live: &Arc<Live>, asked: &Asked) -> Result<Answer, StatusError> {
    let object = live.look(|view| asked.shown(view))?;
    Ok(Answer::Object(200, render::object(asked.form, &asked.parameters, &asked.resource, object)))
}
