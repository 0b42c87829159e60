//! The subresource `pods/eviction`.

use std::sync::Arc;

use replank_world::act::Act;
use replank_world::api;

use crate::asked::Asked;
use crate::failure::StatusError;
use crate::live::Live;
use crate::step::delete::{pod_deletion, refused};
use crate::step::fits::not_registered;
use crate::wire::answer::{Answer, success};

/// POST of an eviction.
pub(super) fn evict(live: &Arc<Live>, asked: &Asked) -> Result<Answer, StatusError> {
    let eviction = asked.object()?.unwrap_or_default();
    let version = eviction["apiVersion"].as_str().filter(|version| !version.is_empty());
    if let Some(version) = version.filter(|version| !matches!(*version, "policy/v1" | "policy/v1beta1")) {
        let (short, why) =
            (version.rsplit('/').next().unwrap_or_default(), not_registered("Eviction", version));
        return Err(StatusError::bad_request(format!(
            "Eviction in version {short:?} cannot be handled as a Eviction: {why}"
        )));
    }
    if eviction["metadata"]["name"].as_str().unwrap_or_default() != asked.name() {
        return Err(StatusError::bad_request("name in URL does not match name in Eviction object"));
    }
    let asked_options = &eviction["deleteOptions"];
    let mut options = pod_deletion(asked_options, asked)?;
    let in_query = asked.parameters.dry_run()?;
    let in_body = asked_options["dryRun"].as_array().is_some_and(|values| !values.is_empty());
    options.dry_run = in_query || in_body;
    let (namespace, name) = (Arc::from(asked.place()), Arc::from(asked.name()));
    let act = Act::Cluster(api::Act::Evict { namespace, name, options });
    live.act(|world, _| world.act(act)).map_err(|refusal| refused(refusal, asked, asked_options))?;
    Ok(Answer::Object(201, success(201)))
}
