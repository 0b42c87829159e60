//! An update as EKS shows it, and whose it is.

use crate::records::{Change, Key, Kind};
use serde::{Deserialize, Serialize};

use crate::service::{now, seconds};

/// An update.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Update {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub status: UpdateStatus,
    /// What it changes (EKS: `UpdateType`).
    #[serde(rename = "type")]
    pub kind: String,
    /// To what.
    pub params: Vec<Param>,
    /// When it was asked for.
    pub created_at: f64,
    /// Why it failed.
    pub errors: Vec<Trouble>,
}

/// How an update stands (EKS: `UpdateStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UpdateStatus {
    /// Under way.
    InProgress,
    /// It could not be done.
    Failed,
    /// It was stopped.
    Cancelled,
    /// Done.
    Successful,
}

/// What an update sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Param {
    /// What (EKS: `UpdateParamType`).
    #[serde(rename = "type")]
    pub kind: String,
    /// To what; structures as JSON text.
    pub value: String,
}

/// Why an update failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trouble {
    /// Its code (EKS: `ErrorCode`).
    pub error_code: String,
    /// In words.
    pub error_message: String,
    /// On what.
    pub resource_ids: Vec<String>,
}

/// Whose update it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// The cluster's own.
    Cluster,
    /// A node group's.
    Nodegroup(String),
    /// An add-on's.
    Addon(String),
}

impl Owner {
    /// The node group whose update it is.
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
    /// Whose.
    pub owner: Owner,
    /// Which.
    pub update: Update,
    /// The version that it changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

impl Update {
    /// A new one, under way.
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

    /// Writes it down.
    pub fn put(&self, change: &mut Change<'_>, cluster: &str, owner: Owner) {
        let owned = Owned { owner, update: self.clone(), from: None };
        change.put(Key::new(Kind::Update, cluster, &self.id), super::written(&owned));
    }
}
