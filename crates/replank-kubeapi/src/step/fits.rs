//! Checks that the object in a request belongs to the resource in its path.

use serde_json::{Value, json};

use crate::asked::Asked;
use crate::failure::StatusError;
use crate::resource::{self, Source};

/// Refuses an object of another resource; fills in its namespace and kind.
pub(crate) fn fits(asked: &Asked, wanted: &mut Value) -> Result<(), StatusError> {
    if !wanted.is_object() {
        let why = "json: cannot unmarshal into Go value of type map[string]interface {}";
        return Err(StatusError::bad_request(why));
    }
    let resource = &asked.resource;
    let (version, kind) = (resource.api_version(), &resource.kind);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if let Some(given) = text(&wanted["apiVersion"]).filter(|given| *given != version && !given.is_empty()) {
        return Err(StatusError::bad_request(other_version(asked, wanted, &given)));
    }
    if let Some(given) = text(&wanted["kind"]).filter(|given| given != kind && !given.is_empty()) {
        return Err(StatusError::bad_request(other_kind(asked, &given)));
    }
    wanted["apiVersion"] = json!(version);
    wanted["kind"] = json!(kind);
    if !wanted["metadata"].is_object() {
        wanted["metadata"] = json!({});
    }
    if resource.namespaced {
        let given = text(&wanted["metadata"]["namespace"]).filter(|given| !given.is_empty());
        if given.is_some_and(|given| given != asked.place()) {
            let message =
                "the namespace of the provided object does not match the namespace sent on the request";
            return Err(StatusError::bad_request(message));
        }
        wanted["metadata"]["namespace"] = json!(asked.place());
    }
    Ok(())
}

/// The API server's message for an object of an unexpected kind.
pub(crate) fn other_kind(asked: &Asked, given: &str) -> String {
    let (resource, kind) = (&asked.resource, &asked.resource.kind);
    if resource.source == Source::Custom {
        return format!("the kind in the data ({given}) does not match the expected kind ({kind})");
    }
    let version = &resource.version;
    let head = format!("{given} in version {version:?} cannot be handled as a {kind}");
    let is_known = resource::built_in().iter().any(|one| one.kind == given && one.group == resource.group);
    if !is_known {
        return format!("{head}: {}", not_registered(given, &resource.api_version()));
    }
    let package = resource.group.split('.').next().filter(|name| !name.is_empty()).unwrap_or("core");
    format!("{head}: converting ({version}.{given}) to ({package}.{kind}): unknown conversion")
}

fn other_version(asked: &Asked, wanted: &Value, given: &str) -> String {
    let (resource, kind) = (&asked.resource, &asked.resource.kind);
    if resource.source == Source::Custom {
        let version = resource.api_version();
        return format!(
            "the API version in the data ({given}) does not match the expected API version ({version})"
        );
    }
    let named = wanted["kind"].as_str().filter(|kind| !kind.is_empty()).unwrap_or(kind);
    let version = given.rsplit('/').next().unwrap_or_default();
    let why = not_registered(named, given);
    format!("{named} in version {version:?} cannot be handled as a {kind}: {why}")
}

/// The API server's message for an unknown kind.
pub(crate) fn not_registered(kind: &str, version: &str) -> String {
    format!("no kind {kind:?} is registered for version {version:?} in scheme \"pkg/runtime/scheme.go:110\"")
}
