//! The Kubernetes API of one cluster of `replank up`.

use std::sync::Arc;

use jiff::Timestamp;
use replank_kubeapi::{Authority, Bearers, Cluster, Limits, Live, ServeError, User, serve};
use replank_server::auth::{Keyring, verify_token};
use replank_service::ports::clusters::Endpoint;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Callers that are admitted with a token of `aws eks get-token`.
#[derive(Clone, Debug)]
pub(crate) struct Callers {
    /// Credentials that sign the token.
    pub(crate) keyring: Keyring,
    /// ARN of the user with these credentials.
    pub(crate) user: String,
}

/// The Kubernetes API of one cluster.
#[derive(Debug)]
pub(crate) struct Kubernetes {
    /// Certificates of the API server.
    pub(crate) authority: Authority,
    /// World of the cluster.
    pub(crate) live: Arc<Live>,
    /// Name of the cluster.
    pub(crate) cluster: String,
    /// Callers that are admitted.
    pub(crate) callers: Callers,
}

impl Kubernetes {
    /// Endpoint in the answer of `DescribeCluster`.
    pub(crate) fn endpoint(&self, url: &str) -> Endpoint {
        Endpoint { url: url.to_owned(), authority: self.authority.ca.clone() }
    }

    /// Serves until it is told to stop.
    pub(crate) async fn serve(
        self,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> Result<(), ServeError> {
        let Self { authority, live, cluster: name, callers } = self;
        let bearers = Bearers(Arc::new(move |token| {
            verify_token(token, &name, &callers.keyring, Timestamp::now())?;
            let groups = ["system:masters", "system:authenticated"];
            Some(User { name: callers.user.clone(), groups: groups.map(str::to_owned).to_vec() })
        }));
        let cluster = Cluster { live, authority, bearers, limits: Limits::default() };
        serve(cluster, listener, stop).await
    }
}
