//! The loop that lets connections in, and the end.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{Request, Response};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::connection::{attend, converse};
use crate::content::Content;
use crate::limits::{Beyond, Limits};

/// A pause when the machine is short of something, so that others give it back.
const SHORT: Duration = Duration::from_millis(50);

/// Who is at the other end, as far as the connection tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Whether it showed a certificate that the TLS of this listener accepts.
    pub is_certified: bool,
    /// Where it connects from.
    pub address: IpAddr,
}

/// What stands behind a listener. A request that cannot be answered is answered with why not.
pub trait Answers: Send + Sync + 'static {
    /// Answers a request.
    fn answer(
        &self,
        request: Request<Incoming>,
        peer: Peer,
    ) -> impl Future<Output = Response<Content>> + Send;
}

/// Serves until `stop` is cancelled, encrypted where there is something to do it with. Then nobody is let in any more,
/// idle connections end, requests under way get [`Limits::farewell`], and whoever is left is cut off.
///
/// Answers that never end by themselves have to look at `stop` too.
pub async fn serve<A: Answers>(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    limits: Limits,
    behind: Arc<A>,
    stop: CancellationToken,
) {
    let tls = tls.map(TlsAcceptor::from);
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    loop {
        let (stream, address, place) = tokio::select! {
            () = stop.cancelled() => break,
            Some(_ended) = connections.join_next() => continue,
            entered = enter(&listener, &places, limits.beyond) => match entered {
                Some(entered) => entered,
                None => continue,
            },
        };
        let (behind, stop, tls) = (behind.clone(), stop.clone(), tls.clone());
        connections.spawn(async move {
            attend(&stream);
            match tls {
                None => {
                    converse(stream, Peer { is_certified: false, address }, &limits, &behind, &stop).await;
                }
                Some(tls) => {
                    // Whoever cannot be encrypted in time is let go.
                    if let Ok(Ok(stream)) = timeout(limits.handshake, tls.accept(stream)).await {
                        let shown = stream.get_ref().1.peer_certificates();
                        let is_certified = shown.is_some_and(|chain| !chain.is_empty());
                        let peer = Peer { is_certified, address };
                        converse(stream, peer, &limits, &behind, &stop).await;
                    }
                }
            }
            drop(place);
        });
    }
    drop(listener);
    let all_gone = async { while connections.join_next().await.is_some() {} };
    let _in_time = timeout(limits.farewell, all_gone).await;
    connections.shutdown().await;
}

/// The next connection with where it comes from and its place; none where it had to be closed or could not be taken.
async fn enter(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    beyond: Beyond,
) -> Option<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    let first = match beyond {
        Beyond::Waits => Some(places.clone().acquire_owned().await.ok()?),
        Beyond::Closed => None,
    };
    let Ok((stream, from)) = listener.accept().await else {
        sleep(SHORT).await;
        return None;
    };
    let place = first.or_else(|| places.clone().try_acquire_owned().ok())?;
    Some((stream, from.ip(), place))
}
