//! DELETE of an object.

use std::sync::Arc;

use serde_json::json;

use crate::asked::Asked;
use crate::failure::StatusError;
use crate::live::Live;
use crate::render;
use crate::resource::Source;
use crate::step::delete::one;
use crate::wire::answer::Answer;

/// DELETE of an object.
pub(super) fn delete(live: &Arc<Live>, asked: &Asked) -> Result<Answer, StatusError> {
    let options = asked.object()?.unwrap_or_default();
    let (before, after) = live.act(|world, clock_map| one(world, clock_map, asked, &options))?;
    // Pods, and whatever is still there, are shown; of the rest a word is said.
    let object = match after {
        Some(after) => after,
        None if asked.resource.source == Source::Pods => before,
        None => {
            let mut details = json!({"name": asked.name(), "kind": asked.resource.plural, "uid": before["metadata"]["uid"]});
            if !asked.resource.group.is_empty() {
                details["group"] = json!(asked.resource.group);
            }
            let status = json!({
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details,
            });
            return Ok(Answer::Object(200, status));
        }
    };
    Ok(Answer::Object(200, render::object(asked.form, &asked.parameters, &asked.resource, object)))
}
