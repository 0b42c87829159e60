//! Whole lists of a cluster, a page at a time: read once, and nothing is followed.

use std::future::Future;
use std::time::Duration;

use kube::Client;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::{failure, request};

/// Objects on a page (Kubernetes: what kubectl asks for).
const PAGE: u32 = 500;
/// An answer that takes longer than this does not come.
const WITHIN: Duration = Duration::from_mins(1);
/// A list that takes so long that its pages expire is begun anew this often.
const BEGINS_MAX: u32 = 3;
/// The answer to a page that expired.
const GONE: u16 = 410;

/// A list that cannot be read.
#[derive(Debug, Error)]
#[error("{path}: {why}")]
pub struct ListError {
    /// What was asked for.
    pub path: String,
    /// Why not, with the way out.
    pub why: String,
    /// The server's code, if it answered.
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

/// Reads all objects at a path. One that changes meanwhile may come twice, the later one last.
pub async fn list(client: &Client, path: &str, take: impl FnMut(Value)) -> Result<(), ListError> {
    let asked = Asked { path, chosen: "", page: PAGE };
    list_chosen(client, asked, take).await
}

/// Which objects are read.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The path of the list.
    pub path: &'a str,
    /// What chooses among them, as the query has it: `labelSelector=owner%3Dhelm`; empty for all.
    pub chosen: &'a str,
    /// How many come on a page: fewer where each is large.
    pub page: u32,
}

/// Reads some objects at a path.
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

/// The answer of a server to what is asked at `path`, unless it takes too long.
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

/// The version of the server, such as `v1.34.4`.
pub async fn version(client: &Client) -> Result<String, ListError> {
    in_time("/version", client.apiserver_version()).await.map(|version| version.git_version)
}

/// What tells a cluster from every other, wherever it is reached: the identity of its `kube-system`. `None` when we
/// may not see it.
pub async fn identity(client: &Client) -> Option<String> {
    let asked = request::send::<Value>(client, request::get("/api/v1/namespaces/kube-system"));
    let found = tokio::time::timeout(WITHIN, asked).await.ok()?.ok()?;
    found["metadata"]["uid"].as_str().map(str::to_owned)
}
