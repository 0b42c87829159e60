//! Bodies of requests: bounded, in time, decoded.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use replank_sim::yaml;
use serde_json::Value;

use super::protobuf;
use crate::failure::Failure;

/// No body is longer (Kubernetes: `MaxRequestBodyBytes`).
const BYTES_MAX: usize = 3 << 20;
/// A body is there within this time, or never.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// Reads a body.
pub(crate) async fn read(body: Incoming) -> Result<Bytes, Failure> {
    let read = tokio::time::timeout(WAIT_MAX, Limited::new(body, BYTES_MAX).collect()).await;
    match read {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            let message = format!("limit is {BYTES_MAX}");
            Err(Failure::new(413, "RequestEntityTooLarge", format!("Request entity too large: {message}")))
        }
        Ok(Err(_)) => Err(Failure::bad_request("the body of the request could not be read")),
        Err(_) => Err(Failure::new(504, "Timeout", "the body of the request did not come in time")),
    }
}

/// The media type of a body, without parameters.
pub(crate) fn media_type(header: Option<&str>) -> &str {
    header.and_then(|header| header.split(';').next()).map_or("application/json", str::trim)
}

/// An object from a body of a request; an empty one is none.
pub(crate) fn object(media_type: &str, body: &[u8]) -> Result<Option<Value>, Failure> {
    match media_type {
        _ if body.is_empty() => Ok(None),
        "application/json" | "*/*" => json(body).map(Some),
        "application/yaml" => yaml(body).map(Some),
        "application/vnd.kubernetes.protobuf" => protobuf::object(body).map(Some),
        _ => {
            let accepted = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
            Err(Failure::unsupported_media_type(&accepted))
        }
    }
}

/// JSON from a body.
pub(crate) fn json(body: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(body).map_err(|error| {
        let why = said(&error);
        Failure::bad_request(format!(
            "the object provided is unrecognized: couldn't get version/kind; json parse error: {why}"
        ))
    })
}

/// What is wrong with JSON, as the real server says it where it can be told.
pub(crate) fn said(error: &serde_json::Error) -> String {
    if error.is_eof() { "unexpected end of JSON input".to_owned() } else { error.to_string() }
}

/// One document of YAML.
pub(crate) fn yaml(body: &[u8]) -> Result<Value, Failure> {
    let wrong = |why: String| Failure::bad_request(format!("error decoding YAML: {why}"));
    let docs = yaml::read_manifest("body", body).map_err(|error| wrong(error.to_string()))?;
    let value = docs.first().and_then(|doc| doc.root().value().cloned());
    value.ok_or_else(|| wrong("there is no document".to_owned()))
}
