//! Version 1 of the serialized forms. The meaning of each field is that of the field of the same name in the core.

mod autoscaler;
mod budget_wait;
mod fact;
mod finding;
mod join_trouble;
mod problem;
mod wait;

use replank_core::node_group::phase;
use replank_core::{observed, sizes};

pub use super::form::Object;
pub use autoscaler::{Autoscaler, AutoscalerKind, Evidence, Running};
pub use budget_wait::{BudgetWait, Readiness, Unhealthy};
pub use fact::{Chosen, Event, Fact, Lost, LostNode, Measured};
pub use finding::{About, Finding, JobEffect, JobLoss};
pub use join_trouble::JoinTrouble;
pub use problem::{Failure, FailureCode, KeptBecause, Outcome, Problem, Why};
pub use wait::{Closing, Closure, LaunchTrouble, LossKind, On, Side, Wait};

use super::{form_enum, form_struct};

form_struct! {
    /// Min, desired and max of a scaling group (EKS: `NodegroupScalingConfig`), in instances.
    #[serde(rename_all = "camelCase")]
    pub Sizes = sizes::Sizes {
        /// Lower bound of desired.
        min: u32,
        /// Number of instances that the group keeps.
        desired: u32,
        /// Upper bound of desired.
        max: u32,
    }
}

form_struct! {
    /// The content of a launch template version. Equal content means equal nodes, whatever the version numbers.
    #[serde(rename_all = "camelCase")]
    pub TemplateContent = observed::TemplateContent {
        /// Machine image.
        image: String,
        /// Everything else that shapes a node, in one canonical text that is only compared.
        settings: String,
    }
}

form_struct! {
    /// A taint, by what identifies it on a node (Kubernetes: key and effect).
    #[serde(rename_all = "camelCase")]
    pub Taint = observed::Taint {
        /// `key`, such as `node.kubernetes.io/unreachable`.
        key: String,
        /// `NoSchedule` or `NoExecute`; taints with another effect are not kept.
        effect: Effect,
    }
}

/// Effect of a taint on pods that do not tolerate it. `PreferNoSchedule` keeps no pod off and is ignored.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub enum Effect {
    /// New pods are kept off.
    NoSchedule,
    /// New pods are kept off and running pods are evicted.
    NoExecute,
}

impl super::SerializedForm<observed::Effect> for Effect {
    fn of(value: &observed::Effect) -> Self {
        match value {
            observed::Effect::NoSchedule => Self::NoSchedule,
            observed::Effect::NoExecute => Self::NoExecute,
        }
    }

    fn back(self) -> observed::Effect {
        match self {
            Self::NoSchedule => observed::Effect::NoSchedule,
            Self::NoExecute => observed::Effect::NoExecute,
        }
    }
}

form_enum! {
    /// A phase of an update (EKS: "managed node update behavior"), with `guard` and `restore` as phases of their own.
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub Phase = phase::Phase {
        /// Create the template version, point the group at it, work out the numbers.
        Setup,
        /// Raise the sizes and wait for a new Ready, labelled node in every zone that has old ones.
        #[serde(alias = "scale_up")]
        ScaleUp,
        /// Keep new pods off the old nodes (EKS: part of the second phase).
        Guard,
        /// Drain and terminate old nodes, at most a batch at a time.
        Upgrade,
        /// Return to the original sizes.
        #[serde(alias = "scale_down")]
        ScaleDown,
        /// After a failure or cancel: remove marks, return to the original sizes as far as nodes drain without force.
        Restore,
        /// Ended; nothing follows.
        Done,
    }
}

form_enum! {
    /// Why a node is in work.
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub Purpose = phase::Purpose {
        /// It is old; the group launches a replacement.
        Replace,
        /// It is new, had joined, was lost and did not come back; the group launches a replacement.
        Lost,
        /// The group has more nodes than its original size; desired is decremented with it.
        #[serde(alias = "surplus")]
        Excess,
        /// It is old and a new node already stands for it; desired is decremented with it.
        Retire,
    }
}
