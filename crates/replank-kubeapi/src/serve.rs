//! The server: its limits, and what becomes of a request.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT, WARNING};
use hyper::{Method, Request, Response};
use replank_core::api_versions;
use replank_core::behaviour::ServerVersion;
use replank_listener::content::Content;
use replank_listener::{Answers, Beyond, Peer};
use replank_world::deprecated_requests;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::asked::Asked;
use crate::auth::{Bearers, who};
use crate::authority::{Authority, AuthorityError};
use crate::failure::StatusError;
use crate::live::Live;
use crate::resource::{self, Resource};
use crate::verb;
use crate::wire::accept::{form, is_yaml, no_stream};
use crate::wire::answer::{Answer, Writing, response};
use crate::wire::body;
use crate::wire::parameters::Parameters;
use crate::wire::path::{Route, route};
use crate::{authorize, deprecation, discovery, documents, metrics};

/// How long connections may take to close when the server stops.
const FAREWELL_MAX: Duration = Duration::from_secs(5);
/// A connection is encrypted within this time, or closed.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// The head of a request is there within this time, or the connection is closed.
const HEAD_MAX: Duration = Duration::from_secs(30);
/// A connection that says nothing for so long is asked whether it is still there, and closed when it is not.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// Streams of one connection.
const STREAMS_MAX: u32 = 1024;

/// A cluster to be served.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The world of the cluster.
    pub live: Arc<Live>,
    /// Signs the certificates of the server and of its clients.
    pub authority: Authority,
    /// Checks its bearer tokens.
    pub bearers: Bearers,
    /// Limits on concurrent use.
    pub limits: Limits,
}

/// Limits on concurrent use; requests beyond them get 429.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections, further ones are closed at once. Watches share a connection with HTTP/2.
    pub connections: usize,
    /// Requests in progress, watches not counted (Kubernetes: `--max-requests-inflight`).
    pub requests: usize,
    /// Watches; each buffers some events for a slow client.
    pub watches: usize,
}

impl Default for Limits {
    /// 4,096 connections, 600 requests, 20,000 watches.
    fn default() -> Self {
        Self { connections: 4096, requests: 600, watches: 20_000 }
    }
}

/// A cluster that is being served.
#[derive(Debug)]
pub(crate) struct Served {
    cluster: Cluster,
    address: String,
    requests: Semaphore,
    watches: Arc<Semaphore>,
    /// Cancelled when the server stops.
    closing: CancellationToken,
}

/// Serves the API until `stop` is cancelled; open connections end then too.
///
/// An error at once for unusable certificates, later only when the listener fails.
pub async fn serve(
    cluster: Cluster,
    listener: TcpListener,
    stop: CancellationToken,
) -> Result<(), ServeError> {
    let tls = cluster.authority.tls()?;
    cluster.live.world().lock().known.root_ca.clone_from(&cluster.authority.ca);
    let limits = cluster.limits;
    // Watches end as if their time was over when the server stops, and answers under way are finished.
    let served = Arc::new(Served {
        address: listener.local_addr()?.to_string(),
        requests: Semaphore::new(limits.requests),
        watches: Arc::new(Semaphore::new(limits.watches)),
        cluster,
        closing: stop.clone(),
    });
    replank_listener::serve(listener, Some(tls), limits.into(), served, stop).await;
    Ok(())
}

impl From<Limits> for replank_listener::Limits {
    fn from(limits: Limits) -> Self {
        Self {
            connections: limits.connections,
            beyond: Beyond::Closed,
            handshake: HANDSHAKE_MAX,
            head: HEAD_MAX,
            silence: SILENCE_MAX,
            streams: STREAMS_MAX,
            farewell: FAREWELL_MAX,
        }
    }
}

impl Answers for Served {
    async fn answer(&self, request: Request<Incoming>, peer: Peer) -> Response<Content> {
        let writing = writing(&request);
        let client =
            request.headers().get(USER_AGENT).and_then(|name| name.to_str().ok()).unwrap_or_default();
        let warning = deprecated(&self.cluster.live, request.uri().path(), client);
        let mut response = response(answer(self, peer.is_certified, request).await, writing);
        let warning = warning.and_then(|text| HeaderValue::from_str(&format!("299 - \"{text}\"")).ok());
        if let Some(value) = warning {
            response.headers_mut().append(WARNING, value);
        }
        response
    }
}

