//! The server: connections, TLS, requests.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::asked::Asked;
use crate::auth::{Bearers, who};
use crate::authority::{Authority, AuthorityError};
use crate::discovery;
use crate::documents;
use crate::failure::Failure;
use crate::live::Live;
use crate::verb;
use crate::wire::accept::form;
use crate::wire::answer::{Answer, Content, response};
use crate::wire::body;
use crate::wire::parameters::Parameters;
use crate::wire::path::{Route, route};

/// Connections at one time. Watches share a connection in HTTP/2.
const CONNECTIONS_MAX: usize = 4096;
/// A connection is encrypted within this time, or closed.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// The head of a request is there within this time, or the connection is closed.
const HEAD_MAX: Duration = Duration::from_secs(30);

/// A connection that says nothing for so long is asked whether it is still there, and closed when it is not.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// The Kubernetes API of one cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The world of the cluster.
    pub live: Arc<Live>,
    /// Its certificates.
    pub authority: Authority,
    /// Who knows its bearer tokens.
    pub bearers: Bearers,
}

/// Serves the API on a listener until `stop` is there; open connections end with it.
///
/// Fails at once when the certificates are no good, else only when the listener fails.
pub async fn serve(
    cluster: Cluster,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let acceptor = TlsAcceptor::from(cluster.authority.tls()?);
    let address = listener.local_addr()?.to_string();
    let cluster = Arc::new((cluster, address));
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut stop = std::pin::pin!(stop);
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let permit = tokio::select! {
            () = &mut stop => break,
            permit = room.clone().acquire_owned() => permit,
            Some(_ended) = connections.join_next() => continue,
        };
        let stream = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // A client that went away meanwhile, or no free descriptor: others may still come.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let (acceptor, cluster) = (acceptor.clone(), cluster.clone());
        connections.spawn(async move {
            connection(&acceptor, &cluster, stream).await;
            drop(permit);
        });
    }
    connections.shutdown().await;
    Ok(())
}

/// Why the API cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The certificates are no good.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The listener failed.
    #[error("the Kubernetes API cannot listen: {0}")]
    Listen(#[from] io::Error),
}

async fn connection(acceptor: &TlsAcceptor, cluster: &Arc<(Cluster, String)>, stream: TcpStream) {
    let _as_it_is = stream.set_nodelay(true);
    let Ok(Ok(stream)) = timeout(HANDSHAKE_MAX, acceptor.accept(stream)).await else { return };
    let certified = stream.get_ref().1.peer_certificates().is_some_and(|chain| !chain.is_empty());
    let asked = Arc::new(Notify::new());
    let asks = asked.clone();
    let answer = service_fn(move |request: Request<Incoming>| {
        asks.notify_one();
        let cluster = cluster.clone();
        async move {
            let answer = answer(&cluster.0, &cluster.1, certified, request).await;
            Ok::<Response<Content>, Infallible>(response(answer))
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(1024)
        .keep_alive_interval(SILENCE_MAX)
        .keep_alive_timeout(SILENCE_MAX);
    // A client that breaks the protocol or goes away ends its own connection.
    let serving = builder.serve_connection(TokioIo::new(stream), answer);
    tokio::select! {
        _ended = serving => {}
        () = silent(&asked) => {}
    }
}

/// Returns when a new connection has asked nothing for long; whoever asked once is held to the protocol's limits.
async fn silent(asked: &Notify) {
    if timeout(HEAD_MAX, asked.notified()).await.is_ok() {
        std::future::pending::<()>().await;
    }
}

async fn answer(
    cluster: &Cluster,
    address: &str,
    certified: bool,
    request: Request<Incoming>,
) -> Result<Answer, Failure> {
    let (head, content) = request.into_parts();
    let header =
        |name| head.headers.get(name).and_then(|value: &hyper::header::HeaderValue| value.to_str().ok());
    let route = route(head.uri.path());
    if route == Route::Health {
        return Ok(Answer::Text(200, "ok".to_owned()));
    }
    let user = who(certified, header(AUTHORIZATION), &cluster.bearers).ok_or_else(Failure::unauthorized)?;
    let live = &cluster.live;
    let target = match route {
        Route::Resource(target) => target,
        Route::OpenApiV2 => return documents::version_2(&live.world().lock(), header(ACCEPT)),
        other => return document(live, address, form(header(ACCEPT))?, &other),
    };
    let form = form(header(ACCEPT))?;
    let media_type = body::media_type(header(CONTENT_TYPE)).to_owned();
    let agent = header(USER_AGENT).and_then(|agent| agent.split('/').next()).unwrap_or_default().to_owned();
    let body = body::read(content).await?;
    let resource = verb::resource_of(&live.world().lock(), &target)?;
    let asked = Asked {
        api_version: resource.api_version(),
        resource,
        namespace: target.namespace,
        name: target.name,
        subresource: target.subresource,
        parameters: Parameters::read(head.uri.query().unwrap_or_default()),
        form,
        media_type,
        body,
        user,
        agent,
    };
    verb::answer(live, &head.method, asked)
}

/// What is no resource.
fn document(
    live: &Live,
    address: &str,
    form: crate::wire::accept::Form,
    route: &Route,
) -> Result<Answer, Failure> {
    let world = live.world().lock();
    let nowhere = || Ok(Answer::Text(404, "404 page not found\n".to_owned()));
    match route {
        Route::Version => Ok(Answer::Object(200, version(world.known.minor))),
        Route::Api => Ok(discovery::api(&world, form, address)),
        Route::Apis => Ok(discovery::apis(&world, form)),
        Route::Group(group) => discovery::group(&world, group).map_or_else(nowhere, Ok),
        Route::GroupVersion(group, version) => {
            discovery::version(&world, group, version).map_or_else(nowhere, Ok)
        }
        Route::OpenApiV3(root) => documents::version_3(&world, root.as_deref()).map_or_else(nowhere, Ok),
        Route::Root => {
            let paths = [
                "/api",
                "/api/v1",
                "/apis",
                "/healthz",
                "/livez",
                "/openapi/v2",
                "/openapi/v3",
                "/readyz",
                "/version",
            ];
            Ok(Answer::Object(200, json!({"paths": paths})))
        }
        Route::Health | Route::Resource(_) | Route::OpenApiV2 | Route::Metrics | Route::Nowhere => nowhere(),
    }
}

fn version(minor: u32) -> serde_json::Value {
    json!({
        "major": "1", "minor": minor.to_string(), "gitVersion": format!("v1.{minor}.0-eks-replank"),
        "gitCommit": "", "gitTreeState": "clean", "buildDate": "2025-01-01T00:00:00Z", "goVersion": "go1.23",
        "compiler": "gc", "platform": "linux/amd64",
    })
}
