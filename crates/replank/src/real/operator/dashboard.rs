//! The dashboard and the control API of the replica that acts: who comes is asked of the cluster, and what they ask of an
//! update is written into its object.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use replank_kube::rights::Right;
use replank_kwok::KwokAccount;
use replank_operator::Declared;
use replank_server::app::App;
use replank_server::auth::Keyring;
use replank_server::people::{People, Proxy};
use replank_server::quota::Quotas;
use replank_server::serve::{Limits, serve};
use replank_service::Service;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::people::ClusterReviewer;
use crate::cli::{OperatorDashboard, Others};
use crate::errors::bad;
use crate::real::connect::Reached;
use crate::up::binding::tls_of;

/// Permissions to ask who somebody is, and to declare what they ask for.
const RIGHTS: [Right; 3] = [
    Right::new("create", "authentication.k8s.io", "tokenreviews"),
    Right::new("create", "authorization.k8s.io", "subjectaccessreviews"),
    Right::new("create", "replank.dev", "nodegroupupdates"),
];

/// What is served, as the flags have it.
pub(super) struct Served {
    at: SocketAddr,
    tls: Option<Arc<ServerConfig>>,
    audience: Option<String>,
    others: Others,
    proxy: Option<Proxy>,
}

impl Served {
    /// Reads the flags; `None` when nothing is to be served.
    pub(super) fn read(flags: &OperatorDashboard) -> Result<Option<Self>> {
        let Some(at) = flags.dashboard else { return Ok(None) };
        let tls = tls_of(flags.tls_cert.as_deref(), flags.tls_key.as_deref())?;
        if !at.ip().is_loopback() && tls.is_none() {
            return Err(bad(format!(
                "--dashboard {at}: others can reach that, and send tokens there, so it needs --tls-cert and --tls-key"
            )));
        }
        if flags.audience.as_deref().is_some_and(str::is_empty) {
            return Err(bad("--audience: '' is empty; name one, or leave it out".to_owned()));
        }
        let (audience, others) = (flags.audience.clone(), flags.others);
        Ok(Some(Self { at, tls, audience, others, proxy: proxy(flags)? }))
    }

    /// Error unless it could be served as it stands: that is found out now, and not by the replica that takes over one day.
    pub(super) fn check(&self, reached: &Reached) -> Result<()> {
        drop(reached.runtime.block_on(listen(self.at))?);
        reached.may(RIGHTS)
    }

    /// Serves until `stop` is cancelled.
    pub(super) fn serve(
        &self,
        service: &Arc<Service<KwokAccount>>,
        reached: &Reached,
        stop: &CancellationToken,
    ) -> Result<JoinHandle<()>> {
        let listener = reached.runtime.block_on(listen(self.at))?;
        let connection = reached.connection.clone();
        let declared = Arc::new(Declared::new(&connection.client));
        let reviewer = ClusterReviewer { connection, audience: self.audience.clone(), others: self.others };
        let people = People::new(Arc::new(reviewer), self.proxy.clone()).context("no randomness")?;
        // Nobody has keys of an account here.
        let app = App::new(service.clone(), Keyring::default(), Quotas::default(), self.tls.is_some());
        let app = Arc::new(app.in_cluster(people, declared));
        Ok(reached.runtime.spawn(serve(listener, self.tls.clone(), app, Limits::default(), stop.clone())))
    }
}

async fn listen(at: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(at).await.map_err(|why| bad(format!("--dashboard {at}: {why}")))
}

fn proxy(flags: &OperatorDashboard) -> Result<Option<Proxy>> {
    let header = |flag: &str, name: &str| {
        let parsed = name.parse();
        parsed.map_err(|_| bad(format!("{flag}: '{name}' is no name of a header; such as X-Forwarded-User")))
    };
    let Some(user) = &flags.proxy_user_header else { return Ok(None) };
    let groups = flags.proxy_groups_header.as_deref();
    let groups = groups.map(|name| header("--proxy-groups-header", name)).transpose()?;
    Ok(Some(Proxy { user: header("--proxy-user-header", user)?, groups, from: flags.proxy_from.clone() }))
}
