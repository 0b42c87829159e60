//! Bodies of requests: limited in size and time, decoded.

use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use replank_formats::yaml;
use replank_listener::read::{self, Unread};
use serde_json::Value;

use super::protobuf;
use crate::failure::StatusError;

/// Greatest size of a body (Kubernetes: `MaxRequestBodyBytes`).
const BYTES_MAX: usize = 3 << 20;
/// Time limit for a body.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// Reads a body within those limits; 413 when it is larger.
pub(crate) async fn read(body: Incoming) -> Result<Bytes, StatusError> {
    read::whole(body, BYTES_MAX, WAIT_MAX).await.map_err(|unread| match unread {
        Unread::TooLarge => {
            let message = format!("limit is {BYTES_MAX}");
            StatusError::new(413, "RequestEntityTooLarge", format!("Request entity too large: {message}"))
        }
        Unread::Broken => StatusError::bad_request("the body of the request could not be read"),
        Unread::Late => StatusError::new(504, "Timeout", "the body of the request did not come in time"),
    })
}

/// Media type of a body, without parameters; JSON by default.
pub(crate) fn media_type(header: Option<&str>) -> &str {
    header.and_then(|header| header.split(';').next()).map_or("application/json", str::trim)
}

/// The object in a body; `None` when it is empty.
pub(crate) fn object(media_type: &str, body: &[u8]) -> Result<Option<Value>, StatusError> {
    match media_type {
        _ if body.is_empty() => Ok(None),
        "application/json" | "*/*" => json(body).map(Some),
        "application/yaml" => yaml(body).map(Some),
        "application/vnd.kubernetes.protobuf" => protobuf::object(body).map(Some),
        _ => {
            let accepted = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
            Err(StatusError::unsupported_media_type(&accepted))
        }
    }
}

/// Parses JSON, or 400.
pub(crate) fn json(body: &[u8]) -> Result<Value, StatusError> {
    serde_json::from_slice(body).map_err(|error| {
        let why = said(&error);
        StatusError::bad_request(format!(
            "the object provided is unrecognized: couldn't get version/kind; json parse error: {why}"
        ))
    })
}

/// The JSON parser's error, with the API server's message where possible.
pub(crate) fn said(error: &serde_json::Error) -> String {
    if error.is_eof() { "unexpected end of JSON input".to_owned() } else { error.to_string() }
}

/// Parses one YAML document, or 400.
pub(crate) fn yaml(body: &[u8]) -> Result<Value, StatusError> {
    let wrong = |why: String| StatusError::bad_request(format!("error decoding YAML: {why}"));
    let docs = yaml::read_manifest("body", body).map_err(|error| wrong(error.to_string()))?;
    let value = docs.first().and_then(|doc| doc.root().value().cloned());
    value.ok_or_else(|| wrong("there is no document".to_owned()))
}
