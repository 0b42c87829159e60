//! What can be asked of a resource: one verb, one file.

mod delete;
mod evict;
mod get;
mod list;
mod patch;
mod review;
mod scale;
mod watch;

use std::sync::Arc;

use bytes::Bytes;
use hyper::Method;
use replank_sim::world::World;
use serde_json::Value;

use crate::auth::User;
use crate::failure::Failure;
use crate::live::Live;
use crate::resource::{Resource, Source};
use crate::show::{self, At, View};
use crate::wire::accept::Form;
use crate::wire::answer::Answer;
use crate::wire::body;
use crate::wire::parameters::Parameters;
use crate::wire::path::Target;

/// A request about a resource.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) resource: Arc<Resource>,
    /// Of a namespaced resource: none is all of them.
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) subresource: Option<String>,
    pub(crate) parameters: Parameters,
    pub(crate) form: Form,
    pub(crate) media_type: String,
    pub(crate) body: Bytes,
    pub(crate) user: User,
}

impl Asked {
    /// The namespace of the object; empty for objects of the cluster.
    pub(crate) fn place(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }

    /// The name of the object.
    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// The object in the body, if there is one.
    pub(crate) fn object(&self) -> Result<Option<Value>, Failure> {
        body::object(&self.media_type, &self.body)
    }

    /// Where the object is, or 404.
    pub(crate) fn find(&self, view: View<'_>) -> Result<At, Failure> {
        let found = show::find(view, &self.resource, self.place(), self.name());
        found.ok_or_else(|| Failure::not_found(&self.resource, self.name()))
    }

    /// The object as it is, or 404.
    pub(crate) fn shown(&self, view: View<'_>) -> Result<Value, Failure> {
        let at = self.find(view)?;
        let shown = show::object(view, &self.resource, at);
        shown.ok_or_else(|| Failure::not_found(&self.resource, self.name()))
    }
}

/// The resource that a path names, or 404.
pub(crate) fn resource_of(world: &World, target: &Target) -> Result<Arc<Resource>, Failure> {
    let found = crate::resource::find(world, &target.group, &target.version, &target.plural);
    let found = found.filter(|found| found.namespaced || target.namespace.is_none());
    found.ok_or_else(Failure::no_resource)
}

/// Answers a request about a resource.
pub(crate) fn answer(live: &Arc<Live>, method: &Method, asked: Asked) -> Result<Answer, Failure> {
    if asked.resource.source == Source::Posted {
        return if method == Method::POST { review::review(&asked) } else { Err(Failure::not_allowed()) };
    }
    let named = asked.name.is_some();
    match (method, named, asked.subresource.as_deref()) {
        (&Method::GET, _, None) if asked.parameters.flag("watch") => watch::watch(live, asked),
        (&Method::GET, false, _) => list::list(live, &asked),
        (&Method::GET, true, None | Some("status")) => get::get(live, &asked),
        (&Method::PATCH, true, None) => patch::patch(live, &asked),
        (&Method::DELETE, true, None) => delete::delete(live, &asked),
        (&Method::POST, true, Some("eviction")) => evict::evict(live, &asked),
        (_, true, Some("scale")) => scale::scale(live, method, &asked),
        _ => Err(Failure::not_allowed()),
    }
}
