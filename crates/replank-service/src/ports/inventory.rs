//! The port for lists of nodes and images, for people.

use std::future::Future;

use serde::{Deserialize, Serialize};

use super::{ActError, ReadError};

/// Lists nodes and images.
pub trait Inventory {
    /// Nodes of a cluster, or of one of its node groups, by name; instances that never joined come last.
    fn nodes(
        &self,
        cluster: &str,
        group: Option<&str>,
    ) -> impl Future<Output = Result<Vec<NodeRow>, ReadError>> + Send;

    /// Images of a type for a Kubernetes minor, oldest first; `None` means any.
    fn images(
        &self,
        kind: Option<&str>,
        minor: Option<&str>,
    ) -> impl Future<Output = Result<Vec<ImageRow>, ActError>> + Send;
}

/// A node in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeRow {
    /// Name of the node; `None` until it joins.
    pub name: Option<String>,
    /// Id of its instance.
    pub instance: String,
    /// Name of its node group.
    pub nodegroup: String,
    /// Availability zone of its instance, such as `us-west-2a`.
    pub zone: String,
    /// Status as `kubectl get nodes` writes it (`Ready`, `NotReady`, `SchedulingDisabled`), or the state of an instance
    /// without a node.
    pub status: String,
    /// Release of its image, or the id of an image without a known release.
    pub release: String,
    /// Version that its kubelet reports.
    pub kubelet: String,
    /// Number of pods on it.
    pub pods: u32,
}

/// An image in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageRow {
    /// Id, such as `ami-0123456789abcdef0`.
    pub id: String,
    /// Type of image (EKS: `AMITypes`).
    pub kind: String,
    /// Kubernetes minor that it is for.
    pub minor: String,
    /// Release, such as `1.32.9-20251101`.
    pub release: String,
    /// Day of publication, such as `2025-11-01`.
    pub published: String,
}
