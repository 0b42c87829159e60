//! Failures, outcomes and problems, version 1.

use replank_core::node_group::problem;

use super::{Autoscaler, JoinTrouble, Object, Sizes, Wait};
use crate::serialized::{Time, Version, form_enum, form_struct};

form_enum! {
    /// How an update ended (EKS: `UpdateStatus` `Successful`, `Failed`, `Cancelled`).
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub Outcome = problem::Outcome {
        /// No old node is left.
        Succeeded,
        /// It gave up, with a `Failure`.
        Failed,
        /// A person cancelled it.
        Cancelled,
    }
}

form_struct! {
    /// Why an update failed.
    #[serde(rename_all = "camelCase")]
    pub Failure = problem::Failure {
        /// The error code that EKS gives for it.
        code: FailureCode,
        /// What went wrong, with names and numbers.
        why: Why,
        /// Ids or names of the resources concerned (EKS: `ErrorDetail.resourceIds`).
        resources: Vec<String>,
    }
}

/// Error codes that a node group update can end with (EKS: `ErrorCode` in `Update.errors[].errorCode`).
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
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

impl crate::serialized::SerializedForm<problem::FailureCode> for FailureCode {
    fn of(value: &problem::FailureCode) -> Self {
        match value {
            problem::FailureCode::NodeCreationFailure => Self::NodeCreationFailure,
            problem::FailureCode::PodEvictionFailure => Self::PodEvictionFailure,
            problem::FailureCode::InsufficientFreeAddresses => Self::InsufficientFreeAddresses,
            problem::FailureCode::AccessDenied => Self::AccessDenied,
            problem::FailureCode::Unknown => Self::Unknown,
        }
    }

    fn back(self) -> problem::FailureCode {
        match self {
            Self::NodeCreationFailure => problem::FailureCode::NodeCreationFailure,
            Self::PodEvictionFailure => problem::FailureCode::PodEvictionFailure,
            Self::InsufficientFreeAddresses => problem::FailureCode::InsufficientFreeAddresses,
            Self::AccessDenied => problem::FailureCode::AccessDenied,
            Self::Unknown => problem::FailureCode::Unknown,
        }
    }
}

form_enum! {
    /// What went wrong, with the names and numbers a person needs.
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub Why = problem::Why {
        /// A launched instance was not a Ready, labelled node within the join limit.
        #[serde(alias = "join_timed_out")]
        JoinTimedOut {
            /// Id of the instance.
            instance: String,
            /// When it was launched.
            #[serde(alias = "launched_at")]
            launched_at: Time,
            /// What kept it, as far as it showed.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            troubles: Vec<JoinTrouble>,
        },
        /// A new node joined whose kubelet the control plane does not serve.
        #[serde(alias = "kubelet_unserved")]
        KubeletUnserved {
            /// Name of the node.
            node: String,
            /// Minor of its kubelet.
            kubelet: Version,
            /// Minor of the control plane.
            #[serde(alias = "control_plane")]
            control_plane: Version,
        },
        /// Nodes that were asked for were not launched within the join limit.
        #[serde(alias = "launch_timed_out")]
        LaunchTimedOut {
            /// Number of nodes still missing.
            missing: u32,
            /// Message of the last failed launch, if any failed.
            message: Option<String>,
        },
        /// Zones with old nodes got no new one, although the sizes were raised up to the ceiling.
        #[serde(alias = "zone_without_node")]
        ZoneWithoutNode {
            /// Zones with old nodes and without a new one.
            zones: Vec<String>,
        },
        /// A node could not be drained within the drain limit.
        #[serde(alias = "drain_timed_out")]
        DrainTimedOut {
            /// Name of the node.
            node: String,
            /// What its drain waited for when the limit passed.
            waits: Vec<Wait>,
        },
        /// The cloud refused an action for good.
        Refused {
            /// The action in words, such as `create the launch template version`.
            act: String,
            /// Error message of the cloud.
            message: String,
        },
    }
}

form_enum! {
    /// Something that does not stop the update and that a person should know.
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub Problem = problem::Problem {
        /// The update ended and the group keeps more nodes than before.
        #[serde(alias = "sizes_kept")]
        SizesKept {
            /// Sizes at the end.
            now: Sizes,
            /// Original sizes.
            #[serde(alias = "home")]
            original: Sizes,
            /// Why they could not be restored.
            because: KeptBecause,
        },
        /// An instance is terminating for longer than `Limits::terminate`.
        #[serde(alias = "termination_stuck")]
        TerminationStuck {
            /// Id of the instance.
            instance: String,
            /// When it was asked to terminate, or first seen terminating.
            since: Time,
        },
        /// Nodes carry the group's label and their instances are not in the group; the update leaves them alone.
        #[serde(alias = "not_in_group")]
        NotInGroup {
            /// The first ten names.
            nodes: Vec<String>,
            /// Number of all such nodes, the named ones included.
            count: u32,
        },
        /// An autoscaler may add or remove nodes while the update runs.
        Autoscaler(autoscaler: Autoscaler),
        /// Pods on old nodes carry annotations that keep autoscalers from their nodes.
        #[serde(alias = "keep_nodes")]
        KeepNodes {
            /// The first ten names.
            pods: Vec<Object>,
            /// Number of all such pods, the named ones included.
            count: u32,
        },
        /// A mark is refused for good; the update goes on without it.
        #[serde(alias = "act_refused")]
        ActRefused {
            /// Name of the node.
            subject: String,
            /// Error message of the server.
            message: String,
        },
    }
}

form_enum! {
    /// Why a group keeps more nodes than its original size.
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub KeptBecause = problem::KeptBecause {
        /// Somebody else is growing the group: it is larger than this update ever asked for.
        Growing,
        /// An excess node could not be drained within the drain limit.
        #[serde(alias = "not_drained")]
        NotDrained {
            /// Instance of that node.
            instance: String,
        },
        /// A pod of the node that would go next finds no place elsewhere.
        #[serde(alias = "no_place")]
        NoPlace {
            /// Instance of that node.
            instance: String,
            /// Name that the pod had when the scheduler was asked.
            pod: Object,
            /// Number of further pods of the node that find no place.
            #[serde(alias = "more_pods")]
            more_pods: u32,
            /// The scheduler's message about the pod.
            message: String,
        },
        /// The node that would go next is the last schedulable one in a zone to which volumes are bound.
        #[serde(alias = "volumes_stranded")]
        VolumesStranded {
            /// Instance of that node.
            instance: String,
            /// Zone of the node and of the volumes.
            zone: String,
            /// One of the claims whose volumes are there.
            claim: Object,
        },
        /// The scheduler could not be asked where the pods of the node that would go next find a place.
        #[serde(alias = "places_unknown")]
        PlacesUnknown {
            /// Instance of that node.
            instance: String,
            /// Why it could not be asked.
            message: String,
        },
        /// Each remaining candidate is the last serving node in a zone that had one at the start.
        #[serde(alias = "last_in_zone")]
        LastInZone {
            /// Zones of the candidates.
            zones: Vec<String>,
        },
        /// After this failure no old node may go, and no new node is left that could.
        #[serde(alias = "old_nodes_stay")]
        OldNodesStay,
        /// Every candidate is on hold, or named in the failure of the update.
        #[serde(alias = "no_candidate")]
        NoCandidate,
    }
}
