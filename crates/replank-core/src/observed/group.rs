//! The scaling group as the cloud shows it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Taint, TemplateContent};
use crate::names::{InstanceId, TemplateId, Zone};
use crate::sizes::Sizes;

/// A scaling group without its instances, which are in the [`super::Members`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its sizes.
    pub sizes: Sizes,
    /// The zones it may launch in.
    pub zones: Vec<Zone>,
    /// The launch template it launches from.
    pub template: TemplateId,
    /// The template version it launches now.
    pub version: u64,
    /// The versions of that template, by number.
    pub versions: BTreeMap<u64, TemplateContent>,
    /// Taints that its launches give their nodes, startup taints among them; they close no node.
    pub taints: Vec<Taint>,
    /// When the last launch succeeded, of those the cloud still remembers.
    pub launched_at: Option<Timestamp>,
    /// Recent launches that failed, oldest first; the cloud keeps a bounded history.
    pub failures: Vec<LaunchFailure>,
}

/// An instance of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// Where it runs.
    pub zone: Zone,
    /// The template version it was launched from.
    pub version: u64,
    /// Where it stands in its life.
    pub lifecycle: Lifecycle,
    /// When it was launched.
    pub launched_at: Timestamp,
}

/// Where an instance stands in its life (Auto Scaling: `LifecycleState`, folded to what decides).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lifecycle {
    /// Launched, not yet in service.
    Pending,
    /// In service.
    InService,
    /// On its way out; nothing brings it back.
    Terminating,
}

/// A launch that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchFailure {
    /// When.
    pub at: Timestamp,
    /// The zone it was tried in, when known.
    pub zone: Option<Zone>,
    /// What kind of trouble.
    pub trouble: LaunchTrouble,
    /// The cloud's words.
    pub message: Arc<str>,
}

/// Kinds of launch trouble, each with its own way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LaunchTrouble {
    /// The zone has no capacity for the instance type.
    NoCapacity,
    /// An account quota is used up.
    Quota,
    /// The subnet has no free address.
    NoAddresses,
    /// The image is gone or not shared.
    ImageGone,
    /// Anything else.
    Other,
}
