//! What needs no signature: liveness and metrics. Neither tells anything about the account.

use hyper::Method;
use replank_engine::metrics;

use crate::wire::{Reply, Request};

/// Content type of the `OpenMetrics` text format.
const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What anybody may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// Whether the server lives.
    Health,
    /// What it has counted.
    Metrics,
}

impl Route {
    pub(super) const ALL: [Self; 2] = [Self::Health, Self::Metrics];

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Health => "/healthz",
            Self::Metrics => "/metrics",
        }
    }

    /// The one that a request is for. Who signs everything is verified everywhere.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let is_open = request.method == Method::GET && request.header("authorization").is_none();
        Self::ALL.into_iter().find(|route| is_open && route.path() == request.path)
    }

    /// What anybody is told there; always with status 200.
    pub(super) fn answer(self) -> Reply {
        let (content_type, body) = match self {
            Self::Health => ("text/plain; charset=utf-8", "ok\n".to_owned()),
            Self::Metrics => (METRICS, metrics::text()),
        };
        Reply { status: 200, content_type, error: None, body }
    }
}
