//! Resource versions in requests, and errors about them.

use serde_json::json;

use super::options::refused;
use crate::failure::StatusError;

/// Parses a resource version, or 400.
pub(crate) fn version(text: &str) -> Result<u64, StatusError> {
    let wrong = |_| {
        StatusError::new(
            400,
            "BadRequest",
            format!(
                "invalid resource version: resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax"
            ),
        )
    };
    text.parse().map_err(wrong)
}

/// The 504 for a version from the future.
pub(crate) fn too_large(version: u64, now: u64) -> StatusError {
    let mut failure = StatusError::new(
        504,
        "Timeout",
        format!("Timeout: Too large resource version: {version}, current: {now}"),
    );
    let cause = json!([{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]);
    failure.details.insert("causes".into(), cause);
    failure.retry_after_seconds = Some(1);
    failure
}

/// The 422 for parameters of a list.
pub(crate) fn list_options(field: &str, why: &str) -> StatusError {
    let reason = if why.starts_with("Forbidden") { "FieldValueForbidden" } else { "FieldValueNotSupported" };
    refused("ListOptions", field, reason, why)
}
