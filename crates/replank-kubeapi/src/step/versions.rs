//! Versions that requests name, and the words for those nobody can serve.

use serde_json::json;

use crate::failure::Failure;

/// A resource version, or 400.
pub(crate) fn version(text: &str) -> Result<u64, Failure> {
    let wrong = |_| {
        Failure::new(
            400,
            "BadRequest",
            format!("Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax"),
        )
    };
    text.parse().map_err(wrong)
}

/// 504: nobody has seen that version yet.
pub(crate) fn too_large(version: u64, now: u64) -> Failure {
    let mut failure =
        Failure::new(504, "Timeout", format!("Too large resource version: {version}, current: {now}"));
    let cause = json!([{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]);
    failure.details.insert("causes".into(), cause);
    failure.retry_after_seconds = Some(1);
    failure
}

/// 422 for the parameters of a list.
pub(crate) fn list_options(field: &str, why: &str) -> Failure {
    let kind = "ListOptions.meta.k8s.io";
    let mut failure = Failure::new(422, "Invalid", format!("{kind} \"\" is invalid: {field}: {why}"));
    failure.details.insert("group".into(), json!("meta.k8s.io"));
    failure.details.insert("kind".into(), json!("ListOptions"));
    let reason = if why.starts_with("Forbidden") { "FieldValueForbidden" } else { "FieldValueNotSupported" };
    failure.details.insert("causes".into(), json!([{"reason": reason, "message": why, "field": field}]));
    failure
}
