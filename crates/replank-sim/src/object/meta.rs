//! What every object has.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ids::Ref;
use crate::time::Time;
use crate::vocab::labels::{LabelSetId, Map};

/// The identity of an object, printed as a UUID.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Uid(pub u128);

/// Not a UUID.
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

/// What every object has. Cluster-scoped objects have an empty namespace.
#[derive(Clone, Debug)]
pub struct Meta {
    /// The namespace.
    pub namespace: Arc<str>,
    /// The name.
    pub name: Arc<str>,
    /// The identity.
    pub uid: Uid,
    /// Grows with every write to the world.
    pub version: u64,
    /// Grows with every change of the spec.
    pub generation: u64,
    /// When it was created.
    pub created_at: Time,
    /// Set while it is being deleted.
    pub deletion: Option<Deletion>,
    /// What holds it when it is deleted.
    pub finalizers: Vec<Arc<str>>,
    /// The controller that owns it.
    pub owner: Option<OwnerRef>,
    /// `ownerReferences` as a client gave them, the controller among them.
    pub references: Option<Arc<Value>>,
    /// Its labels, interned.
    pub labels: LabelSetId,
    /// Its annotations.
    pub annotations: Arc<Map>,
}

impl Meta {
    /// The meta of an object that has nothing but a place yet.
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

/// A deletion under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// When it was asked for.
    pub asked_at: Time,
    /// When its grace ends (`deletionTimestamp`).
    pub until: Time,
    /// `deletionGracePeriodSeconds`.
    pub grace_seconds: i64,
}

/// The controller of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerRef {
    /// Its kind, as in `ownerReferences`.
    pub kind: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Its identity.
    pub uid: Uid,
    /// Where it is stored, when the world acts on its kind.
    pub at: Option<Ref>,
}
