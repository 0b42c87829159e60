//! Finds the API server as kubectl does: `--kubeconfig`, then the files in `KUBECONFIG`, then `~/.kube/config`, then
//! the service account of the pod it runs in.

use std::io::IsTerminal;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Duration;

use http::HeaderValue;
use http::header::USER_AGENT;
use k8s_openapi::ByteString;
use kube::Client;
use kube::client::ClientBuilder;
use kube::config::{AuthInfo, Config, ExecInteractiveMode, KubeConfigOptions, Kubeconfig};
use replank_engine::secret::Unreadable;
use secrecy::ExposeSecret;
use thiserror::Error;

use crate::counted::Counting;
use crate::failure::BAD_TOKEN;
use crate::kubeconfig;

/// Time limit for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest silence of a connection: longer than that of a watch, whose bookmarks come about every minute.
const READ: Duration = Duration::from_secs(295);
/// Time limit for sending a request.
const WRITE: Duration = Duration::from_secs(30);

/// Which cluster to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Path given with `--kubeconfig`.
    pub kubeconfig: Option<PathBuf>,
    /// Name given with `--context`; `None` means the current context.
    pub context: Option<String>,
}

/// A connection to a cluster.
#[derive(Clone)]
pub struct Connection {
    /// Client for its API server.
    pub client: Client,
    /// URL of the API server.
    pub server: String,
    /// Name of the context, if it comes from a kubeconfig.
    pub context: Option<String>,
    /// Name of the cluster in the kubeconfig, if it comes from one.
    pub cluster: Option<String>,
    /// Certificate authorities of the server, in PEM; empty when those of the machine are used.
    pub authority: String,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("server", &self.server)
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}

/// Why there is no connection.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The kubeconfig has no such context.
    #[error("--context {wanted}: the kubeconfig has no such context; it has {}", listed(.known))]
    NoContext {
        /// Name that was given.
        wanted: String,
        /// Names of its contexts.
        known: Vec<String>,
    },
    /// The kubeconfig has no current context.
    #[error("the kubeconfig has no current context: name one with --context; it has {}", listed(.known))]
    NoCurrent {
        /// Names of its contexts.
        known: Vec<String>,
    },
    /// The kubeconfig cannot be read.
    #[error("{what} cannot be used: {why}")]
    Unusable {
        /// Which file, in words.
        what: String,
        /// Why not, without any of its content.
        why: Unreadable,
    },
    /// The kubeconfig can be read and not used.
    #[error("the kubeconfig cannot be used: {why}")]
    Unfit {
        /// What is wrong with it, without any of its content.
        why: String,
    },
    /// Neither a kubeconfig nor a service account was found.
    #[error(
        "no cluster: neither --kubeconfig nor KUBECONFIG nor ~/.kube/config names one, and this is not a pod of one"
    )]
    Nowhere,
    /// The server does not answer, or rejects the credentials.
    #[error("{server} (context {}): {why}", .context.as_deref().unwrap_or("of the pod"))]
    Unanswered {
        /// URL of the server.
        server: String,
        /// Name of the context.
        context: Option<String>,
        /// Error message with a way out.
        why: String,
    },
}

/// Finds the cluster and checks that it answers.
pub async fn connect(access: &Access) -> Result<Connection, ConnectError> {
    let (mut config, context, cluster) = find(access).await?;
    config.connect_timeout = Some(CONNECT);
    config.read_timeout = Some(READ);
    config.write_timeout = Some(WRITE);
    let agent = HeaderValue::from_static(concat!("replank/", env!("CARGO_PKG_VERSION")));
    config.headers.push((USER_AGENT, agent));
    // Every answer counts: who asks again when is the engine's decision.
    config.default_retry = false;
    let server = shown(&config.cluster_url);
    let authority = config.root_cert.iter().flatten().map(|der| pem(der)).collect();
    let unfit = |error: kube::Error| ConnectError::Unfit { why: crate::failure::of(&error) };
    if !can_be_sent(&config.auth_info) {
        return Err(ConnectError::Unfit { why: BAD_TOKEN.to_owned() });
    }
    // The library panics on a token that is no header text; one that a command fetched is seen by it alone.
    let made = catch_unwind(AssertUnwindSafe(|| {
        ClientBuilder::try_from(config).map(|builder| builder.with_layer(&Counting).build())
    }));
    let made = made.map_err(|_| ConnectError::Unfit { why: BAD_TOKEN.to_owned() })?;
    let client = made.map_err(unfit)?;
    let connection = Connection { client, server, context, cluster, authority };
    let answered = tokio::time::timeout(CONNECT, connection.client.apiserver_version()).await;
    let why = match answered {
        Ok(Ok(_)) => return Ok(connection),
        Ok(Err(error)) => crate::failure::of(&error),
        Err(_) => format!("no answer within {} s", CONNECT.as_secs()),
    };
    let Connection { server, context, .. } = connection;
    Err(ConnectError::Unanswered { server, context, why })
}

