//! Options of writes, checked before anything else (Kubernetes: `ValidateCreateOptions` and its like).

use hyper::Method;
use serde_json::{Value, json};

use crate::asked::Asked;
use crate::failure::StatusError;

/// Deletion propagation policies.
const POLICIES: [&str; 3] = ["Foreground", "Background", "Orphan"];

/// Refuses invalid options of a write.
pub(crate) fn check(method: &Method, asked: &Asked, applies: bool) -> Result<(), StatusError> {
    let kind = match *method {
        Method::POST => "CreateOptions",
        Method::PUT => "UpdateOptions",
        Method::PATCH => "PatchOptions",
        Method::DELETE => "DeleteOptions",
        _ => return Ok(()),
    };
    let parameters = &asked.parameters;
    let dry_run: Vec<&str> = parameters.all("dryRun").filter(|value| !value.is_empty()).collect();
    if dry_run.iter().any(|value| *value != "All") {
        let why = format!("Unsupported value: {}: supported values: \"All\"", json!(dry_run));
        return Err(refused(kind, "dryRun", "FieldValueNotSupported", &why));
    }
    if kind == "PatchOptions" {
        if applies && parameters.get("fieldManager").is_none() {
            let why = "Required value: is required for apply patch";
            return Err(refused(kind, "fieldManager", "FieldValueRequired", why));
        }
        if !applies && parameters.get("force").is_some() {
            let why = "Forbidden: may not be specified for non-apply patch";
            return Err(refused(kind, "force", "FieldValueForbidden", why));
        }
    }
    if kind == "DeleteOptions" { deletion(asked) } else { Ok(()) }
}

fn deletion(asked: &Asked) -> Result<(), StatusError> {
    let parameters = &asked.parameters;
    if let Some(text) = parameters.get("gracePeriodSeconds").filter(|text| text.parse::<i64>().is_err()) {
        let why = format!("strconv.ParseInt: parsing \"{text}\": invalid syntax");
        return Err(StatusError::bad_request(why));
    }
    let body = asked.object().ok().flatten().unwrap_or_default();
    let policy = body["propagationPolicy"].as_str().or_else(|| parameters.get("propagationPolicy"));
    let Some(policy) = policy else { return Ok(()) };
    let (kind, field) = ("DeleteOptions", "propagationPolicy");
    if body["orphanDependents"].is_boolean() {
        let why =
            format!("Invalid value: {policy:?}: orphanDependents and deletionPropagation cannot be both set");
        return Err(refused(kind, field, "FieldValueInvalid", &why));
    }
    if !POLICIES.contains(&policy) {
        let all = "\"Foreground\", \"Background\", \"Orphan\", \"nil\"";
        let why = format!("Unsupported value: {policy:?}: supported values: {all}");
        return Err(refused(kind, field, "FieldValueNotSupported", &why));
    }
    Ok(())
}

/// The 422 for options of a request.
pub(crate) fn refused(kind: &str, field: &str, reason: &str, why: &str) -> StatusError {
    let mut failure =
        StatusError::new(422, "Invalid", format!("{kind}.meta.k8s.io \"\" is invalid: {field}: {why}"));
    failure.details.insert("group".into(), json!("meta.k8s.io"));
    failure.details.insert("kind".into(), json!(kind));
    failure.details.insert("causes".into(), json!([{"reason": reason, "message": why, "field": field}]));
    failure
}

/// Whether a value is absent or an empty string.
pub(crate) fn is_blank(value: &Value) -> bool {
    value.as_str().is_none_or(str::is_empty)
}
