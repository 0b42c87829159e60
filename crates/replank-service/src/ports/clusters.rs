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

    /// Lets the software of an add-on be as asked. Does nothing where it is, or where there is none. Returns the fields
    /// that somebody else set; with [`Conflicts::Refuse`] and such fields nothing is changed.
    fn apply_add_on(
        &self,
        _cluster: &str,
        _software: &AddOnSoftware,
    ) -> impl Future<Output = Result<Vec<String>, ActError>> + Send {
        async { Ok(Vec::new()) }
    }

    /// What runs in a cluster now, and who asks for what is deprecated; `None` where it is not read from here.
    fn in_use(&self, _cluster: &str) -> impl Future<Output = Result<Option<InUse>, ReadError>> + Send {
        async { Ok(None) }
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

/// How the software of an add-on is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddOnSoftware {
    /// Name of the add-on, such as `coredns`.
    pub add_on: String,
    /// Tag of its image; `None` for the one that it runs.
    pub tag: Option<String>,
    /// Configuration values that it had so far, as JSON or YAML; empty without any.
    pub before: String,
    /// Configuration values that it is to have.
    pub configuration: String,
    /// What becomes of fields that somebody else set.
    pub conflicts: Conflicts,
}

/// What becomes of fields of an add-on that somebody else set (EKS: `ResolveConflicts`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Conflicts {
    /// The update fails.
    #[default]
    #[serde(rename = "NONE")]
    Refuse,
    /// They get the value of EKS.
    Overwrite,
    /// They stay.
    Preserve,
}

/// What runs in a cluster, as far as its next version depends on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InUse {
    /// Kubelets of all nodes, by node.
    pub kubelets: Vec<Kubelet>,
    /// Tag of kube-proxy's image; `None` when there is none in the cluster.
    pub kube_proxy: Option<String>,
    /// Requests to deprecated versions of the API, by version and client.
    pub deprecated: Vec<DeprecatedUse>,
}

/// What a node says of its kubelet, whoever launched the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kubelet {
    /// Name of its node.
    pub node: String,
    /// Node group of its node; `None` for a node without one.
    pub group: Option<String>,
    /// Its version, such as `v1.32.9-eks-113cf36`.
    pub version: String,
}

/// Use of a deprecated version of the API by one client.
#[derive(Clone, Debug, PartialEq)]
pub struct DeprecatedUse {
    /// API group.
    pub group: String,
    /// Version that goes with a later minor, such as `v1beta3`.
    pub version: String,
    /// Plural name, such as `flowschemas`.
    pub resource: String,
    /// `User-Agent` of the client.
    pub client: String,
    /// Number of requests.
    pub count: u64,
    /// When the last one was, in seconds since the Unix epoch by the clock that clients see.
    pub last_at: f64,
}

/// Address of a Kubernetes API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// URL of the API server.
    pub url: String,
    /// Certificate authority that signed its certificate, in PEM.
    pub authority: String,
}
