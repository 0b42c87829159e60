//! What anybody may ask: whether the server lives, and what it has counted. Neither names anything of the account.

use hyper::Method;
use replank_engine::metrics;

use crate::wire::{Reply, Request};

/// The type of the text format of `OpenMetrics`.
const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The reply to a request that needs no signature; `None` when it is not one of them.
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
