//! What a person must look at: why an update failed, how it ended, and what it found odd on the way.

use std::sync::Arc;

use jiff::Timestamp;

use crate::names::{InstanceId, NodeName, ObjectName, Zone};
use crate::node_group::wait::Wait;
use crate::observed::Autoscaler;
use crate::sizes::Sizes;

/// How many names a problem tells; the rest is in its number.
const NAMED_MAX: usize = 10;

/// The first few names in their order, and how many there are.
pub(crate) fn first_few<T: Ord>(names: impl Iterator<Item = T>) -> (Vec<T>, u32) {
    let mut names: Vec<T> = names.collect();
    names.sort();
    let count = names.len() as u32;
    names.truncate(NAMED_MAX);
    (names, count)
}

/// How an update ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every node runs the target.
    Succeeded,
    /// It could not reach its goal.
    Failed,
    /// A person stopped it.
    Cancelled,
}

/// Why an update failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The code EKS uses for it.
    pub code: FailureCode,
    /// What was being attempted.
    pub why: Why,
    /// Nodes or instances concerned.
    pub resources: Vec<String>,
}

/// Codes of `Update.errors[].errorCode` that a node group update can end with (EKS: `ErrorCode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureCode {
    /// New nodes did not join, get Ready or get labels in time.
    NodeCreationFailure,
    /// The drain limit passed without force.
    PodEvictionFailure,
    /// The subnets lack addresses.
    InsufficientFreeAddresses,
    /// Rights are missing.
    AccessDenied,
    /// Unclassified.
    Unknown,
}

/// What could not be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// A node launched and did not become Ready and labelled in time.
    JoinTimedOut {
        /// The instance.
        instance: InstanceId,
        /// When it was launched.
        launched_at: Timestamp,
    },
    /// Nodes were asked for and not launched in time.
    LaunchTimedOut {
        /// How many are missing.
        missing: u32,
        /// The cloud's last words about it.
        message: Option<String>,
    },
    /// A zone that holds old nodes got no new one, up to the ceiling.
    ZoneWithoutNode {
        /// The zones.
        zones: Vec<Zone>,
    },
    /// A node could not be drained in time.
    DrainTimedOut {
        /// The node.
        node: NodeName,
        /// What held it at the end.
        waits: Vec<Wait>,
    },
    /// The cloud refused for good.
    Refused {
        /// What was asked.
        act: Arc<str>,
        /// The cloud's words.
        message: String,
    },
}

/// Something that does not stop the update and that a person should know.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// The group keeps more nodes than before the update.
    SizesKept {
        /// Sizes now.
        now: Sizes,
        /// Sizes from before.
        original: Sizes,
        /// Why.
        because: KeptBecause,
    },
    /// An instance was asked to terminate long ago and is still there.
    TerminationStuck {
        /// The instance.
        instance: InstanceId,
        /// Since when.
        since: Timestamp,
    },
    /// Nodes that carry the group's label and that no instance of it is; they are left alone.
    NotInGroup {
        /// The first few.
        nodes: Vec<NodeName>,
        /// How many.
        count: u32,
    },
    /// Somebody else changes nodes of the cluster by himself.
    Autoscaler(Autoscaler),
    /// Pods on old nodes ask autoscalers to leave their nodes alone. That keeps a node from those, not from an update.
    KeepNodes {
        /// The first few.
        pods: Vec<ObjectName>,
        /// How many.
        count: u32,
    },
    /// An act keeps being refused for good; the update goes on without it.
    ActRefused {
        /// On what.
        subject: String,
        /// In whose words.
        message: String,
    },
}

/// Why a group keeps more nodes than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptBecause {
    /// Someone is growing the group: it is larger than this update ever asked for.
    Growing,
    /// An excess node could not be drained politely in time.
    NotDrained {
        /// The instance.
        instance: InstanceId,
    },
    /// Without the node a pod would find no place.
    NoPlace {
        /// The instance.
        instance: InstanceId,
        /// The pod, as it was named then.
        pod: ObjectName,
        /// How many more pods of the node find none.
        more_pods: u32,
        /// The scheduler's words.
        message: Arc<str>,
    },
    /// It is the last node of the cluster that takes pods in a zone to which volumes are bound.
    VolumesStranded {
        /// The instance.
        instance: InstanceId,
        /// The zone.
        zone: Zone,
        /// A claim whose volume is there.
        claim: ObjectName,
    },
    /// Nobody could say where the pods of an excess node would go.
    PlacesUnknown {
        /// The instance.
        instance: InstanceId,
        /// What was answered.
        message: String,
    },
    /// Only nodes are left of which each is the last that serves in a zone where the group had one before.
    LastInZone {
        /// The zones.
        zones: Vec<Zone>,
    },
    /// After this failure no old node may go, and no new one is left that could.
    OldNodesStay,
    /// No node may be picked: all that could go are on hold.
    NoCandidate,
}