type Found = (Config, Option<String>, Option<String>);

async fn find(access: &Access) -> Result<Found, ConnectError> {
    let Some(mut kubeconfig) = kubeconfig::read(access.kubeconfig.as_deref())? else {
        if let Some(wanted) = &access.context {
            return Err(ConnectError::NoContext { wanted: wanted.clone(), known: Vec::new() });
        }
        let config = Config::incluster().map_err(|_| ConnectError::Nowhere)?;
        return Ok((config, None, None));
    };
    let known: Vec<String> = kubeconfig.contexts.iter().map(|it| it.name.clone()).collect();
    let current = kubeconfig.current_context.clone().filter(|name| !name.is_empty());
    let Some(context) = access.context.clone().or(current) else {
        return Err(ConnectError::NoCurrent { known });
    };
    let Some(named) = kubeconfig.contexts.iter().find(|it| it.name == context) else {
        return Err(ConnectError::NoContext { wanted: context, known });
    };
    let cluster = named.context.as_ref().map(|it| it.cluster.clone());
    let options = KubeConfigOptions { context: Some(context.clone()), ..KubeConfigOptions::default() };
    keep_plugins_quiet(&mut kubeconfig);
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
    let config = config.map_err(|error| kubeconfig::unusable("the kubeconfig".to_owned(), &error))?;
    Ok((config, Some(context), cluster))
}

/// Lets credential plugins write to standard error only where a person sits at a terminal and may be asked for
/// something; elsewhere it is a log (client-go: `IfAvailable`).
fn keep_plugins_quiet(kubeconfig: &mut Kubeconfig) {
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        return;
    }
    let users = kubeconfig.auth_infos.iter_mut().filter_map(|user| user.auth_info.as_mut());
    for exec in users.filter_map(|user| user.exec.as_mut()) {
        exec.interactive_mode = Some(ExecInteractiveMode::Never);
    }
}

/// Whether the tokens of a user are valid header values.
fn can_be_sent(user: &AuthInfo) -> bool {
    let provided = user.auth_provider.iter().flat_map(|provider| provider.config.values());
    let given = user.token.iter().map(ExposeSecret::expose_secret);
    provided.map(String::as_str).chain(given).all(|token| HeaderValue::from_str(token).is_ok())
}

/// A URL for display: without user, password and query.
fn shown(url: &http::Uri) -> String {
    let port = url.port_u16().map_or(String::new(), |port| format!(":{port}"));
    // A password with a slash in it that is not encoded ends up in the path.
    let path = if url.path().contains('@') { "" } else { url.path() };
    let (scheme, host) = (url.scheme_str().unwrap_or("https"), url.host().unwrap_or_default());
    format!("{scheme}://{host}{port}{path}").trim_end_matches('/').to_owned()
}

/// A certificate in PEM (RFC 7468).
fn pem(der: &[u8]) -> String {
    let base64 = serde_json::to_value(ByteString(der.to_vec())).unwrap_or_default();
    let base64 = base64.as_str().unwrap_or_default().as_bytes();
    let lines: Vec<_> = base64.chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_url_is_shown_without_what_it_may_hide() {
        for (url, wanted) in [
            ("https://10.0.0.1:6443/", "https://10.0.0.1:6443"),
            ("https://user:mark@host:1/k8s/clusters/c-1?token=mark", "https://host:1/k8s/clusters/c-1"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("https://user:ma/rk@host:1", "https://user"),
        ] {
            assert_eq!(shown(&url.parse().unwrap()), wanted);
        }
    }
}
