//! The scaling group as the cloud shows it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Taint, TemplateContent};
use crate::names::{InstanceId, TemplateId, Zone};
use crate::sizes::Sizes;

/// A scaling group without its instances, which are in [`super::Members`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Present min, desired and max.
    pub sizes: Sizes,
    /// Zones it may launch in.
    pub zones: Vec<Zone>,
    /// Launch template it launches from.
    pub template: TemplateId,
    /// Version of the template that it launches at present.
    pub version: u64,
    /// Contents of the template's versions, by number.
    pub versions: BTreeMap<u64, TemplateContent>,
    /// Taints that its launches give their nodes, startup taints included; they do not count as closing a node.
    pub taints: Vec<Taint>,
    /// When the last successful launch was, as far as the cloud's history goes back.
    pub launched_at: Option<Timestamp>,
    /// Recent failed launches, oldest first, as far as the cloud's history goes back.
    pub failures: Vec<LaunchFailure>,
}

/// An instance of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Id in the cloud, such as `i-0123456789abcdef0`.
    pub id: InstanceId,
    /// Zone it runs in.
    pub zone: Zone,
    /// Template version it was launched from.
    pub version: u64,
    /// Whether it is coming, in service or going.
    pub lifecycle: Lifecycle,
    /// Whether it is going and something holds it until its node is drained (Auto Scaling: `Terminating:Wait`).
    pub held: bool,
    /// When it was launched.
    pub launched_at: Timestamp,
}

/// State of an instance (Auto Scaling: `LifecycleState`, reduced to what decides).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lifecycle {
    /// Launched and not in service yet.
    Pending,
    /// Launched and counted by its group; whether its node is Ready is not told by it.
    InService,
    /// Terminating or terminated; nothing brings it back.
    Terminating,
}

/// A launch that failed (Auto Scaling: a failed scaling activity).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchFailure {
    /// When it failed.
    pub at: Timestamp,
    /// Zone it was tried in, if known.
    pub zone: Option<Zone>,
    /// Kind of failure.
    pub trouble: LaunchTrouble,
    /// Message of the cloud.
    pub message: Arc<str>,
}

/// Kinds of launch failures, each with its own remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LaunchTrouble {
    /// The zone has no capacity for the instance type.
    NoCapacity,
    /// A quota of the account is used up.
    Quota,
    /// The subnet has no free address.
    NoAddresses,
    /// The image was deregistered or is not shared with the account.
    ImageGone,
    /// Anything else.
    Other,
}
