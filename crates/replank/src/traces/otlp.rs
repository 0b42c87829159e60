//! Sends spans by OTLP over HTTP, as JSON. A batch is tried a few times and then given up, with a line in the log.
//!
//! Written here for want of a library that fits: those of `OpenTelemetry` bring protocol buffers, the types of `gRPC` and a client of
//! their own, for three messages.

use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::CONTENT_TYPE;
use hyper::{Request, Uri};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::{Ended, Span};
use crate::client::post::{self, Post};
use crate::client::reason;

/// Where traces are taken, below the address of a collector (OTLP/HTTP).
const PATH: &str = "/v1/traces";
/// Most spans of a request.
const BATCH_MAX: usize = 512;
/// How long spans are gathered.
const GATHERS: Duration = Duration::from_secs(1);
/// Pauses between attempts.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];
/// Time limit for an attempt.
const DEADLINE: Duration = Duration::from_secs(10);

/// Sends spans to a collector.
pub(crate) struct Exporter {
    to: Uri,
    http: Post,
    /// Name of the replica.
    instance: String,
}

impl Exporter {
    /// One for the collector at `url`.
    pub(crate) fn new(url: &str, instance: &str) -> Result<Self> {
        post::address("--otlp", url, "http://collector:4318")?;
        let to = post::address(
            "--otlp",
            &format!("{}{PATH}", url.trim_end_matches('/')),
            "http://collector:4318",
        )?;
        Ok(Self { to, http: post::client("--otlp")?, instance: instance.to_owned() })
    }

    /// Sends what ends, until nothing can end any more.
    pub(crate) async fn carry(self, mut ended: Ended) {
        let mut batch = Vec::new();
        while ended.recv_many(&mut batch, BATCH_MAX).await > 0 {
            if batch.len() < BATCH_MAX {
                sleep(GATHERS).await;
                while batch.len() < BATCH_MAX
                    && let Ok(span) = ended.try_recv()
                {
                    batch.push(span);
                }
            }
            self.send(&batch).await;
            batch.clear();
        }
    }

    async fn send(&self, batch: &[Span]) {
        let body = body(batch, &self.instance).to_string();
        for pause in PAUSES.iter().map(Some).chain([None]) {
            match (self.attempt(&body).await, pause) {
                (Ok(()), _) => return,
                (Err(_), Some(pause)) => sleep(*pause).await,
                (Err(why), None) => warn!("{} spans were given up: {why}", batch.len()),
            }
        }
    }

    async fn attempt(&self, body: &str) -> Result<(), String> {
        let request = Request::post(self.to.clone()).header(CONTENT_TYPE, "application/json");
        let request =
            request.body(Full::new(Bytes::from(body.to_owned()))).map_err(|error| error.to_string())?;
        match timeout(DEADLINE, self.http.request(request)).await {
            Err(_) => Err(format!("no answer within {} s", DEADLINE.as_secs())),
            Ok(Err(error)) => Err(reason(&error)),
            Ok(Ok(answer)) if answer.status().is_success() => Ok(()),
            Ok(Ok(answer)) => Err(format!("it answers {}", answer.status())),
        }
    }
}

/// `ExportTraceServiceRequest`.
fn body(spans: &[Span], instance: &str) -> Value {
    let attribute = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let version = env!("CARGO_PKG_VERSION");
    json!({"resourceSpans": [{
        "resource": {"attributes": [
            attribute("service.name", "replank"),
            attribute("service.version", version),
            attribute("service.instance.id", instance),
        ]},
        "scopeSpans": [{
            "scope": {"name": "replank_engine", "version": version},
            "spans": spans.iter().map(Span::json).collect::<Vec<_>>(),
        }],
    }]})
}
