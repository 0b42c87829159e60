//! Requests as they go over the wire: method, path, query, body.

use kube::Client;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The field manager of every write.
const FIELD_MANAGER: &str = "replank";
/// How the body of a patch is meant.
pub(crate) const MERGE: &str = "application/merge-patch+json";

type Request = http::Request<Vec<u8>>;

/// Reads `path`, with its query.
pub(crate) fn get(path: &str) -> Result<Request, kube::Error> {
    built(http::Request::get(path).body(Vec::new()))
}

/// Makes an object.
pub(crate) fn post(path: &str, body: &Value) -> Result<Request, kube::Error> {
    let path = format!("{path}?fieldManager={FIELD_MANAGER}");
    built(http::Request::post(path).header("content-type", "application/json").body(bytes(body)))
}

/// Replaces an object.
pub(crate) fn put(path: &str, body: &Value) -> Result<Request, kube::Error> {
    let path = format!("{path}?fieldManager={FIELD_MANAGER}");
    built(http::Request::put(path).header("content-type", "application/json").body(bytes(body)))
}

/// Changes an object by a merge patch.
pub(crate) fn patch(path: &str, body: &Value) -> Result<Request, kube::Error> {
    let path = format!("{path}?fieldManager={FIELD_MANAGER}");
    built(http::Request::patch(path).header("content-type", MERGE).body(bytes(body)))
}

/// Deletes an object.
pub(crate) fn delete(path: &str, options: &Value) -> Result<Request, kube::Error> {
    built(http::Request::delete(path).header("content-type", "application/json").body(bytes(options)))
}

/// Sends a request and reads its answer.
pub(crate) async fn send<T: DeserializeOwned>(
    client: &Client,
    request: Result<Request, kube::Error>,
) -> Result<T, kube::Error> {
    client.request(request?).await
}

/// What is encoded in a query: everything but unreserved characters (RFC 3986).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Text as a part of a query.
pub(crate) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn bytes(body: &Value) -> Vec<u8> {
    body.to_string().into_bytes()
}

fn built(request: Result<Request, http::Error>) -> Result<Request, kube::Error> {
    request.map_err(kube::Error::HttpError)
}
