//! How an update ended, why it failed, and problems that do not stop it.

use std::sync::Arc;

use jiff::Timestamp;

use crate::names::{InstanceId, NodeName, ObjectName, Zone};
use crate::node_group::wait::Wait;
use crate::observed::{Autoscaler, JoinTrouble};
use crate::sizes::Sizes;
use crate::version::Minor;

/// How many names a problem lists; its count has the number of all.
const NAMED_MAX: usize = 10;

/// The first [`NAMED_MAX`] names in sorted order, and the number of all.
pub(crate) fn first_few<T: Ord>(names: impl Iterator<Item = T>) -> (Vec<T>, u32) {
    let mut names: Vec<T> = names.collect();
    names.sort();
    let count = names.len() as u32;
    names.truncate(NAMED_MAX);
    (names, count)
}

/// How an update ended (EKS: `UpdateStatus` `Successful`, `Failed`, `Cancelled`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No old node is left.
    Succeeded,
    /// It gave up, with a [`Failure`].
    Failed,
    /// A person cancelled it.
    Cancelled,
}

/// Why an update failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The error code that EKS gives for it.
    pub code: FailureCode,
    /// What went wrong, with names and numbers.
    pub why: Why,
    /// Ids or names of the resources concerned (EKS: `ErrorDetail.resourceIds`).
    pub resources: Vec<String>,
}

/// Error codes that a node group update can end with (EKS: `ErrorCode` in `Update.errors[].errorCode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureCode {
    /// New nodes did not launch, join, become Ready or get their labels in time.
    NodeCreationFailure,
    /// A node could not be drained within the drain limit.
    PodEvictionFailure,
    /// The subnets have no free addresses.
    InsufficientFreeAddresses,
    /// Permissions are missing.
    AccessDenied,
    /// Anything else.
    Unknown,
}

/// What went wrong, with the names and numbers a person needs.
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// A launched instance was not a Ready, labelled node within the join limit.
    JoinTimedOut {
        /// Id of the instance.
        instance: InstanceId,
        /// When it was launched.
        launched_at: Timestamp,
        /// What kept it, as far as it showed.
        troubles: Vec<JoinTrouble>,
    },
    /// A new node joined whose kubelet the control plane does not serve (Kubernetes: version skew policy): the image is not
    /// for this cluster.
    KubeletUnserved {
        /// Name of the node.
        node: NodeName,
        /// Minor of its kubelet.
        kubelet: Minor,
        /// Minor of the control plane.
        control_plane: Minor,
    },
    /// Nodes that were asked for were not launched within the join limit.
    LaunchTimedOut {
        /// Number of nodes still missing.
        missing: u32,
        /// Message of the last failed launch, if any failed.
        message: Option<String>,
    },
    /// Zones with old nodes got no new one, although the sizes were raised up to the ceiling.
    ZoneWithoutNode {
        /// Zones with old nodes and without a new one.
        zones: Vec<Zone>,
    },
    /// A node could not be drained within the drain limit.
    DrainTimedOut {
        /// Name of the node.
        node: NodeName,
        /// What its drain waited for when the limit passed.
        waits: Vec<Wait>,
    },
    /// The cloud refused an action for good.
    Refused {
        /// The action in words, such as `create the launch template version`.
        act: Arc<str>,
        /// Error message of the cloud.
        message: String,
    },
}

/// Something that does not stop the update and that a person should know.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// The update ended and the group keeps more nodes than before.
    SizesKept {
        /// Sizes at the end.
        now: Sizes,
        /// Original sizes.
        original: Sizes,
        /// Why they could not be restored.
        because: KeptBecause,
    },
    /// An instance is terminating for longer than [`Limits::terminate`](super::spec::Limits::terminate).
    TerminationStuck {
        /// Id of the instance.
        instance: InstanceId,
        /// When it was asked to terminate, or first seen terminating.
        since: Timestamp,
    },
    /// Nodes carry the group's label and their instances are not in the group; the update leaves them alone.
    NotInGroup {
        /// The first ten names.
        nodes: Vec<NodeName>,
        /// Number of all such nodes, the named ones included.
        count: u32,
    },
    /// An autoscaler may add or remove nodes while the update runs.
    Autoscaler(Autoscaler),
    /// Pods on old nodes carry annotations that keep autoscalers from their nodes. An update drains them all the same.
    KeepNodes {
        /// The first ten names.
        pods: Vec<ObjectName>,
        /// Number of all such pods, the named ones included.
        count: u32,
    },
    /// A mark is refused for good; the update goes on without it.
    ActRefused {
        /// Name of the node.
        subject: String,
        /// Error message of the server.
        message: String,
    },
}

/// Why a group keeps more nodes than its original size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptBecause {
    /// Somebody else is growing the group: it is larger than this update ever asked for.
    Growing,
    /// An excess node could not be drained within the drain limit.
    NotDrained {
        /// Instance of that node.
        instance: InstanceId,
    },
    /// A pod of the node that would go next finds no place elsewhere.
    NoPlace {
        /// Instance of that node.
        instance: InstanceId,
        /// Name that the pod had when the scheduler was asked.
        pod: ObjectName,
        /// Number of further pods of the node that find no place.
        more_pods: u32,
        /// The scheduler's message about the pod.
        message: Arc<str>,
    },
    /// The node that would go next is the last schedulable one in a zone to which volumes are bound.
    VolumesStranded {
        /// Instance of that node.
        instance: InstanceId,
        /// Zone of the node and of the volumes.
        zone: Zone,
        /// One of the claims whose volumes are there.
        claim: ObjectName,
    },
    /// The scheduler could not be asked where the pods of the node that would go next find a place.
    PlacesUnknown {
        /// Instance of that node.
        instance: InstanceId,
        /// Why it could not be asked.
        message: String,
    },
    /// Each remaining candidate is the last serving node in a zone that had one at the start.
    LastInZone {
        /// Zones of the candidates.
        zones: Vec<Zone>,
    },
    /// After this failure no old node may go, and no new node is left that could.
    OldNodesStay,
    /// Every candidate is on hold, or named in the failure of the update.
    NoCandidate,
}
