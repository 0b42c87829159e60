//! A request about a resource, parsed: the input of every verb.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::apply::{self as apply_fields, Write};
use crate::auth::User;
use crate::failure::StatusError;
use crate::resource::Resource;
use crate::schema::{self, Schema};
use crate::show::{self, At, View};
use crate::wire::accept::Form;
use crate::wire::body;
use crate::wire::parameters::Parameters;

/// A request about a resource.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) resource: Arc<Resource>,
    /// `apiVersion` in the path.
    pub(crate) api_version: String,
    /// Namespace in the path; `None` for all namespaces, or for cluster-scoped resources.
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) subresource: Option<String>,
    pub(crate) parameters: Parameters,
    pub(crate) form: Form,
    pub(crate) media_type: String,
    pub(crate) body: Bytes,
    pub(crate) user: User,
    /// Whether the user is authorized for everything.
    pub(crate) may: bool,
    /// Permits for watches.
    pub(crate) watches: Arc<Semaphore>,
    /// Cancelled when the server stops.
    pub(crate) closing: CancellationToken,
    /// Field manager when the request names none: the first part of the user agent.
    pub(crate) agent: String,
}

impl Asked {
    /// Namespace of the object; empty for cluster-scoped ones.
    pub(crate) fn place(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }

    /// Name of the object; empty when the path has none.
    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// The object in the body; `None` for an empty body.
    pub(crate) fn object(&self) -> Result<Option<Value>, StatusError> {
        body::object(&self.media_type, &self.body)
    }

    /// The object in the body; an empty body is a 400.
    pub(crate) fn given(&self) -> Result<Value, StatusError> {
        let kind = &self.resource.kind;
        self.object()?.ok_or_else(|| {
            StatusError::bad_request(format!(
                "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json \
                 parse error: unexpected end of JSON input (<empty>)"
            ))
        })
    }

    /// Whether the request writes `status` or `approval` only.
    pub(crate) fn is_of_status(&self) -> bool {
        matches!(self.subresource.as_deref(), Some("status" | "approval"))
    }

    /// Whether the body is JSON.
    pub(crate) fn is_json(&self) -> bool {
        matches!(self.media_type.as_str(), "application/json" | "*/*")
    }

    /// `wanted` with updated `managedFields`.
    pub(crate) fn tracked(&self, present: Option<&Value>, wanted: Value) -> Value {
        let custom = self.custom_schema();
        apply_fields::track(present, wanted, &self.write(custom.as_ref()))
    }

    /// The object after server-side apply of `config`.
    pub(crate) fn applied(
        &self,
        present: Option<&Value>,
        config: &Value,
        forced: bool,
    ) -> Result<Value, StatusError> {
        let custom = self.custom_schema();
        let applied = apply_fields::apply(present, config, &self.write(custom.as_ref()), forced);
        applied.map_err(|rejection| StatusError::rejected(rejection, &self.resource, self.name()))
    }

    /// The types including that of the custom resource; `None` for built-in resources.
    pub(crate) fn custom_schema(&self) -> Option<Schema> {
        let definition = self.resource.definition.as_ref()?;
        let schema = definition.get("schema").and_then(|schema| schema.get("openAPIV3Schema"));
        Some(schema::of_custom_resource(&self.resource.api_version(), &self.resource.kind, schema))
    }

    fn write<'a>(&'a self, custom: Option<&'a Schema>) -> Write<'a> {
        let schema = custom.unwrap_or_else(|| Schema::builtin());
        let of_status = self.is_of_status();
        let has_status = self.resource.subresources.iter().any(|name| name == "status");
        Write {
            manager: self.parameters.get("fieldManager").unwrap_or(&self.agent),
            api_version: &self.api_version,
            subresource: self.subresource.as_deref().unwrap_or_default(),
            ignored: match (of_status, has_status) {
                (true, _) => &["spec"],
                (false, true) => &["status"],
                (false, false) => &[],
            },
            now: Timestamp::now(),
            place: schema.root(&self.api_version, &self.resource.kind),
        }
    }

    /// The object in the world, or 404.
    pub(crate) fn find(&self, view: View<'_>) -> Result<At, StatusError> {
        let found = show::find(view, &self.resource, self.place(), self.name());
        found.ok_or_else(|| StatusError::not_found(&self.resource, self.name()))
    }

    /// The object as clients see it, or 404.
    pub(crate) fn shown(&self, view: View<'_>) -> Result<Value, StatusError> {
        let at = self.find(view)?;
        let shown = show::object(view, &self.resource, at);
        shown.ok_or_else(|| StatusError::not_found(&self.resource, self.name()))
    }
}
