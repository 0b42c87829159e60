//! One connection: TLS, requests, graceful end. Connections that are idle, stalled or half-open are closed.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::ACCEPT;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::{Served, answer};
use crate::wire::accept;
use crate::wire::answer::{Content, Writing, response};

/// Time limit for the TLS handshake.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// Time limit for the head of a request.
const HEAD_MAX: Duration = Duration::from_secs(30);
/// Idle time after which a connection is probed.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// How long sent data may stay unacknowledged; longer means half-open.
#[cfg(target_os = "linux")]
const UNTAKEN_MAX: Duration = Duration::from_mins(1);
/// Most concurrent streams of an HTTP/2 connection.
const STREAMS_MAX: u32 = 1024;

/// Serves a connection until either side ends it.
pub(super) async fn connection(acceptor: &TlsAcceptor, served: &Arc<Served>, stream: TcpStream) {
    attend(&stream);
    let Ok(Ok(stream)) = timeout(HANDSHAKE_MAX, acceptor.accept(stream)).await else { return };
    let certified = stream.get_ref().1.peer_certificates().is_some_and(|chain| !chain.is_empty());
    let spoke = AtomicBool::new(false);
    let answer = service_fn(|request: Request<Incoming>| {
        spoke.store(true, Ordering::Relaxed);
        let served = served.clone();
        async move {
            let writing = writing(&request);
            let answer = answer(&served, certified, request).await;
            Ok::<Response<Content>, Infallible>(response(answer, writing))
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .keep_alive_interval(SILENCE_MAX)
        .keep_alive_timeout(SILENCE_MAX);
    let mut ends = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), answer));
    let mut silent = std::pin::pin!(sleep(HEAD_MAX));
    let (mut looked, mut closes) = (false, false);
    loop {
        tokio::select! {
            // A client that breaks the protocol or goes away ends its own connection.
            _ended = &mut ends => return,
            () = &mut silent, if !looked => {
                if !spoke.load(Ordering::Relaxed) {
                    return;
                }
                looked = true;
            }
            () = served.closing.cancelled(), if !closes => {
                closes = true;
                ends.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Whether to write objects as JSON or YAML; other content is not affected.
fn writing(request: &Request<Incoming>) -> Writing {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    let is_object = request.uri().path().starts_with("/api");
    if is_object && accept::is_yaml(accept) { Writing::Yaml } else { Writing::Json }
}

/// Sets TCP keepalive and timeouts; failures are ignored, since HTTP has its own.
fn attend(stream: &TcpStream) {
    let _as_it_is = stream.set_nodelay(true);
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new().with_time(SILENCE_MAX).with_interval(Duration::from_secs(10));
    let _as_it_is = socket.set_tcp_keepalive(&keepalive);
    #[cfg(target_os = "linux")]
    let _as_it_is = socket.set_tcp_user_timeout(Some(UNTAKEN_MAX));
}
