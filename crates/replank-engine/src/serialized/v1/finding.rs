//! Findings of a plan, version 1.

use replank_core::node_group::plan;

use super::{LossKind, Object};
use crate::serialized::{form_enum, form_struct};

form_struct! {
    /// One finding about one pod on an old node.
    #[serde(rename_all = "camelCase")]
    pub Finding = plan::Finding {
        /// The pod as it is named before the update.
        pod: Object,
        /// The old node it is on.
        node: String,
        /// What was found.
        about: About,
        /// Kind, namespace and name of its controller.
        #[serde(default)]
        owner: Option<String>,
    }
}

form_struct! {
    /// An eviction as the Job of the pod will take it.
    #[serde(rename_all = "camelCase")]
    pub JobLoss = plan::JobLoss {
        /// Name of the Job.
        job: String,
        /// What the eviction does to it.
        effect: JobEffect,
        /// Number of the rule of `podFailurePolicy` that decides, from 1; null when none of them matches or a
        /// limit decides.
        rule: Option<u32>,
        /// The exit code that its containers are taken to end with, where that rule looks at it.
        exit_code: Option<u32>,
        /// Failures of the Job, or of its index, with this one and those of its other pods that would be evicted before.
        failures: u32,
        /// Failures that may be before the Job, or its index, has failed: `backoffLimit` or `backoffLimitPerIndex`.
        limit: u32,
        /// Completion index of the pod, where each index has a limit of its own.
        index: Option<u32>,
    }
}

form_enum! {
    /// What an eviction does to a Job.
    #[serde(rename_all = "camelCase")]
    #[derive(Copy)]
    pub JobEffect = plan::JobEffect {
        /// Nothing: the work of the pod begins again and no failure is counted.
        Ignored,
        /// A failure is counted, and the work of the pod begins again.
        Counts,
        /// The index has failed for good.
        FailsIndex,
        /// The Job has failed.
        FailsJob,
    }
}

form_enum! {
    /// What a plan can find about a pod. "The drain limit" is that of the previewed update.
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub About = plan::About {
        /// Its budget can never allow a disruption with its present numbers.
        #[serde(alias = "budget_never")]
        BudgetNever {
            /// Name of the budget.
            budget: Object,
            /// Rule in the words of the manifest, such as `minAvailable: 2`.
            rule: String,
            /// `status.desiredHealthy`.
            desired: u32,
            /// `status.expectedPods`.
            expected: u32,
        },
        /// The disruption controller cannot work out its budget's numbers (condition `SyncFailed`).
        #[serde(alias = "budget_failed")]
        BudgetFailed {
            /// Name of the budget.
            budget: Object,
            /// Message of the condition.
            message: String,
        },
        /// Several budgets select it, so the eviction API refuses it (500).
        #[serde(alias = "many_budgets")]
        ManyBudgets {
            /// All budgets that select it.
            budgets: Vec<Object>,
        },
        /// No other node would take it.
        #[serde(alias = "no_place")]
        NoPlace {
            /// The scheduler's message.
            message: String,
        },
        /// It tolerates every `NoSchedule` taint, so it may come straight back.
        #[serde(alias = "tolerates_all")]
        ToleratesAll,
        /// It tolerates the taint of a cordon, so it may come straight back.
        #[serde(alias = "tolerates_cordon")]
        ToleratesCordon,
        /// It came back to a cordoned node although it tolerates no taint: whoever creates it names the node.
        #[serde(alias = "comes_back")]
        ComesBack,
        /// It loses something when it is moved, which the rules accept.
        Loses(loss: LossKind),
        /// It would lose something that the rules refuse to lose.
        #[serde(alias = "loss_refused")]
        LossRefused(loss: LossKind),
        /// A running pod of a Job that is not known further: its work begins again, and its eviction counts as a failure of
        /// the Job unless the Job's `podFailurePolicy` ignores `DisruptionTarget`.
        #[serde(alias = "job_interrupted")]
        JobInterrupted,
        /// A running pod of a Job, and what its eviction means for that.
        JobEvicted(loss: JobLoss),
        /// A running pod of a Job that the rules let run to its end.
        #[serde(alias = "job_waited_for")]
        JobWaitedFor,
        /// It is being deleted already and finalizers hold it.
        Hanging {
            /// `metadata.finalizers`.
            finalizers: Vec<String>,
        },
        /// It is running and not Ready, so its budget may never recover.
        #[serde(alias = "not_ready")]
        NotReady,
        /// Its budget would allow no disruption within the drain limit, because of other pods.
        #[serde(alias = "budget_stalls")]
        BudgetStalls {
            /// Name of the budget.
            budget: Object,
            /// Rule in the words of the manifest.
            rule: String,
            /// Healthy pods when the drain limit passes.
            healthy: u32,
            /// `status.desiredHealthy`.
            desired: u32,
            /// The first few pods of the budget that are not healthy then.
            unhealthy: Vec<Object>,
            /// The scheduler's message about the first of those that finds no node.
            message: Option<String>,
        },
        /// Its budget's status would not be brought up to date with its spec within the drain limit.
        #[serde(alias = "budget_unsynced")]
        BudgetUnsynced {
            /// Name of the budget.
            budget: Object,
        },
        /// Its eviction would be refused for the whole drain limit.
        #[serde(alias = "eviction_refused")]
        EvictionRefused {
            /// Message of the server, or of the webhook that refuses.
            message: String,
        },
        /// It would be evicted and not gone within the drain limit.
        #[serde(alias = "would_hang")]
        WouldHang {
            /// Finalizers that would hold it; empty when its node is unreachable.
            finalizers: Vec<String>,
        },
        /// Its grace period ends after the drain limit.
        #[serde(alias = "stops_too_slowly")]
        StopsTooSlowly {
            /// Seconds from the deletion to the end of the grace period.
            #[serde(alias = "grace_seconds")]
            grace_seconds: u32,
        },
        /// It belongs to a Job and would still run when the drain limit passes.
        #[serde(alias = "job_outlasts")]
        JobOutlasts {
            /// Name of the Job.
            job: String,
        },
    }
}
