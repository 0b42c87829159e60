//! An update as EKS shows it (`Update`), and what it belongs to.

use crate::records::{Change, Key, Kind};
use serde::{Deserialize, Serialize};

use crate::service::{now, seconds};

/// An update of a cluster, node group or add-on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Update {
    /// Id of the update.
    pub id: String,
    /// Present status.
    pub status: UpdateStatus,
    /// Kind of change (EKS: `UpdateType`).
    #[serde(rename = "type")]
    pub kind: String,
    /// What it sets.
    pub params: Vec<Param>,
    /// When it was asked for, in seconds since the Unix epoch.
    pub created_at: f64,
    /// Why it failed; empty if it did not.
    pub errors: Vec<Trouble>,
}

/// Status of an update (EKS: `UpdateStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub enum UpdateStatus {
    /// Not ended.
    InProgress,
    /// Ended without reaching its goal.
    Failed,
    /// Cancelled by a person.
    Cancelled,
    /// Ended successfully.
    Successful,
}

/// One thing that an update sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Param {
    /// Which (EKS: `UpdateParamType`).
    #[serde(rename = "type")]
    pub kind: String,
    /// New value; structures as JSON text.
    pub value: String,
}

/// Why an update failed (EKS: `ErrorDetail`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Trouble {
    /// Code of the error (EKS: `ErrorCode`).
    pub error_code: String,
    /// Message for people.
    pub error_message: String,
    /// Ids of the resources concerned.
    pub resource_ids: Vec<String>,
}

/// What an update belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// The cluster itself.
    Cluster,
    /// The node group of this name.
    Nodegroup(String),
    /// The add-on of this name.
    Addon(String),
}

impl Owner {
    /// Name of the node group, for updates of one.
    pub fn nodegroup(&self) -> Option<&str> {
        match self {
            Self::Nodegroup(name) => Some(name),
            Self::Cluster | Self::Addon(_) => None,
        }
    }
}

/// An update on record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Owned {
    /// What it belongs to.
    pub owner: Owner,
    /// The update as EKS shows it.
    pub update: Update,
    /// Kubernetes minor before the update, for version updates of clusters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

impl Update {
    /// A new update, in progress since now.
    pub fn begun(id: &str, kind: &str, params: Vec<Param>) -> Self {
        Self {
            id: id.to_owned(),
            status: UpdateStatus::InProgress,
            kind: kind.to_owned(),
            params,
            created_at: seconds(now()),
            errors: Vec::new(),
        }
    }

    /// Records the update inside a change.
    pub fn put(&self, change: &mut Change<'_>, cluster: &str, owner: Owner) {
        let owned = Owned { owner, update: self.clone(), from: None };
        change.put(Key::new(Kind::Update, cluster, &self.id), super::written(&owned));
    }
}
