//! OpenAPI documents of the resources of a world.

use std::sync::Arc;

use replank_world::world::World;

use crate::failure::StatusError;
use crate::openapi::{self, Served, protobuf};
use crate::resource::{Resource, Source, built_in, served};
use crate::wire::answer::Answer;

/// `/openapi/v2`, as protobuf for clients that ask for it, else as JSON.
pub(crate) fn version_2(world: &World, accept: Option<&str>) -> Result<Answer, StatusError> {
    let accept = accept.unwrap_or_default();
    let version = format!("v{}", world.known.version);
    if protobuf::is_accepted(accept) {
        let encoded = with_all(world, |all| protobuf::encode(&openapi::swagger(all, &version)));
        return Ok(Answer::Raw(protobuf::MEDIA_TYPE, encoded.into()));
    }
    if !openapi::accepts_json(accept) {
        return Err(StatusError::new(
            406,
            "NotAcceptable",
            "only the following media types are accepted: application/json, \
             application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
        ));
    }
    Ok(with_all(world, |all| Answer::Object(200, openapi::swagger(all, &version))))
}

/// `/openapi/v3`, or the document of a group and version; `None` for unknown ones.
pub(crate) fn version_3(world: &World, root: Option<&str>) -> Option<Answer> {
    with_all(world, |all| match root {
        None => Some(Answer::Object(200, openapi::index(all))),
        Some(root) => openapi::document(root, all).map(|document| Answer::Object(200, document)),
    })
}

fn with_all<R>(world: &World, tell: impl FnOnce(&[Served<'_>]) -> R) -> R {
    let all: Vec<Arc<Resource>> = built_in().iter().cloned().chain(served(world)).collect();
    let subresources: Vec<Vec<&str>> =
        all.iter().map(|one| one.subresources.iter().map(String::as_str).collect()).collect();
    let told: Vec<Served<'_>> = all
        .iter()
        .zip(&subresources)
        .map(|(one, subresources)| Served {
            group: &one.group,
            version: &one.version,
            kind: &one.kind,
            plural: &one.plural,
            is_namespaced: one.namespaced,
            is_posted: one.source == Source::Posted,
            subresources,
            schema: one.definition.as_ref().and_then(|it| it.get("schema")?.get("openAPIV3Schema")),
        })
        .collect();
    tell(&told)
}
