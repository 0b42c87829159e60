//! Version 1 of the written values: names, numbers, waits, problems, failures.

mod autoscaler;
mod fact;
mod finding;
mod problem;
mod wait;

use replank_core::node_group::phase;
use replank_core::{observed, sizes};

pub use super::form::Object;
pub use autoscaler::{Autoscaler, AutoscalerKind, Evidence, Running};
pub use fact::{Event, Fact, Lost, LostNode, Measured};
pub use finding::{About, Finding};
pub use problem::{Failure, FailureCode, KeptBecause, Outcome, Problem, Why};
pub use wait::{BudgetWait, Closing, Closure, LaunchTrouble, LossKind, On, Readiness, Side, Unhealthy, Wait};

use super::{form_enum, form_struct};

form_struct! {
    /// Sizes of a scaling group.
    pub Sizes = sizes::Sizes {
        /// The group never shrinks below this.
        min: u32,
        /// How many instances the group keeps.
        desired: u32,
        /// The group never grows beyond this.
        max: u32,
    }
}

form_struct! {
    /// What a launch template version makes.
    pub TemplateContent = observed::TemplateContent {
        /// The machine image.
        image: String,
        /// Everything else that shapes a node.
        settings: String,
    }
}

form_struct! {
    /// A taint.
    pub Taint = observed::Taint {
        /// Its key.
        key: String,
        /// What it does.
        effect: Effect,
    }
}

/// What a taint does, spelt as Kubernetes spells it.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Effect {
    /// New pods stay away.
    NoSchedule,
    /// New pods stay away and running ones go.
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
    /// A phase of an update.
    pub Phase = phase::Phase {
        /// Template version, target, numbers.
        Setup,
        /// New nodes first.
        ScaleUp,
        /// New pods are kept off old nodes.
        Guard,
        /// Old nodes go.
        Upgrade,
        /// Sizes home.
        ScaleDown,
        /// Clean-up after a failure or a cancel.
        Restore,
        /// Over.
        Done,
    }
}

form_enum! {
    /// What a node is drained for.
    pub Purpose = phase::Purpose {
        /// It is old.
        Replace,
        /// It had joined and was lost.
        Lost,
        /// It is one too many.
        #[serde(rename = "surplus")]
        Excess,
    }
}
