//! A `PodDisruptionBudget` as its status shows it.

use std::sync::Arc;

use crate::names::ObjectName;

/// A `PodDisruptionBudget`: its rule and the numbers of the disruption controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Namespace and name.
    pub name: ObjectName,
    /// Rule in the words of the manifest, such as `minAvailable: 2` or `maxUnavailable: 25%`.
    pub rule: Arc<str>,
    /// `status.disruptionsAllowed`.
    pub allowed: u32,
    /// `status.currentHealthy`.
    pub healthy: u32,
    /// `status.desiredHealthy`.
    pub desired: u32,
    /// `status.expectedPods`.
    pub expected: u32,
    /// Whether the status belongs to the present spec (`observedGeneration` equals `generation`).
    pub synced: bool,
    /// Message of condition `SyncFailed`: the controller cannot work out the numbers, and allows nothing.
    pub sync_failed: Option<Arc<str>>,
    /// `spec.unhealthyPodEvictionPolicy`.
    pub unhealthy_policy: UnhealthyPolicy,
}

/// When running pods that are not Ready may be evicted (Kubernetes: `unhealthyPodEvictionPolicy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnhealthyPolicy {
    /// While enough others are healthy; the default.
    IfHealthyBudget,
    /// Whether or not enough others are healthy.
    AlwaysAllow,
}

impl Budget {
    /// Whether no disruption is allowed even with every expected pod healthy: the budget wants at least as many healthy
    /// pods as there are, or its numbers cannot be worked out.
    pub fn never_allows(&self) -> bool {
        self.sync_failed.is_some() || (self.synced && (self.expected == 0 || self.desired >= self.expected))
    }
}
