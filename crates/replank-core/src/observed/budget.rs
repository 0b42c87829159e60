//! A disruption budget as its status shows it.

use std::sync::Arc;

use crate::names::ObjectName;

/// A `PodDisruptionBudget`: what it asks for and what the disruption controller made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Namespace and name.
    pub name: ObjectName,
    /// The spec in the words of the manifest, such as `minAvailable: 2` or `maxUnavailable: 25%`.
    pub rule: Arc<str>,
    /// `status.disruptionsAllowed`.
    pub allowed: u32,
    /// `status.currentHealthy`.
    pub healthy: u32,
    /// `status.desiredHealthy`.
    pub desired: u32,
    /// `status.expectedPods`.
    pub expected: u32,
    /// Whether the status answers the present spec (`observedGeneration` is the generation).
    pub synced: bool,
    /// Why the controller could not work the numbers out (condition `SyncFailed`); nothing may go then.
    pub sync_failed: Option<Arc<str>>,
    /// `spec.unhealthyPodEvictionPolicy`.
    pub unhealthy_policy: UnhealthyPolicy,
}

/// What the budget says of pods that are not Ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnhealthyPolicy {
    /// They may go while enough others are healthy (the default).
    IfHealthyBudget,
    /// They may always go.
    AlwaysAllow,
}

impl Budget {
    /// Whether no disruption can ever be allowed, even with every expected pod healthy: it wants at least as
    /// many healthy pods as there will be, or its numbers cannot be worked out.
    pub fn never_allows(&self) -> bool {
        self.sync_failed.is_some() || (self.synced && (self.expected == 0 || self.desired >= self.expected))
    }
}
