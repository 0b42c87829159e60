//! The listener: connections, their limits, and a graceful shutdown.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::control::Whole;
use crate::front;
use crate::wire::{Reply, Request};

/// How much of a refused body is still read, as a multiple of the largest body, and for how long.
const SWALLOWED: usize = 8;
const SWALLOWS: Duration = Duration::from_secs(2);

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

/// Serves until `stop` becomes true; with TLS when a configuration is given.
pub async fn serve<A: Whole>(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    app: Arc<App<A>>,
    limits: Limits,
    stop: CancellationToken,
) -> io::Result<()> {
    let tls = tls.map(TlsAcceptor::from);
    let places = Arc::new(Semaphore::new(limits.connections_max));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { break };
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // The machine is short of something; a pause lets others give it back.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = stop.cancelled() => break,
        };
        let (app, stop, tls) = (app.clone(), stop.clone(), tls.clone());
        tokio::spawn(async move {
            let _without = stream.set_nodelay(true);
            match tls {
                None => connection(stream, app, limits, stop).await,
                Some(tls) => {
                    if let Ok(Ok(stream)) = timeout(limits.headers, tls.accept(stream)).await {
                        connection(stream, app, limits, stop).await;
                    }
                }
            }
            drop(place);
        });
    }
    // Nobody new is let in while those inside are answered.
    drop(listener);
    let all = u32::try_from(limits.connections_max).unwrap_or(u32::MAX);
    let _whoever_is_left = timeout(limits.shutdown, places.acquire_many(all)).await;
    Ok(())
}

async fn connection<A: Whole, S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    app: Arc<App<A>>,
    limits: Limits,
    stop: CancellationToken,
) {
    let asked = Arc::new(Notify::new());
    let asks = asked.clone();
    let service = service_fn(move |request| {
        asks.notify_one();
        let app = app.clone();
        async move { Ok::<_, Infallible>(exchange(&app, request, limits).await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.headers).max_headers(100);
    let http2 = &mut builder.http2();
    http2.timer(TokioTimer::new()).max_concurrent_streams(100);
    http2.keep_alive_interval(limits.headers).keep_alive_timeout(limits.headers);
    let mut serving = pin!(builder.serve_connection(TokioIo::new(stream), service));
    // What goes wrong on one connection is between it and its client.
    tokio::select! {
        _ended = serving.as_mut() => {}
        () = silent(&asked, limits.headers) => {}
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            let _ended = serving.await;
        }
    }
}

/// Returns when a new connection has sent no request within `most`; never after its first request.
async fn silent(asked: &Notify, most: Duration) {
    if timeout(most, asked.notified()).await.is_ok() {
        pending::<()>().await;
    }
}

async fn exchange<A: Whole>(
    app: &App<A>,
    request: hyper::Request<Incoming>,
    limits: Limits,
) -> Response<Full<Bytes>> {
    let (parts, mut body) = request.into_parts();
    if body.size_hint().lower() > limits.body_bytes_max as u64 {
        let _as_far_as_it_goes = timeout(SWALLOWS, swallow(&mut body, limits)).await;
        return response(too_large(limits));
    }
    let reply = match timeout(limits.body, Limited::new(body, limits.body_bytes_max).collect()).await {
        Ok(Ok(body)) => {
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
                body: body.to_bytes(),
            };
            front::answer(app, &request).await
        }
        Ok(Err(error)) if error.is::<LengthLimitError>() => too_large(limits),
        Ok(Err(_)) => plain(400, "SerializationException", "the body broke off"),
        Err(_) => plain(408, "RequestTimeoutException", "the body did not arrive in time"),
    };
    response(reply)
}

/// Reads on in a body that is refused: a client that is still sending would not read the response.
async fn swallow(body: &mut Incoming, limits: Limits) {
    let mut left = limits.body_bytes_max * SWALLOWED;
    while let Some(Ok(frame)) = body.frame().await {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        if bytes >= left {
            return;
        }
        left -= bytes;
    }
}

fn too_large(limits: Limits) -> Reply {
    let most = limits.body_bytes_max;
    plain(413, "RequestEntityTooLargeException", &format!("a request is at most {most} bytes"))
}

fn plain(status: u16, code: &str, message: &str) -> Reply {
    let mut reply = Reply::json(status, json!({ "message": message }).to_string());
    reply.error = Some(code.to_owned());
    reply
}

fn response(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::builder()
        .status(reply.status)
        .header("content-type", reply.content_type)
        .header("x-amzn-requestid", replank_service::uuid());
    if let Some(error) = reply.error {
        response = response.header("x-amzn-errortype", error);
    }
    response.body(Full::new(Bytes::from(reply.body))).unwrap_or_else(|_| {
        let mut response = Response::new(Full::new(Bytes::new()));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
