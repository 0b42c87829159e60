//! A thousand watchers, each of which is told every change.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{Method, body::Incoming};
use serde_json::json;

use crate::kubernetes::first_node;
use crate::served::Server;
use crate::talk::Client;
use crate::{Outcome, Trouble, tell};

const WATCHERS: usize = 1000;
/// Watchers to one connection.
const SHARED: usize = 10;
/// Changes that every watcher is told of.
const CHANGES: usize = 50;
/// For how long the watchers may be behind.
const PATIENCE: Duration = Duration::from_mins(2);

/// Changes one node many times under the eyes of all; each has to see every change by itself.
pub(crate) async fn watches(server: &Server, client: &Client) -> Outcome {
    let (version, node) = first_node(client).await?;
    let mut watchers = Vec::new();
    for _ in 0..WATCHERS / SHARED {
        let connection = Client::connect(server).await?;
        for _ in 0..SHARED {
            let path = format!("/api/v1/nodes?watch=true&resourceVersion={version}");
            let response = connection.open(Method::GET, &path, Bytes::new()).await?;
            watchers.push(tokio::spawn(told_all(response.into_body())));
        }
    }
    let begun = Instant::now();
    for number in 0..CHANGES {
        let body = json!({ "metadata": { "labels": { "bench": format!("change-{number}") } } });
        client.send(Method::PATCH, &format!("/api/v1/nodes/{node}"), &body).await?;
    }
    let written = begun.elapsed().as_secs_f64();
    for watcher in watchers {
        tokio::time::timeout(PATIENCE, watcher).await???;
    }
    let took = begun.elapsed().as_secs_f64();
    let events = (WATCHERS * CHANGES) as f64;
    tell("1,000 watchers, each told every change", events / took, "events/s", &json!({}));
    tell("1,000 watchers, one change to all of them", took * 1000.0 / CHANGES as f64, "ms", &json!({}));
    tell("writes under 1,000 watchers", CHANGES as f64 / written, "writes/s", &json!({}));
    Ok(())
}

/// Reads until every change was told.
async fn told_all(mut body: Incoming) -> Outcome {
    let mut seen = [false; CHANGES];
    let mut rest = Vec::new();
    while seen.contains(&false) {
        let frame = body.frame().await.ok_or("a watch ended early")??;
        rest.extend_from_slice(frame.data_ref().ok_or("no data")?);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            if let Some(number) = change(&rest[..end]) {
                *seen.get_mut(number).ok_or("another change")? = true;
            }
            rest.drain(..=end);
        }
    }
    Ok::<_, Trouble>(())
}

/// The change that an event tells; what else happens to the node tells the last one again.
fn change(line: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(line).ok()?;
    text.split_once("\"change-")?.1.split_once('"')?.0.parse().ok()
}
