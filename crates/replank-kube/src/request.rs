//! Requests to the API server.

use kube::Client;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Field manager of every write.
const FIELD_MANAGER: &str = "replank";
/// Content type of merge patches.
pub(crate) const MERGE: &str = "application/merge-patch+json";

type Request = http::Request<Vec<u8>>;

/// A GET of `path`, which may have a query.
pub(crate) fn get(path: &str) -> Result<Request, kube::Error> {
    built(http::Request::get(path).body(Vec::new()))
}

/// A POST that creates an object.
pub(crate) fn post(path: &str, body: &Value) -> Result<Request, kube::Error> {
    let path = format!("{path}?fieldManager={FIELD_MANAGER}");
    built(http::Request::post(path).header("content-type", "application/json").body(bytes(body)))
}

/// A POST that makes nothing: the server says what it would say.
pub(crate) fn dry_run(path: &str, body: &Value) -> Result<Request, kube::Error> {
    let path = format!("{path}?dryRun=All&fieldValidation=Strict&fieldManager={FIELD_MANAGER}");
    built(http::Request::post(path).header("content-type", "application/json").body(bytes(body)))
}

/// A PUT that replaces an object.
pub(crate) fn put(path: &str, body: &Value) -> Result<Request, kube::Error> {
    let path = format!("{path}?fieldManager={FIELD_MANAGER}");
    built(http::Request::put(path).header("content-type", "application/json").body(bytes(body)))
}

/// A merge patch of an object.
pub(crate) fn patch(path: &str, body: &Value) -> Result<Request, kube::Error> {
    let path = format!("{path}?fieldManager={FIELD_MANAGER}");
    built(http::Request::patch(path).header("content-type", MERGE).body(bytes(body)))
}

/// A merge patch that changes nothing: the server says what it would say.
pub(crate) fn dry_run_patch(path: &str, body: &Value) -> Result<Request, kube::Error> {
    let path = format!("{path}?dryRun=All&fieldManager={FIELD_MANAGER}");
    built(http::Request::patch(path).header("content-type", MERGE).body(bytes(body)))
}

/// A DELETE with these options.
pub(crate) fn delete(path: &str, options: &Value) -> Result<Request, kube::Error> {
    built(http::Request::delete(path).header("content-type", "application/json").body(bytes(options)))
}

/// Sends a request and parses the response.
pub(crate) async fn send<T: DeserializeOwned>(
    client: &Client,
    request: Result<Request, kube::Error>,
) -> Result<T, kube::Error> {
    client.request(request?).await
}

/// Characters that are encoded in a query: all but the unreserved ones (RFC 3986).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes a text for a query.
pub(crate) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn bytes(body: &Value) -> Vec<u8> {
    body.to_string().into_bytes()
}

fn built(request: Result<Request, http::Error>) -> Result<Request, kube::Error> {
    request.map_err(kube::Error::HttpError)
}
