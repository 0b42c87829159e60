//! Failures, outcomes and problems, version 1.

use replank_core::node_group::problem;

use super::{Autoscaler, Object, Sizes, Wait};
use crate::serialized::{Time, form_enum, form_struct};

form_enum! {
    /// How an update ended.
    pub Outcome = problem::Outcome {
        /// Every node runs the target.
        Succeeded,
        /// It could not reach its goal.
        Failed,
        /// A person stopped it.
        Cancelled,
    }
}

form_struct! {
    /// Why an update failed.
    pub Failure = problem::Failure {
        /// The code EKS uses.
        code: FailureCode,
        /// What was being attempted.
        why: Why,
        /// Nodes or instances concerned.
        resources: Vec<String>,
    }
}

/// The code EKS uses, spelt as EKS spells it.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum FailureCode {
    /// New nodes did not come.
    NodeCreationFailure,
    /// The drain limit passed.
    PodEvictionFailure,
    /// The subnets lack addresses.
    InsufficientFreeAddresses,
    /// Rights are missing.
    AccessDenied,
    /// Unclassified.
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
    /// What could not be done.
    pub Why = problem::Why {
        /// A node did not become Ready and labelled in time.
        JoinTimedOut {
            /// The instance.
            instance: String,
            /// When it was launched.
            launched_at: Time,
        },
        /// Nodes were not launched in time.
        LaunchTimedOut {
            /// How many are missing.
            missing: u32,
            /// The cloud's last words.
            message: Option<String>,
        },
        /// A zone got no new node.
        ZoneWithoutNode {
            /// The zones.
            zones: Vec<String>,
        },
        /// A node could not be drained in time.
        DrainTimedOut {
            /// The node.
            node: String,
            /// What held it.
            waits: Vec<Wait>,
        },
        /// The cloud refused for good.
        Refused {
            /// What was asked.
            act: String,
            /// The cloud's words.
            message: String,
        },
    }
}

form_enum! {
    /// What a person should know.
    pub Problem = problem::Problem {
        /// The group keeps more nodes than before.
        SizesKept {
            /// Sizes now.
            now: Sizes,
            /// Sizes from before.
            #[serde(rename = "home")]
            original: Sizes,
            /// Why.
            because: KeptBecause,
        },
        /// An instance does not terminate.
        TerminationStuck {
            /// The instance.
            instance: String,
            /// Since when.
            since: Time,
        },
        /// Nodes with the group's label and without an instance in the group.
        NotInGroup {
            /// The first few.
            nodes: Vec<String>,
            /// How many.
            count: u32,
        },
        /// Somebody else changes nodes by himself.
        Autoscaler(autoscaler: Autoscaler),
        /// Pods on old nodes ask autoscalers to leave their nodes alone.
        KeepNodes {
            /// The first few.
            pods: Vec<Object>,
            /// How many.
            count: u32,
        },
        /// An act is refused for good.
        ActRefused {
            /// On what.
            subject: String,
            /// In whose words.
            message: String,
        },
    }
}

form_enum! {
    /// Why a group keeps more nodes than before.
    pub KeptBecause = problem::KeptBecause {
        /// Someone is growing it.
        Growing,
        /// A surplus node would not drain.
        NotDrained {
            /// The instance.
            instance: String,
        },
        /// Without the node a pod would find no place.
        NoPlace {
            /// The instance.
            instance: String,
            /// The pod, as it was named then.
            pod: Object,
            /// How many more pods of the node find none.
            more_pods: u32,
            /// The scheduler's words.
            message: String,
        },
        /// It is the last node in a zone to which volumes are bound.
        VolumesStranded {
            /// The instance.
            instance: String,
            /// The zone.
            zone: String,
            /// A claim whose volume is there.
            claim: Object,
        },
        /// Nobody could say where the pods of a surplus node would go.
        PlacesUnknown {
            /// The instance.
            instance: String,
            /// What was answered.
            message: String,
        },
        /// Each node that is left is the last in a zone that had one before.
        LastInZone {
            /// The zones.
            zones: Vec<String>,
        },
        /// After this failure no old node may go.
        OldNodesStay,
        /// All that could go are on hold.
        NoCandidate,
    }
}
