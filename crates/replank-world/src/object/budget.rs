//! A `PodDisruptionBudget`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{AsGiven, Meta};
use crate::time::Time;
use crate::vocab::percent::IntOrPercent;
use crate::vocab::selector::Selector;

/// A `PodDisruptionBudget` (`policy/v1`).
#[derive(Clone, Debug)]
pub struct Budget {
    /// Name, namespace, labels and deletion.
    pub meta: Meta,
    /// `spec.selector`: `None` selects no pod, an empty selector every pod of the namespace (`policy/v1`).
    pub selector: Option<Selector>,
    /// `spec.minAvailable` or `spec.maxUnavailable`.
    pub keep: Keep,
    /// `spec.unhealthyPodEvictionPolicy`.
    pub unhealthy: UnhealthyPolicy,
    /// `status`, written by the disruption controller.
    pub status: BudgetStatus,
    /// The object as it was written last, unknown fields included.
    pub raw: AsGiven,
}

/// How many of the selected pods must stay healthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// `minAvailable`; a percentage is of the expected pods, rounded up.
    MinAvailable(IntOrPercent),
    /// `maxUnavailable`; a percentage is of the expected pods, rounded up.
    MaxUnavailable(IntOrPercent),
    /// Neither is set: no disruption is allowed.
    Unset,
}

/// `unhealthyPodEvictionPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnhealthyPolicy {
    /// A running pod that is not Ready may be evicted while `currentHealthy` is at least `desiredHealthy`.
    #[default]
    IfHealthyBudget,
    /// A running pod that is not Ready may always be evicted.
    AlwaysAllow,
}

/// `status` of a `PodDisruptionBudget`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BudgetStatus {
    /// `observedGeneration`: the eviction API refuses while it is behind `metadata.generation`.
    pub observed: u64,
    /// `disruptionsAllowed`, 0 or more.
    pub allowed: i64,
    /// `currentHealthy`: selected pods that are Ready and not terminating.
    pub healthy: i64,
    /// `desiredHealthy`: how many have to stay healthy.
    pub desired: i64,
    /// `expectedPods`: the sum of the scales of the pods' controllers, or the number of pods.
    pub expected: i64,
    /// `disruptedPods`: evicted pods that the controller has not seen terminating yet, with the time of the
    /// eviction.
    pub disrupted: BTreeMap<Arc<str>, Time>,
    /// Condition `DisruptionAllowed`; `None` until the first sync.
    pub condition: Option<BudgetCondition>,
}

/// Status and reason of condition `DisruptionAllowed`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BudgetCondition {
    /// `True`: at least one disruption is allowed.
    SufficientPods,
    /// `False`: no disruption is allowed.
    InsufficientPods,
    /// `False`: the scale of a controller could not be worked out; the message.
    SyncFailed(Arc<str>),
}
