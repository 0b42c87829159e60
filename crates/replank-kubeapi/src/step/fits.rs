//! Whether an object in a request is one of the resource that its path names.

use serde_json::{Value, json};

use crate::asked::Asked;
use crate::failure::Failure;

/// Whether the object belongs here; its namespace and kind are filled in.
pub(crate) fn fits(asked: &Asked, wanted: &mut Value) -> Result<(), Failure> {
    if !wanted.is_object() {
        return Err(Failure::bad_request(
            "json: cannot unmarshal into Go value of type map[string]interface {}",
        ));
    }
    let resource = &asked.resource;
    let (version, kind) = (resource.api_version(), &resource.kind);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if let Some(given) = text(&wanted["apiVersion"]).filter(|given| *given != version && !given.is_empty()) {
        let message = format!(
            "the API version in the data ({given}) does not match the expected API version ({version})"
        );
        return Err(Failure::bad_request(message));
    }
    if let Some(given) = text(&wanted["kind"]).filter(|given| given != kind && !given.is_empty()) {
        let message = format!("the kind in the data ({given}) does not match the expected kind ({kind})");
        return Err(Failure::bad_request(message));
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
            return Err(Failure::bad_request(message));
        }
        wanted["metadata"]["namespace"] = json!(asked.place());
    }
    Ok(())
}
