//! Complete lists of a cluster, read page by page and once.

use std::future::Future;
use std::time::Duration;

use kube::Client;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::{failure, request};

/// Objects per page (kubectl: 500).
const PAGE: u32 = 500;
/// Time limit for each page.
const WITHIN: Duration = Duration::from_mins(1);
/// How often a list is begun again when its pages expire.
const BEGINS_MAX: u32 = 3;
/// Status of an expired page.
const GONE: u16 = 410;

/// Why a list could not be read.
#[derive(Debug, Error)]
#[error("{path}: {why}")]
pub struct ListError {
    /// Path of the list.
    pub path: String,
    /// Error message, with a way out.
    pub why: String,
    /// HTTP status, if the server answered.
    pub code: Option<u16>,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    metadata: Meta,
    #[serde(default)]
    items: Vec<Value>,
}

#[derive(Default, Deserialize)]
struct Meta {
    #[serde(rename = "continue", default)]
    more: String,
}

/// Reads all objects at a path. An object that changes meanwhile may come twice, the later state last.
pub async fn list(client: &Client, path: &str, take: impl FnMut(Value)) -> Result<(), ListError> {
    let asked = Asked { path, chosen: "", page: PAGE };
    list_chosen(client, asked, take).await
}

/// Which objects to read.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Path of the list.
    pub path: &'a str,
    /// Selectors as a query, such as `labelSelector=owner%3Dhelm`; empty for all objects.
    pub chosen: &'a str,
    /// Objects per page; fewer where each is large.
    pub page: u32,
}

/// Reads the objects that `asked` describes.
pub async fn list_chosen(
    client: &Client,
    asked: Asked<'_>,
    mut take: impl FnMut(Value),
) -> Result<(), ListError> {
    let Asked { path, chosen, page } = asked;
    let chosen = if chosen.is_empty() { String::new() } else { format!("&{chosen}") };
    let mut more = String::new();
    let mut begins = 1;
    loop {
        let next =
            if more.is_empty() { String::new() } else { format!("&continue={}", request::escaped(&more)) };
        let asked = request::get(&format!("{path}?limit={page}{chosen}{next}"));
        let page: Page = match in_time(path, request::send(client, asked)).await {
            Ok(page) => page,
            Err(error) if error.code == Some(GONE) && begins < BEGINS_MAX => {
                begins += 1;
                more.clear();
                continue;
            }
            Err(error) => return Err(error),
        };
        page.items.into_iter().for_each(&mut take);
        if page.metadata.more.is_empty() {
            return Ok(());
        }
        more = page.metadata.more;
    }
}

/// The response to a request at `path`, within [`WITHIN`].
pub(crate) async fn in_time<T>(
    path: &str,
    answer: impl Future<Output = Result<T, kube::Error>>,
) -> Result<T, ListError> {
    let wrong = |why: String, code| ListError { path: path.to_owned(), why, code };
    match tokio::time::timeout(WITHIN, answer).await {
        Err(_) => Err(wrong(format!("no answer within {} s", WITHIN.as_secs()), None)),
        Ok(answer) => answer
            .map_err(|error| wrong(failure::of(&error), failure::status(&error).map(|status| status.code))),
    }
}

/// `gitVersion` of the server, such as `v1.34.4`.
pub async fn version(client: &Client) -> Result<String, ListError> {
    in_time("/version", client.apiserver_version()).await.map(|version| version.git_version)
}

/// The uid of namespace `kube-system`, which identifies a cluster; `None` when it may not be read.
pub async fn identity(client: &Client) -> Option<String> {
    let asked = request::send::<Value>(client, request::get("/api/v1/namespaces/kube-system"));
    let found = tokio::time::timeout(WITHIN, asked).await.ok()?.ok()?;
    found["metadata"]["uid"].as_str().map(str::to_owned)
}
