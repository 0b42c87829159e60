//! The verbs of resources, one per file.

mod apply;
mod bind;
mod connect;
mod create;
mod delete;
mod delete_collection;
mod evict;
mod get;
mod list;
mod patch;
mod review;
mod scale;
mod update;
mod watch;

use std::sync::Arc;

use hyper::Method;
use replank_world::world::World;

use crate::asked::Asked;
use crate::authorize;
use crate::failure::StatusError;
use crate::live::Live;
use crate::resource::{Resource, Source};
use crate::step::options;
use crate::wire::answer::Answer;
use crate::wire::path::Target;

/// The resource in a path, or 404.
pub(crate) fn resource_of(world: &World, target: &Target) -> Result<Arc<Resource>, StatusError> {
    let found = crate::resource::find(world, &target.group, &target.version, &target.plural);
    let found = found.filter(|found| found.namespaced || target.namespace.is_none());
    found.ok_or_else(StatusError::no_resource)
}

/// Prefix of the media type of server-side apply.
const APPLY: &str = "application/apply-patch";

/// Answers a request about a resource.
pub(crate) fn answer(live: &Arc<Live>, method: &Method, asked: Asked) -> Result<Answer, StatusError> {
    if asked.resource.source == Source::Posted {
        return if method == Method::POST { review::review(&asked) } else { Err(StatusError::not_allowed()) };
    }
    if !asked.may {
        return Err(authorize::forbidden(&asked, method));
    }
    let named = asked.name.is_some();
    let is_apply = asked.media_type.starts_with(APPLY);
    options::check(method, &asked, is_apply)?;
    let serves = |what: &str| asked.resource.subresources.iter().any(|served| served == what);
    if asked.subresource.as_deref() == Some("status") && !serves("status") {
        return Err(StatusError::no_resource());
    }
    if let Some(what) = asked.subresource.as_deref()
        && connect::refuses(what)
    {
        return connect::connect(live, &asked, what);
    }
    match (method, named, asked.subresource.as_deref()) {
        (&Method::GET, _, None) if asked.parameters.flag("watch") => watch::watch(live, asked),
        (&Method::GET, false, _) => list::list(live, &asked),
        (&Method::GET, true, None | Some("status" | "approval")) => get::get(live, &asked),
        (&Method::POST, false, None) => create::create(live, &asked),
        (&Method::PUT, true, None | Some("status" | "finalize" | "approval")) => update::update(live, &asked),
        (&Method::PATCH, true, None | Some("status" | "approval")) if is_apply => apply::apply(live, &asked),
        (&Method::PATCH, true, None | Some("status" | "approval")) => patch::patch(live, &asked),
        (&Method::DELETE, true, None) => delete::delete(live, &asked),
        (&Method::DELETE, false, None) => delete_collection::delete_collection(live, asked),
        (&Method::POST, true, Some("binding")) => bind::bind(live, &asked),
        (&Method::POST, true, Some("eviction")) => evict::evict(live, &asked),
        (_, true, Some("scale")) => scale::scale(live, method, &asked),
        (_, _, Some(what)) if !serves(what) => Err(StatusError::no_resource()),
        _ => Err(StatusError::not_allowed()),
    }
}
