//! What needs no signature: liveness and metrics. Neither tells anything about the account.

use hyper::Method;
use replank_engine::metrics;

use crate::wire::{Reply, Request};

/// Content type of the `OpenMetrics` text format.
const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The response to such a request; `None` for all others.
pub(super) fn answer(request: &Request) -> Option<Reply> {
    if request.method != Method::GET || request.header("authorization").is_some() {
        return None;
    }
    match &*request.path {
        "/healthz" => Some(text("text/plain; charset=utf-8", "ok\n".to_owned())),
        "/metrics" => Some(text(METRICS, metrics::text())),
        _ => None,
    }
}

fn text(content_type: &'static str, body: String) -> Reply {
    Reply { status: 200, content_type, error: None, body }
}