/// What is to be said of the API version in a path, to the client that asks; it is noted. A version that this server does not
/// have is noted too where a real one of its minor would serve it: that somebody asks is what counts.
fn deprecated(live: &Live, path: &str, client: &str) -> Option<String> {
    let Route::Resource(target) = route(path) else { return None };
    let is_asked = |one: &&Arc<Resource>| {
        one.group == target.group && one.version == target.version && one.plural == target.plural
    };
    let (group, version, plural) = (&*target.group, &*target.version, &*target.plural);
    let served = resource::built_in().iter().find(is_asked);
    let kind =
        served.map(|one| &*one.kind).or_else(|| api_versions::kind_of_resource(group, version, plural))?;
    // The world is asked only where there may be something to say.
    let known = api_versions::find(group, version, kind)?;
    let mut world = live.world().lock();
    let minor = world.known.version.minor;
    if served.is_none() && known.removed_in.is_none_or(|removed| removed <= minor) {
        return None;
    }
    let warning = deprecation::warning(group, version, kind, minor.0)?;
    let asked = deprecated_requests::Asked {
        group: group.into(),
        version: version.into(),
        resource: plural.into(),
        client: client.into(),
    };
    let now = world.now;
    world.deprecated_requests.note(asked, now);
    served.map(|_| warning)
}

/// How a client wants objects written. What is no object is what it is.
fn writing(request: &Request<Incoming>) -> Writing {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    let is_object = request.uri().path().starts_with("/api");
    if is_object && is_yaml(accept) { Writing::Yaml } else { Writing::Json }
}

/// Why the API cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The certificates are unusable.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The listener failed.
    #[error("the Kubernetes API cannot listen: {0}")]
    Listen(#[from] io::Error),
}

/// Answers a request.
pub(crate) async fn answer(
    served: &Served,
    certified: bool,
    request: Request<Incoming>,
) -> Result<Answer, StatusError> {
    let cluster = &served.cluster;
    let (head, content) = request.into_parts();
    let header =
        |name| head.headers.get(name).and_then(|value: &hyper::header::HeaderValue| value.to_str().ok());
    let route = route(head.uri.path());
    if route == Route::Health {
        return Ok(Answer::Text(200, "ok".to_owned()));
    }
    let user =
        who(certified, header(AUTHORIZATION), &cluster.bearers).ok_or_else(StatusError::unauthorized)?;
    let (user, may) = authorize::meant(user, &head.headers)?;
    let live = &cluster.live;
    let target = match route {
        Route::Resource(target) => target,
        Route::OpenApiV2 => return documents::version_2(&live.world().lock(), header(ACCEPT)),
        other => return document(live, &served.address, form(header(ACCEPT))?, &other),
    };
    let form = form(header(ACCEPT))?;
    let media_type = body::media_type(header(CONTENT_TYPE)).to_owned();
    let agent = header(USER_AGENT).and_then(|agent| agent.split('/').next()).unwrap_or_default().to_owned();
    let parameters = Parameters::read(head.uri.query().unwrap_or_default());
    let long = head.method == Method::GET && parameters.flag("watch");
    if long && is_yaml(header(ACCEPT)) {
        return Err(no_stream());
    }
    let busy = || StatusError::too_many("Too many requests, please try again later.");
    let _permit = if long { None } else { Some(served.requests.try_acquire().map_err(|_| busy())?) };
    let body = body::read(content).await?;
    let resource = verb::resource_of(&live.world().lock(), &target);
    if resource.is_err() && !discovery::serves(&live.world().lock(), &target.group, &target.version) {
        return Ok(Answer::Text(404, "404 page not found\n".to_owned()));
    }
    let resource = resource?;
    let asked = Asked {
        api_version: resource.api_version(),
        resource,
        namespace: target.namespace,
        name: target.name,
        subresource: target.subresource,
        parameters,
        form,
        media_type,
        body,
        user,
        may,
        agent,
        watches: served.watches.clone(),
        closing: served.closing.clone(),
    };
    verb::answer(live, &head.method, asked)
}

/// Answers paths that are not resources: discovery, documents, health, version.
fn document(
    live: &Live,
    address: &str,
    form: crate::wire::accept::Form,
    route: &Route,
) -> Result<Answer, StatusError> {
    let world = live.world().lock();
    let nowhere = || Ok(Answer::Text(404, "404 page not found\n".to_owned()));
    match route {
        Route::Version => Ok(Answer::Object(200, version(world.known.version))),
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
                "/metrics",
                "/openapi/v2",
                "/openapi/v3",
                "/readyz",
                "/version",
            ];
            Ok(Answer::Object(200, json!({"paths": paths})))
        }
        Route::Metrics => Ok(Answer::Text(200, metrics::page(&world))),
        Route::Health | Route::Resource(_) | Route::OpenApiV2 | Route::Nowhere => nowhere(),
    }
}

fn version(version: ServerVersion) -> serde_json::Value {
    json!({
        "major": "1", "minor": version.minor.0.to_string(), "gitVersion": format!("v{version}-eks-replank"),
        "gitCommit": "", "gitTreeState": "clean", "buildDate": "2025-01-01T00:00:00Z", "goVersion": "go1.23",
        "compiler": "gc", "platform": "linux/amd64",
    })
}
