//! A cluster as EKS shows it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A cluster. Members that nothing here decides by are kept as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// When it was made.
    pub created_at: f64,
    /// Its Kubernetes minor.
    pub version: String,
    /// Its platform version.
    pub platform_version: String,
    /// Its status.
    pub status: ClusterStatus,
    /// Its tags.
    #[serde(default)]
    pub tags: Map<String, Value>,
    /// Everything else.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Status of a cluster (EKS: `ClusterStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClusterStatus {
    /// Being made.
    Creating,
    /// It serves.
    Active,
    /// Being removed.
    Deleting,
    /// It could not be made.
    Failed,
    /// Being updated; it serves.
    Updating,
    /// It waits to be made.
    Pending,
}
