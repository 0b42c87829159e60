//! Clusters that are made and removed, and where their Kubernetes API is.

use std::future::Future;

use serde::{Deserialize, Serialize};

use super::{ActError, ReadError};

/// The clusters of the account.
pub trait Clusters: Send + Sync {
    /// The zones of the region.
    fn zones(&self) -> impl Future<Output = Result<Vec<String>, ReadError>> + Send;

    /// Why clusters are neither made nor removed here, nor brought to another version; `None` when they are.
    fn keeps_clusters(&self) -> Option<String> {
        None
    }

    /// Makes a cluster with nothing in it but what a cluster brings along. One that is there already is no change.
    fn create_cluster(&self, request: &ClusterRequest) -> impl Future<Output = Result<(), ActError>> + Send;

    /// Removes a cluster. One that is gone is no change.
    fn remove_cluster(&self, cluster: &str) -> impl Future<Output = Result<(), ActError>> + Send;

    /// Where the Kubernetes API of a cluster is; `None` when it has none.
    fn endpoint(&self, cluster: &str) -> impl Future<Output = Result<Option<Endpoint>, ReadError>> + Send;
}

/// A cluster to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterRequest {
    /// Its name.
    pub name: String,
    /// Its Kubernetes minor.
    pub version: String,
    /// Whether it comes with the network plug-in, kube-proxy and CoreDNS (EKS: `bootstrapSelfManagedAddons`).
    pub addons: bool,
}

/// Where a Kubernetes API is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its URL.
    pub url: String,
    /// The certificate authority it is verified by, PEM.
    pub authority: String,
}
