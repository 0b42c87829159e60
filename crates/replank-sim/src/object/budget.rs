//! A `PodDisruptionBudget`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::Meta;
use crate::time::Time;
use crate::vocab::percent::IntOrPercent;
use crate::vocab::selector::Selector;

/// A disruption budget.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Name and so on.
    pub meta: Meta,
    /// Which pods; `None` selects none, an empty selector all of the namespace.
    pub selector: Option<Selector>,
    /// How many are kept.
    pub keep: Keep,
    /// `unhealthyPodEvictionPolicy`.
    pub unhealthy: UnhealthyPolicy,
    /// What the disruption controller made of it.
    pub status: BudgetStatus,
    /// As it was given.
    pub raw: Arc<Value>,
}

/// How many pods a budget keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// `minAvailable`.
    MinAvailable(IntOrPercent),
    /// `maxUnavailable`.
    MaxUnavailable(IntOrPercent),
    /// Neither: nothing may go.
    Unset,
}

/// `unhealthyPodEvictionPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnhealthyPolicy {
    /// Pods that are not Ready may go while enough others are healthy.
    #[default]
    IfHealthyBudget,
    /// They may always go.
    AlwaysAllow,
}

/// `status` of a budget.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BudgetStatus {
    /// `observedGeneration`.
    pub observed: u64,
    /// `disruptionsAllowed`.
    pub allowed: i64,
    /// `currentHealthy`.
    pub healthy: i64,
    /// `desiredHealthy`.
    pub desired: i64,
    /// `expectedPods`.
    pub expected: i64,
    /// `disruptedPods`: evicted and not seen terminating yet.
    pub disrupted: BTreeMap<Arc<str>, Time>,
    /// Condition `DisruptionAllowed`.
    pub condition: Option<BudgetCondition>,
}

/// Condition `DisruptionAllowed`, by reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BudgetCondition {
    /// `True`.
    SufficientPods,
    /// `False`.
    InsufficientPods,
    /// `False`: the numbers cannot be worked out.
    SyncFailed(Arc<str>),
}
