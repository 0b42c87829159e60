//! The listener: connections, their limits, and a graceful shutdown.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::CACHE_CONTROL;
use hyper::{Response, StatusCode};
use replank_listener::content::{self, Content};
use replank_listener::read::{self, Unread};
use replank_listener::{Answers, Beyond, Peer};
use rustls::ServerConfig;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::control::Whole;
use crate::wire::{Answer, Headed, Reply, Request};
use crate::{cloudformation, front};

/// Requests at once on one connection of HTTP/2.
const STREAMS_MAX: u32 = 100;
/// The type of server-sent events (WHATWG HTML, 9.2).
const EVENTS: &str = "text/event-stream";

/// What clients may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most connections at once; others wait in the kernel's queue.
    pub connections_max: usize,
    /// Largest body in bytes.
    pub body_bytes_max: usize,
    /// Time limit for the headers of a request.
    pub headers: Duration,
    /// Time limit for a body.
    pub body: Duration,
    /// How long requests in progress may take at shutdown.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 4096,
            body_bytes_max: 1 << 20,
            headers: Duration::from_secs(20),
            body: Duration::from_secs(20),
            shutdown: Duration::from_secs(5),
        }
    }
}

impl From<Limits> for replank_listener::Limits {
    fn from(limits: Limits) -> Self {
        Self {
            connections: limits.connections_max,
            beyond: Beyond::Waits,
            handshake: limits.headers,
            head: limits.headers,
            silence: limits.headers,
            streams: STREAMS_MAX,
            farewell: limits.shutdown,
        }
    }
}

/// Serves until `stop` is cancelled, and carries stacks out meanwhile; with TLS when a configuration is given.
pub async fn serve<A: Whole>(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    app: Arc<App<A>>,
    limits: Limits,
    stop: CancellationToken,
) {
    let stacks = tokio::spawn(cloudformation::carry_out(app.clone(), stop.clone()));
    let front = Arc::new(Front { behind: Service(app), limits });
    replank_listener::serve(listener, tls, limits.into(), front, stop).await;
    // It ends with the listener; whatever it was at is on record.
    let _ended = stacks.await;
}

/// Serves the steering routes of the control API, without TLS, until `stop` is cancelled: for a process that runs updates
/// by itself. `asked` is called with every request.
pub async fn serve_steering(
    listener: TcpListener,
    app: Arc<App<()>>,
    asked: impl Fn() + Send + Sync + 'static,
    limits: Limits,
    stop: CancellationToken,
) {
    let front = Arc::new(Front { behind: Steering { app, asked }, limits });
    replank_listener::serve(listener, None, limits.into(), front, stop).await;
}

/// What answers requests that were taken in.
trait Behind: Send + Sync + 'static {
    /// Answers a request of somebody at the other end of a connection.
    fn answer(&self, request: &Request, peer: Peer) -> impl Future<Output = Answer> + Send;
}

/// The whole service of an account.
struct Service<A>(Arc<App<A>>);

impl<A: Whole> Behind for Service<A> {
    async fn answer(&self, request: &Request, peer: Peer) -> Answer {
        front::answer(&self.0, request, peer).await
    }
}

/// The updates of one process.
struct Steering<F> {
    app: Arc<App<()>>,
    asked: F,
}

impl<F: Fn() + Send + Sync + 'static> Behind for Steering<F> {
    async fn answer(&self, request: &Request, _peer: Peer) -> Answer {
        (self.asked)();
        front::steer(&self.app, request).await
    }
}

/// The routes behind a listener.
struct Front<B> {
    behind: B,
    limits: Limits,
}

impl<B: Behind> Answers for Front<B> {
    async fn answer(&self, request: hyper::Request<Incoming>, peer: Peer) -> Response<Content> {
        let (parts, body) = request.into_parts();
        let Limits { body_bytes_max: most, body: within, .. } = self.limits;
        response(match read::whole(body, most, within).await {
            Ok(body) => {
                let mut headers = parts.headers;
                if !headers.contains_key("host")
                    && let Some(host) = parts.uri.authority().and_then(|host| host.as_str().parse().ok())
                {
                    headers.insert("host", host);
                }
                let request = Request {
                    method: parts.method,
                    path: parts.uri.path().to_owned(),
                    query: parts.uri.query().unwrap_or("").to_owned(),
                    headers,
                    body,
                };
                self.behind.answer(&request, peer).await
            }
            Err(unread) => refused(unread, most).into(),
        })
    }
}

/// The reply to a body that was not taken in.
fn refused(unread: Unread, most: usize) -> Reply {
    let (status, code, message) = match unread {
        Unread::TooLarge => {
            (413, "RequestEntityTooLargeException", format!("a request is at most {most} bytes"))
        }
        Unread::Broken => (400, "SerializationException", "the body broke off".to_owned()),
        Unread::Late => (408, "RequestTimeoutException", "the body did not arrive in time".to_owned()),
    };
    Reply::json_error(status, code, json!({ "message": message }).to_string())
}

fn response(answer: Answer) -> Response<Content> {
    let response = Response::builder().header("x-amzn-requestid", replank_service::uuid());
    let built = match answer {
        Answer::Reply(reply) => {
            let response = response.status(reply.status).header("content-type", reply.content_type);
            let response = match reply.error {
                Some(error) => response.header("x-amzn-errortype", error),
                None => response,
            };
            response.body(content::whole(reply.body))
        }
        Answer::Headed(Headed { status, headers, body }) => {
            let response = response.status(status);
            let response =
                headers.into_iter().fold(response, |response, (name, value)| response.header(name, value));
            response.body(content::whole(body))
        }
        Answer::Events(events) => {
            let response = response.header("content-type", EVENTS).header(CACHE_CONTROL, "no-store");
            response.body(content::stream(events))
        }
    };
    built.unwrap_or_else(|_| {
        let mut response = Response::new(content::whole(""));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
