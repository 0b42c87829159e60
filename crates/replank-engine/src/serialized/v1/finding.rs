//! What a plan finds, version 1.

use replank_core::node_group::preview;

use super::{LossKind, Object};
use crate::serialized::{form_enum, form_struct};

form_struct! {
    /// Something about a pod on an old node.
    pub Finding = preview::Finding {
        /// The pod.
        pod: Object,
        /// Its node.
        node: String,
        /// What about it.
        about: About,
    }
}

form_enum! {
    /// What a plan finds about a pod.
    pub About = preview::About {
        /// Its budget can never allow a disruption.
        BudgetNever {
            /// The budget.
            budget: Object,
            /// Its rule.
            rule: String,
            /// Healthy pods it wants.
            desired: u32,
            /// Pods it expects.
            expected: u32,
        },
        /// Its budget's numbers cannot be worked out.
        BudgetFailed {
            /// The budget.
            budget: Object,
            /// The controller's words.
            message: String,
        },
        /// Several budgets select it.
        ManyBudgets {
            /// The budgets.
            budgets: Vec<Object>,
        },
        /// No node would take it.
        NoPlace {
            /// The scheduler's words.
            message: String,
        },
        /// It may come straight back.
        ToleratesAll,
        /// It tolerates the taint of a cordon, and may come straight back.
        ToleratesCordon,
        /// It comes back to a node that is closed, though it tolerates nothing.
        ComesBack,
        /// It loses something by the move.
        Loses(loss: LossKind),
        /// The rules refuse to lose what leaves with it.
        LossRefused(loss: LossKind),
        /// Its eviction counts as a failure of its Job.
        JobInterrupted,
        /// Its Job is waited for.
        JobWaitedFor,
        /// It hangs in termination.
        Hanging {
            /// Finalizers that hold it.
            finalizers: Vec<String>,
        },
        /// It does not become Ready.
        NotReady,
        /// Its budget would not give anything in time, because of other pods.
        BudgetStalls {
            /// The budget.
            budget: Object,
            /// Its rule.
            rule: String,
            /// Healthy pods by then.
            healthy: u32,
            /// Healthy pods it wants.
            desired: u32,
            /// The first pods that it would not count.
            unhealthy: Vec<Object>,
            /// The scheduler's words about one that finds no node.
            message: Option<String>,
        },
        /// Its budget's status would not follow its spec in time.
        BudgetUnsynced {
            /// The budget.
            budget: Object,
        },
        /// Its eviction would be refused.
        EvictionRefused {
            /// In whose words.
            message: String,
        },
        /// It would not be gone in time, once it is evicted.
        WouldHang {
            /// Finalizers that would hold it.
            finalizers: Vec<String>,
        },
        /// Its grace is longer than patience.
        StopsTooSlowly {
            /// Its grace.
            grace_seconds: u32,
        },
        /// Its Job would run too long.
        JobOutlasts {
            /// The Job.
            job: String,
        },
    }
}
