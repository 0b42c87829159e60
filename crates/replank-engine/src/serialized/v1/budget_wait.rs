//! Pods that a budget holds, and the pods that it misses, version 1.

use replank_core::node_group::wait;
use replank_core::observed;

use super::Object;
use crate::serialized::{Time, form_enum, form_struct};

form_struct! {
    /// A pod whose eviction a budget does not allow, with the budget's numbers.
    #[serde(rename_all = "camelCase")]
    pub BudgetWait = wait::BudgetWait {
        /// The pod that is not evicted.
        pod: Object,
        /// Number of further pods of the node that the same budget holds.
        #[serde(alias = "more_pods")]
        more_pods: u32,
        /// Name of the budget.
        budget: Object,
        /// Rule in the words of the manifest, such as `minAvailable: 2`.
        rule: String,
        /// `status.disruptionsAllowed`.
        allowed: u32,
        /// `status.currentHealthy`.
        healthy: u32,
        /// `status.desiredHealthy`.
        desired: u32,
        /// `status.expectedPods`.
        expected: u32,
        /// The first few pods of the budget that are not healthy.
        unhealthy: Vec<Unhealthy>,
        /// Number of all such pods, the named ones included.
        #[serde(alias = "unhealthy_count")]
        unhealthy_count: u32,
    }
}

form_struct! {
    /// A pod that a budget does not count as healthy, and why.
    #[serde(rename_all = "camelCase")]
    pub Unhealthy = wait::Unhealthy {
        /// Name of the pod.
        pod: Object,
        /// Condition `Ready`.
        readiness: Readiness,
        /// Whether it is being deleted.
        terminating: bool,
        /// The scheduler's message when no node fits it.
        unschedulable: Option<String>,
    }
}

form_enum! {
    /// Condition `Ready` of a pod.
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub Readiness = observed::Readiness {
        /// Condition is `True`.
        Ready,
        /// Condition is not `True`.
        #[serde(alias = "not_ready")]
        NotReady {
            /// Last transition of the condition.
            since: Time,
            /// Reason that the kubelet gives, such as `ImagePullBackOff`.
            why: Option<String>,
        },
    }
}
