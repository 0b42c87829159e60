//! Single objects by their paths: read, and put with the version that was read.

use kube::Client;
use serde_json::Value;

use crate::lists::{ListError, in_time};
use crate::request;

/// Status of an object that is not there.
const NOT_FOUND: u16 = 404;

/// The object at a path; `None` when it is not there.
pub async fn get(client: &Client, path: &str) -> Result<Option<Value>, ListError> {
    match in_time(path, request::send(client, request::get(path))).await {
        Ok(object) => Ok(Some(object)),
        Err(error) if error.code == Some(NOT_FOUND) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Puts an object in place of the one at the path, which must still be of the version that it carries
/// (`metadata.resourceVersion`). The object as it is then.
pub async fn put(client: &Client, path: &str, object: &Value) -> Result<Value, ListError> {
    in_time(path, request::send(client, request::put(path, object))).await
}
