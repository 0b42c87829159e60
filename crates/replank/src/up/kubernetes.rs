//! The Kubernetes API of the cluster, beside the EKS endpoint that tells of it.

use std::sync::Arc;

use jiff::Timestamp;
use replank_engine::ports::account::{Account, Endpoint};
use replank_kubeapi::{Authority, Bearers, Cluster, Live, ServeError, User, serve};
use replank_server::app::App;
use replank_server::auth::verify_token;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The Kubernetes API of one cluster.
#[derive(Debug)]
pub(crate) struct Kubernetes {
    /// Its certificates.
    pub(crate) authority: Authority,
    /// Its world.
    pub(crate) live: Arc<Live>,
    /// Its name.
    pub(crate) cluster: String,
}

impl Kubernetes {
    /// Where it is, as `DescribeCluster` tells.
    pub(crate) fn endpoint(&self, url: &str) -> Endpoint {
        Endpoint { url: url.to_owned(), authority: self.authority.ca.clone() }
    }

    /// Serves it until told to stop. Its bearer tokens are those of `aws eks get-token`.
    pub(crate) async fn serve<A: Account>(
        self,
        app: Arc<App<A>>,
        listener: TcpListener,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), ServeError> {
        let name = self.cluster;
        let bearers = Bearers(Arc::new(move |token| {
            verify_token(token, &name, &app.keyring, Timestamp::now())?;
            let groups = ["system:masters", "system:authenticated"];
            Some(User { name: app.identity.user_arn(), groups: groups.map(str::to_owned).to_vec() })
        }));
        let cluster = Cluster { live: self.live, authority: self.authority, bearers };
        serve(cluster, listener, async move { drop(stop.wait_for(|stop| *stop).await) }).await
    }
}
