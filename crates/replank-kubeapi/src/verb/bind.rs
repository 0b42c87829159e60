//! The subresource `pods/binding`, with which a scheduler assigns a pod to a node.

use std::sync::Arc;

use replank_world::act::Act;
use replank_world::api;

use crate::asked::Asked;
use crate::failure::StatusError;
use crate::live::Live;
use crate::wire::answer::{Answer, success};

/// POST of a binding.
pub(super) fn bind(live: &Arc<Live>, asked: &Asked) -> Result<Answer, StatusError> {
    let binding = asked.object()?.unwrap_or_default();
    let node = binding["target"]["name"].as_str().unwrap_or_default();
    if node.is_empty() {
        return Err(StatusError::bad_request("Binding.target.name: Required value"));
    }
    if asked.parameters.dry_run()? {
        return Ok(Answer::Object(201, success(201)));
    }
    let (namespace, name, node) = (asked.place().into(), asked.name().into(), node.into());
    let act = Act::Cluster(api::Act::Bind { namespace, name, node });
    live.act(|world, _| world.act(act))
        .map_err(|refusal| StatusError::refused(refusal, &asked.resource, asked.name()))?;
    Ok(Answer::Object(201, success(201)))
}
