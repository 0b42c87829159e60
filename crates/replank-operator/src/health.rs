//! Probes and metrics over HTTP: `/healthz`, `/readyz`, `/metrics`. Nothing else is answered, and nothing is changed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE};
use hyper::{Method, Request, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use replank_engine::metrics;
use replank_listener::content::{Content, whole};
use replank_listener::{Answers, Beyond, Limits, Peer, serve};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::metrics::{Seen, classic, text as of_updates};

/// A controller whose last good round is older than this does not live: rounds come every half minute.
const SILENT: SignedDuration = SignedDuration::from_mins(5);
/// Media type of the `OpenMetrics` text format.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Media type of the text format of before `OpenMetrics`, for who does not ask for that one.
const CLASSIC_METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";
const LIMITS: Limits = Limits {
    connections: 64,
    beyond: Beyond::Closed,
    handshake: Duration::from_secs(5),
    head: Duration::from_secs(5),
    silence: Duration::from_secs(30),
    streams: 8,
    farewell: Duration::from_secs(1),
};

/// How this replica is.
#[derive(Debug, Default)]
pub struct Health {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    role: Role,
    /// When a round went well last.
    good: Option<Timestamp>,
    acts_since: Option<Timestamp>,
    /// What the last round saw.
    seen: Seen,
}

/// What this replica does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// It is coming up.
    #[default]
    Starts,
    /// It waits until the others see that it is there.
    Waits,
    /// The others see that it is there, and it runs its share of the updates.
    Acts,
}

impl Health {
    /// Notes what this replica does from now on.
    pub fn plays(&self, role: Role, now: Timestamp) {
        let mut inner = self.lock();
        inner.role = role;
        inner.acts_since = (role == Role::Acts).then_some(now);
    }

    /// Notes how a round of the controller went.
    pub(crate) fn round(&self, went_well: bool, now: Timestamp) {
        if went_well {
            self.lock().good = Some(now);
        }
    }

    /// Notes what a round saw.
    pub(crate) fn saw(&self, seen: Seen) {
        self.lock().seen = seen;
    }

    /// Whether it lives: one that acts has had a good round lately.
    fn lives(&self, now: Timestamp) -> bool {
        let inner = self.lock();
        let since = inner.good.max(inner.acts_since);
        inner.role != Role::Acts || since.is_some_and(|since| now.duration_since(since) < SILENT)
    }

    /// Whether it is ready: it waits for its place, or it acts and read the custom resources.
    fn is_ready(&self) -> bool {
        let inner = self.lock();
        match inner.role {
            Role::Starts => false,
            Role::Waits => true,
            Role::Acts => inner.good.is_some(),
        }
    }

    fn metrics(&self, now: Timestamp) -> String {
        let (role, seen) = {
            let inner = self.lock();
            (inner.role, inner.seen.clone())
        };
        let acts = u8::from(role == Role::Acts);
        let text = metrics::text();
        let text = text.strip_suffix("# EOF\n").unwrap_or(&text);
        let updates = of_updates(&seen, now);
        format!(
            "{text}# HELP replank_operator_acts Whether this replica acts.\n# TYPE replank_operator_acts \
             gauge\nreplank_operator_acts {acts}\n{updates}# EOF\n"
        )
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to a request for a path.
    fn at(&self, path: &str, now: Timestamp) -> (StatusCode, &'static str, String) {
        let probe = |holds: bool, yes: &str, no: &str| {
            let (status, text) =
                if holds { (StatusCode::OK, yes) } else { (StatusCode::SERVICE_UNAVAILABLE, no) };
            (status, "text/plain; charset=utf-8", format!("{text}\n"))
        };
        match path {
            "/healthz" => probe(self.lives(now), "alive", "no good round for minutes"),
            "/readyz" => probe(self.is_ready(), "ready", "not ready yet"),
            "/metrics" => (StatusCode::OK, OPEN_METRICS, self.metrics(now)),
            _ => {
                let known = "there are /healthz, /readyz and /metrics\n".to_owned();
                (StatusCode::NOT_FOUND, "text/plain; charset=utf-8", known)
            }
        }
    }
}

/// What stands behind the listener.
struct Behind(Arc<Health>);

impl Answers for Behind {
    async fn answer(&self, request: Request<Incoming>, _: Peer) -> Response<Content> {
        let (status, kind, text) = if [Method::GET, Method::HEAD].contains(request.method()) {
            let (status, kind, text) = self.0.at(request.uri().path(), Timestamp::now());
            let accepted = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
            if kind == OPEN_METRICS && !accepted.is_some_and(|kinds| kinds.contains("openmetrics-text")) {
                (status, CLASSIC_METRICS, classic(&text))
            } else {
                (status, kind, text)
            }
        } else {
            (StatusCode::METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", "only GET is answered\n".to_owned())
        };
        let mut response = Response::new(whole(text));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
        response
    }
}

/// Answers probes until `stop` is cancelled.
pub async fn answer(listener: TcpListener, health: Arc<Health>, stop: CancellationToken) {
    serve(listener, None, LIMITS, Arc::new(Behind(health)), stop).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_replica_is_ready_when_it_waits_or_has_looked() {
        let health = Health::default();
        let code = |path: &str, second| health.at(path, at(second)).0.as_u16();
        assert_eq!((code("/healthz", 0), code("/readyz", 0)), (200, 503));
        health.plays(Role::Waits, at(0));
        assert_eq!((code("/healthz", 1000), code("/readyz", 1000)), (200, 200));
        health.plays(Role::Acts, at(1000));
        assert_eq!((code("/healthz", 1001), code("/readyz", 1001)), (200, 503));
        health.round(true, at(1010));
        assert_eq!(code("/readyz", 1010), 200);
        health.round(false, at(1400));
        assert_eq!(code("/healthz", 1400), 503, "no good round for more than five minutes");
        assert_eq!(code("/other", 1400), 404);
    }

    #[test]
    fn metrics_end_as_the_format_asks() {
        let text = Health::default().metrics(at(0));
        assert!(text.ends_with("replank_operator_acts 0\n# EOF\n"), "{text}");
        assert_eq!(text.matches("# EOF").count(), 1);
    }
}
