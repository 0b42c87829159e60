//! The Kubernetes API of a cluster, beside the EKS endpoint that tells of it.

use std::sync::Arc;

use jiff::Timestamp;
use replank_kubeapi::{Authority, Bearers, Cluster, Limits, Live, ServeError, User, serve};
use replank_server::auth::{Keyring, verify_token};
use replank_service::ports::clusters::Endpoint;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Who gets in with a token that `aws eks get-token` makes.
#[derive(Clone, Debug)]
pub(crate) struct Callers {
    /// The keys that sign it.
    pub(crate) keyring: Keyring,
    /// The ARN of the user whose keys they are.
    pub(crate) user: String,
}

/// The Kubernetes API of one cluster.
#[derive(Debug)]
pub(crate) struct Kubernetes {
    /// Its certificates.
    pub(crate) authority: Authority,
    /// Its world.
    pub(crate) live: Arc<Live>,
    /// Its name.
    pub(crate) cluster: String,
    /// Who gets in.
    pub(crate) callers: Callers,
}

impl Kubernetes {
    /// Where it is, as `DescribeCluster` tells.
    pub(crate) fn endpoint(&self, url: &str) -> Endpoint {
        Endpoint { url: url.to_owned(), authority: self.authority.ca.clone() }
    }

    /// Serves it until told to stop.
    pub(crate) async fn serve(
        self,
        listener: TcpListener,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), ServeError> {
        let Self { authority, live, cluster: name, callers } = self;
        let bearers = Bearers(Arc::new(move |token| {
            verify_token(token, &name, &callers.keyring, Timestamp::now())?;
            let groups = ["system:masters", "system:authenticated"];
            Some(User { name: callers.user.clone(), groups: groups.map(str::to_owned).to_vec() })
        }));
        let cluster = Cluster { live, authority, bearers, limits: Limits::default() };
        serve(cluster, listener, async move { drop(stop.wait_for(|stop| *stop).await) }).await
    }
}
