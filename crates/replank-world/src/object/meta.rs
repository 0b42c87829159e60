//! `metadata` of an object: name, uid, versions, deletion, owner.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ids::Ref;
use crate::time::Time;
use crate::vocab::labels::{LabelSetId, Map};

/// `metadata.uid`: printed and serialized as a UUID, drawn from the seed of the world or given with a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Uid(pub u128);

/// The text is not a UUID: 32 hexadecimal digits, dashes ignored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no UUID")]
pub struct NoUid(String);

impl From<Uid> for String {
    fn from(uid: Uid) -> Self {
        uid.to_string()
    }
}

impl TryFrom<String> for Uid {
    type Error = NoUid;

    fn try_from(text: String) -> Result<Self, NoUid> {
        let hex: String = text.chars().filter(|letter| *letter != '-').collect();
        match u128::from_str_radix(&hex, 16) {
            Ok(number) if hex.len() == 32 => Ok(Self(number)),
            _ => Err(NoUid(text)),
        }
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

/// `metadata` of an object.
#[derive(Clone, Debug)]
pub struct Meta {
    /// `namespace`; empty for cluster-scoped objects.
    pub namespace: Arc<str>,
    /// `name`, unique for the kind within the namespace.
    pub name: Arc<str>,
    /// `uid`: another one when an object of the same name is created again.
    pub uid: Uid,
    /// `resourceVersion`: the version of the world after the last write to this object.
    pub version: u64,
    /// `generation`: raised by each change of the spec, from 1.
    pub generation: u64,
    /// `creationTimestamp`.
    pub created_at: Time,
    /// Set once deletion was asked for; the object stays until its grace period is over and its finalizers are
    /// gone.
    pub deletion: Option<Deletion>,
    /// `finalizers`: a deleted object is removed only when this is empty.
    pub finalizers: Vec<Arc<str>>,
    /// The owner reference with `controller: true`, where the world set it.
    pub owner: Option<OwnerRef>,
    /// `ownerReferences` as a client wrote them, the controller included.
    pub references: Option<Arc<Value>>,
    /// `labels`, interned in [`LabelSets`](crate::vocab::labels::LabelSets).
    pub labels: LabelSetId,
    /// Annotations by key, as clients and controllers wrote them.
    pub annotations: Arc<Map>,
}

impl Meta {
    /// Metadata with a name only; uid, version and creation time are set when the object enters the store.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self {
            namespace: Arc::from(namespace),
            name: Arc::from(name),
            uid: Uid::default(),
            version: 0,
            generation: 1,
            created_at: Time::default(),
            deletion: None,
            finalizers: Vec::new(),
            owner: None,
            references: None,
            labels: LabelSetId(0),
            annotations: Arc::default(),
        }
    }
}

/// A deletion that was asked for and is not finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// When it was asked for; a pod deleted again with a shorter grace keeps the first time.
    pub asked_at: Time,
    /// `deletionTimestamp`: the end of the grace period.
    pub until: Time,
    /// `deletionGracePeriodSeconds`, in seconds, 0 or more.
    pub grace_seconds: i64,
}

/// The managing controller of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerRef {
    /// `kind` of the owner.
    pub kind: Arc<str>,
    /// `name` of the owner.
    pub name: Arc<str>,
    /// `uid` of the owner.
    pub uid: Uid,
    /// The owner in the store; `None` for a kind that no part of the world acts on, such as a custom resource.
    pub at: Option<Ref>,
}

impl OwnerRef {
    /// `apiVersion` of the kinds that act here; that of the core for any other.
    pub fn api_version(&self) -> &'static str {
        match &*self.kind {
            "ReplicaSet" | "Deployment" | "StatefulSet" | "DaemonSet" => "apps/v1",
            "Job" | "CronJob" => "batch/v1",
            _ => "v1",
        }
    }
}
