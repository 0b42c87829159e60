//! A cluster as EKS shows it (`Cluster`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A cluster. Members that decide nothing here are kept as they are in `rest`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cluster {
    /// Name of the cluster.
    pub name: String,
    /// ARN of the cluster.
    pub arn: String,
    /// When it was created, in seconds since the Unix epoch.
    pub created_at: f64,
    /// Kubernetes minor of the control plane, such as `1.32`.
    pub version: String,
    /// Platform version, such as `eks.1`.
    pub platform_version: String,
    /// Present status.
    pub status: ClusterStatus,
    /// Tags of the cluster.
    #[serde(default)]
    pub tags: Map<String, Value>,
    /// All other members, in the form of EKS.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Status of a cluster (EKS: `ClusterStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClusterStatus {
    /// Being created.
    Creating,
    /// In service.
    Active,
    /// Being removed.
    Deleting,
    /// Could not be created.
    Failed,
    /// In service and being updated.
    Updating,
    /// Waiting to be created.
    Pending,
}
