//! One connection: answered, ended in order. Whoever is silent, slow or gone is let go.

use std::convert::Infallible;
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::accept::{Answers, Peer};
use crate::limits::Limits;

/// A connection that says nothing for so long is asked by the system whether it is still there.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// And again, so often.
const ASKED_EVERY: Duration = Duration::from_secs(10);
/// What is sent is taken within this time, or the connection is closed: a half-open one looks like this.
#[cfg(target_os = "linux")]
const UNTAKEN_MAX: Duration = Duration::from_mins(1);

/// Serves a connection until one of both sides ends it.
pub(crate) async fn converse<A: Answers, S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    peer: Peer,
    limits: &Limits,
    behind: &Arc<A>,
    stop: &CancellationToken,
) {
    let asked = Notify::new();
    let service = service_fn(|request: Request<Incoming>| {
        asked.notify_one();
        let behind = behind.clone();
        async move { Ok::<_, Infallible>(behind.answer(request, peer).await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.head);
    let http2 = &mut builder.http2();
    http2.timer(TokioTimer::new()).max_concurrent_streams(limits.streams);
    http2.keep_alive_interval(limits.silence).keep_alive_timeout(limits.silence);
    let mut serving = pin!(builder.serve_connection(TokioIo::new(stream), service));
    // What goes wrong on one connection is between it and its client.
    tokio::select! {
        _ended = serving.as_mut() => {}
        () = silent(&asked, limits.head) => {}
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            let _ended = serving.await;
        }
    }
}

/// Returns when a new connection has asked nothing for so long; whoever asked once is held to the protocol's limits.
async fn silent(asked: &Notify, most: Duration) {
    if timeout(most, asked.notified()).await.is_ok() {
        pending::<()>().await;
    }
}

/// Has the system watch over the connection. Where it cannot, the protocols still do.
pub(crate) fn attend(stream: &TcpStream) {
    let _as_it_is = stream.set_nodelay(true);
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new().with_time(SILENCE_MAX).with_interval(ASKED_EVERY);
    let _as_it_is = socket.set_tcp_keepalive(&keepalive);
    #[cfg(target_os = "linux")]
    let _as_it_is = socket.set_tcp_user_timeout(Some(UNTAKEN_MAX));
}
