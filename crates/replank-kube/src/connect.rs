//! Finds the API server as kubectl does: `--kubeconfig`, then the list in `KUBECONFIG`, then `~/.kube/config`, then
//! the service account of the pod we run in.

use std::io::IsTerminal;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Duration;

use http::HeaderValue;
use http::header::USER_AGENT;
use k8s_openapi::ByteString;
use kube::Client;
use kube::config::{AuthInfo, Config, ExecInteractiveMode, KubeConfigOptions, Kubeconfig};
use replank_engine::secret::Unreadable;
use secrecy::ExposeSecret;
use thiserror::Error;

use crate::failure::BAD_TOKEN;
use crate::kubeconfig;

/// A server that does not take the connection in this time is not there.
const CONNECT: Duration = Duration::from_secs(10);
/// Longer than the server keeps a watch open without a word: bookmarks come about every minute.
const READ: Duration = Duration::from_secs(295);
/// An API server that takes no more bytes for so long is not there any more.
const WRITE: Duration = Duration::from_secs(30);

/// Which cluster is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// `--kubeconfig`.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`; the current one when nobody names one.
    pub context: Option<String>,
}

/// A cluster that can be spoken to.
#[derive(Clone)]
pub struct Connection {
    /// The client.
    pub client: Client,
    /// The URL of the server.
    pub server: String,
    /// The context, when it was found in a kubeconfig.
    pub context: Option<String>,
    /// The name of the cluster in the kubeconfig.
    pub cluster: Option<String>,
    /// The certificates of the authorities that the server is verified by, PEM; nothing when they are the machine's.
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

/// Why no cluster can be spoken to.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The context is not in the kubeconfig.
    #[error("--context {wanted}: the kubeconfig has no such context; it has {}", listed(.known))]
    NoContext {
        /// What was asked for.
        wanted: String,
        /// What there is.
        known: Vec<String>,
    },
    /// No context is the current one.
    #[error("the kubeconfig has no current context: name one with --context; it has {}", listed(.known))]
    NoCurrent {
        /// What there is.
        known: Vec<String>,
    },
    /// The kubeconfig cannot be used.
    #[error("{what} cannot be used: {why}")]
    Unusable {
        /// Which, in words.
        what: String,
        /// Why not. Nothing of what stands in it.
        why: Unreadable,
    },
    /// What the kubeconfig says cannot be done.
    #[error("the kubeconfig cannot be used: {why}")]
    Unfit {
        /// Why not.
        why: String,
    },
    /// There is none.
    #[error(
        "no cluster: neither --kubeconfig nor KUBECONFIG nor ~/.kube/config names one, and this is not a pod of one"
    )]
    Nowhere,
    /// The server answers that it does not know us, or does not answer.
    #[error("{server} (context {}): {why}", .context.as_deref().unwrap_or("of the pod"))]
    Unanswered {
        /// The URL.
        server: String,
        /// The context.
        context: Option<String>,
        /// Why, with the way out.
        why: String,
    },
}

/// Finds the cluster and makes sure that it answers.
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
    let made = catch_unwind(AssertUnwindSafe(|| Client::try_from(config)));
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

/// Plugins that fetch credentials share our standard error only where a person sits at a terminal and may be asked
/// for something: elsewhere it is a log, and what a plugin says is not for logs (client-go: `IfAvailable`).
fn keep_plugins_quiet(kubeconfig: &mut Kubeconfig) {
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        return;
    }
    let users = kubeconfig.auth_infos.iter_mut().filter_map(|user| user.auth_info.as_mut());
    for exec in users.filter_map(|user| user.exec.as_mut()) {
        exec.interactive_mode = Some(ExecInteractiveMode::Never);
    }
}

/// Whether the tokens of a user can stand in a header.
fn can_be_sent(user: &AuthInfo) -> bool {
    let provided = user.auth_provider.iter().flat_map(|provider| provider.config.values());
    let given = user.token.iter().map(ExposeSecret::expose_secret);
    provided.map(String::as_str).chain(given).all(|token| HeaderValue::from_str(token).is_ok())
}

/// A URL as it may be shown: without the name and password that it may hold, and without its query.
fn shown(url: &http::Uri) -> String {
    let port = url.port_u16().map_or(String::new(), |port| format!(":{port}"));
    // A password with a slash in it that is not encoded ends up in the path.
    let path = if url.path().contains('@') { "" } else { url.path() };
    let (scheme, host) = (url.scheme_str().unwrap_or("https"), url.host().unwrap_or_default());
    format!("{scheme}://{host}{port}{path}").trim_end_matches('/').to_owned()
}

/// A certificate as text (RFC 7468).
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
