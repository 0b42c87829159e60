//! Lists of nodes and images, for people.

use std::future::Future;

use serde::{Deserialize, Serialize};

use super::{ActError, ReadError};

/// Lists what is there.
pub trait Inventory {
    /// The nodes of a cluster, or of one of its node groups, by name; instances that never joined come last.
    fn nodes(
        &self,
        cluster: &str,
        group: Option<&str>,
    ) -> impl Future<Output = Result<Vec<NodeRow>, ReadError>> + Send;

    /// The images of a type for a Kubernetes minor, oldest first; `None` is any.
    fn images(
        &self,
        kind: Option<&str>,
        minor: Option<&str>,
    ) -> impl Future<Output = Result<Vec<ImageRow>, ActError>> + Send;
}

/// A node in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeRow {
    /// Its name; `None` before it joined.
    pub name: Option<String>,
    /// Its instance.
    pub instance: String,
    /// Its node group.
    pub nodegroup: String,
    /// Its zone.
    pub zone: String,
    /// Words as `kubectl get nodes` has them: `Ready`, `NotReady`, `SchedulingDisabled`; or where the instance stands.
    pub status: String,
    /// The release of its image, or the image's id.
    pub release: String,
    /// The version its kubelet reports.
    pub kubelet: String,
    /// Pods on it.
    pub pods: u32,
}

/// An image in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageRow {
    /// Its id.
    pub id: String,
    /// Its type (EKS: `AMITypes`).
    pub kind: String,
    /// The Kubernetes minor it is for.
    pub minor: String,
    /// Its release.
    pub release: String,
    /// The day it was published.
    pub published: String,
}
