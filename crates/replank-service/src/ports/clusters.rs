//! The port for clusters: creating and removing them, and where their Kubernetes API is.

use std::future::Future;

use serde::{Deserialize, Serialize};

use super::{ActError, ReadError};

/// The clusters of the account.
pub trait Clusters: Send + Sync {
    /// Names of the zones of the region.
    fn zones(&self) -> impl Future<Output = Result<Vec<String>, ReadError>> + Send;

    /// Why clusters cannot be created, removed or upgraded here; `None` when they can.
    fn keeps_clusters(&self) -> Option<String> {
        None
    }

    /// Creates a cluster with nothing but what every cluster has. Does nothing when it exists.
    fn create_cluster(&self, request: &ClusterRequest) -> impl Future<Output = Result<(), ActError>> + Send;

    /// Removes a cluster. Does nothing when it is gone.
    fn remove_cluster(&self, cluster: &str) -> impl Future<Output = Result<(), ActError>> + Send;

    /// Lets the control plane of a cluster serve a Kubernetes minor such as `1.33`. Does nothing when it does.
    fn move_control_plane(
        &self,
        cluster: &str,
        version: &str,
    ) -> impl Future<Output = Result<(), ActError>> + Send;

    /// Lets the software of an add-on run that tag of its image. Does nothing where it does, or where there is none.
    fn move_add_on(
        &self,
        _cluster: &str,
        _add_on: &str,
        _tag: &str,
    ) -> impl Future<Output = Result<(), ActError>> + Send {
        async { Ok(()) }
    }

    /// Address of a cluster's Kubernetes API; `None` when it has none.
    fn endpoint(&self, cluster: &str) -> impl Future<Output = Result<Option<Endpoint>, ReadError>> + Send;
}

/// A cluster that is to be created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterRequest {
    /// Name of the cluster.
    pub name: String,
    /// Kubernetes minor, such as `1.32`.
    pub version: String,
    /// Whether it has VPC CNI, kube-proxy and CoreDNS from the start (EKS: `bootstrapSelfManagedAddons`).
    pub addons: bool,
}

/// Address of a Kubernetes API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// URL of the API server.
    pub url: String,
    /// Certificate authority that signed its certificate, in PEM.
    pub authority: String,
}
