//! Waits, version 1.

use replank_core::node_group::wait;
use replank_core::{observed, pod_rules};

use super::{BudgetWait, JoinTrouble, Lost, Object, Taint};
use crate::serialized::{Time, form_enum, form_struct};

form_struct! {
    /// One thing that is waited for.
    #[serde(rename_all = "camelCase")]
    pub Wait = wait::Wait {
        /// The node that cannot go on; `None` when the whole update waits.
        node: Option<String>,
        /// What it waits for.
        on: On,
        /// When the wait began, as far as the cluster, the cloud or the journal tell.
        since: Option<Time>,
        /// Latest time of the next try, where one is due without a change being seen.
        again: Option<Time>,
        /// When the time limit passes; `None` when there is none.
        until: Option<Time>,
    }
}

form_enum! {
    /// What is waited for.
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub On = wait::On {
        /// A side could not be read; nothing is decided on old readings.
        Reading {
            /// Cluster or cloud, whichever could not be read.
            side: Side,
            /// Error message of the last reading.
            why: String,
        },
        /// The launch template version with the target's content does not exist yet.
        #[serde(alias = "template_version")]
        TemplateVersion,
        /// The scaling group does not launch from the target's template version yet.
        #[serde(alias = "group_pointed")]
        GroupPointed,
        /// The scaling group does not have the sizes asked for yet.
        #[serde(alias = "sizes_taken")]
        SizesTaken,
        /// A call to the scaling group got no answer and may still take effect.
        Unanswered,
        /// New nodes are launched or joining.
        #[serde(alias = "nodes_joining")]
        NodesJoining {
            /// Instances launched and not Ready, labelled nodes; the first few.
            joining: Vec<String>,
            /// Number of all such instances.
            #[serde(alias = "joining_count")]
            joining_count: u32,
            /// Number of nodes asked for and not launched.
            unlaunched: u32,
            /// Zones with old nodes and no new one that serves.
            #[serde(alias = "zones_without")]
            zones_without: Vec<String>,
        },
        /// An instance is long on its way to become a node, and something shows why.
        #[serde(alias = "not_joining")]
        NotJoining {
            /// Id of the instance.
            instance: String,
            /// What keeps it.
            trouble: JoinTrouble,
        },
        /// A new node that had joined is not a Ready, labelled node any more.
        Lost {
            /// Instance of the node.
            instance: String,
            /// What shows that it is lost.
            how: Lost,
            /// Client or controller that did it, as far as the cluster tells.
            by: Option<String>,
        },
        /// A new node is Ready and somebody else keeps pods off it, so it does not count as serving.
        Closed {
            /// Cordon and taints that keep pods off, and who set them.
            closures: Vec<Closure>,
        },
        /// Launches fail.
        Launches {
            /// Kind of the last failure.
            trouble: LaunchTrouble,
            /// Zone of the last failure, if known.
            zone: Option<String>,
            /// Number of failures since the last successful launch.
            failures: u32,
            /// Message of the last failure.
            message: String,
        },
        /// Not all old nodes show the guard yet.
        Guarding {
            /// Number of nodes without it.
            nodes: u32,
        },
        /// Not all marks that the update set are removed yet.
        Unmarking {
            /// Number of nodes that still have some.
            nodes: u32,
        },
        /// The node is not seen cordoned yet; no pod is evicted before.
        Cordon,
        /// Somebody uncordoned a node in work. It is cordoned again.
        Uncordoned {
            /// Client that did it, as far as field managers tell.
            by: Option<String>,
        },
        /// Replacements of terminated nodes do not serve yet, so no further node is picked.
        Replacements {
            /// Number of nodes missing.
            missing: u32,
            /// Batch size of the update.
            batch: u32,
        },
        /// A person put the node on hold (annotation `replank.dev/hold`).
        Hold {
            /// Value of the annotation.
            reason: String,
        },
        /// A `replank drain` is emptying the node.
        #[serde(alias = "drained_by_hand")]
        DrainedByHand {
            /// Who runs it, as noted on the node.
            by: String,
        },
        /// A person paused the update.
        Paused,
        /// The budget of a pod allows no disruption at present.
        Budget(held: BudgetWait),
        /// The budget of a pod can never allow a disruption with its present numbers.
        #[serde(alias = "budget_never")]
        BudgetNever(held: BudgetWait),
        /// The disruption controller cannot work out a budget's numbers (condition `SyncFailed`).
        #[serde(alias = "budget_failed")]
        BudgetFailed {
            /// The pod that is not evicted.
            pod: Object,
            /// Name of the budget.
            budget: Object,
            /// Message of the condition.
            message: String,
        },
        /// The status of a budget is older than its spec (Kubernetes: eviction answers 429).
        #[serde(alias = "budget_unsynced")]
        BudgetUnsynced {
            /// The pod that is not evicted.
            pod: Object,
            /// Name of the budget.
            budget: Object,
        },
        /// Several budgets select the pod; the eviction API refuses it whatever their numbers (Kubernetes: 500).
        #[serde(alias = "many_budgets")]
        ManyBudgets {
            /// The pod that is not evicted.
            pod: Object,
            /// All budgets that select it.
            budgets: Vec<Object>,
        },
        /// An admission webhook refuses the eviction.
        Webhook {
            /// The pod that is not evicted.
            pod: Object,
            /// Name of the webhook.
            webhook: String,
            /// Message of the API server, with the reason that the webhook gave.
            message: String,
        },
        /// The API server throttles (429 without a budget as the cause).
        Throttled {
            /// The pod whose eviction waits.
            pod: Object,
            /// Seconds that the server asked to wait (`Retry-After`).
            #[serde(alias = "retry_after_seconds")]
            retry_after_seconds: u32,
        },
        /// The eviction is refused for another reason.
        #[serde(alias = "eviction_refused")]
        EvictionRefused {
            /// The pod that is not evicted.
            pod: Object,
            /// Message of the server.
            message: String,
        },
        /// The eviction was accepted or got no answer; the pod is not seen terminating yet.
        #[serde(alias = "eviction_sent")]
        EvictionSent {
            /// The evicted pod.
            pod: Object,
        },
        /// The pod is terminating within its grace period.
        Terminating {
            /// The terminating pod.
            pod: Object,
            /// When its grace period ends.
            #[serde(alias = "grace_until")]
            grace_until: Time,
        },
        /// The pod is terminating and its grace period is over.
        #[serde(alias = "stuck_terminating")]
        StuckTerminating {
            /// The terminating pod.
            pod: Object,
            /// When its grace period ended.
            #[serde(alias = "grace_until")]
            grace_until: Time,
            /// Finalizers that hold it. When there are none, its node does not answer.
            finalizers: Vec<String>,
        },
        /// The rules let a Job's pod run to its end.
        #[serde(alias = "job_runs")]
        JobRuns {
            /// The running pod.
            pod: Object,
            /// Name of the Job.
            job: String,
        },
        /// The rules refuse to lose what is lost with the pod.
        #[serde(alias = "loss_refused")]
        LossRefused {
            /// The pod that is not evicted.
            pod: Object,
            /// What would be lost.
            loss: LossKind,
        },
        /// The pod came to the node after the node was cordoned.
        #[serde(alias = "comes_back")]
        ComesBack {
            /// The pod that came.
            pod: Object,
            /// What it tolerates. Nothing: whoever created it named the node, or the node was uncordoned for a while.
            #[serde(default)]
            tolerates: Tolerates,
        },
        /// The node is drained; load balancers get time to take it out.
        #[serde(alias = "settling")]
        Deregistering,
        /// The group is above its original size, and the pods of the nodes that could go find no place elsewhere.
        Place {
            /// Instance of the node that would go next.
            instance: String,
            /// What its pods or volumes lack.
            placement: Placement,
            /// Number of nodes that could go except for this.
            nodes: u32,
        },
        /// Pods that came up during the update find no room, and something under way may make some.
        #[serde(alias = "no_room")]
        NoRoom {
            /// Namespace and name of one of these pods.
            pod: Object,
            /// Number of further pods without room.
            #[serde(alias = "more_pods")]
            more_pods: u32,
            /// The scheduler's message about the pod.
            message: String,
        },
        /// The instance is terminating.
        #[serde(alias = "instance_leaving")]
        InstanceLeaving {
            /// Id of the instance.
            instance: String,
        },
        /// The instance is not terminated because a pod was on its node at the last look before the call.
        Occupied {
            /// Id of the instance.
            instance: String,
            /// The pod that was there.
            pod: Object,
        },
        /// The termination call was refused or got no answer.
        #[serde(alias = "terminate_refused")]
        TerminateRefused {
            /// Id of the instance.
            instance: String,
            /// Error message of the cloud.
            message: String,
        },
    }
}

form_enum! {
    /// Which taints that keep new pods off a node a pod tolerates.
    #[derive(Default)]
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub Tolerates = observed::Tolerates {
        /// Neither: a cordon keeps it off.
        Nothing,
        /// The taint of a cordon (`node.kubernetes.io/unschedulable:NoSchedule`), but not every taint.
        Cordon,
        /// Every `NoSchedule` taint; the only kind that older records knew.
        #[default]
        Everything,
    }
}

form_enum! {
    /// What would become of the pods of a node, and of volumes in its zone, without the node.
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub Placement = observed::Placement {
        /// Every pod that would move finds a node.
        Found,
        /// A pod finds no node.
        Lacking {
            /// Namespace and name at the time of asking.
            pod: Object,
            /// Number of further pods of the node that find none.
            #[serde(alias = "more_pods")]
            more_pods: u32,
            /// The scheduler's message about the pod.
            message: String,
        },
        /// It is the last schedulable node of the cluster in a zone to which volumes are bound.
        Stranded {
            /// Zone of the node and of the volumes.
            zone: String,
            /// One of the claims whose volumes are there.
            claim: Object,
            /// Number of further claims with volumes there.
            #[serde(alias = "more_claims")]
            more_claims: u32,
        },
        /// The question could not be answered; with the reason.
        #[serde(alias = "cannot_tell")]
        CannotTell(why: String),
    }
}

form_enum! {
    /// The two sides of the world; each has a port of its own.
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub Side = wait::Side {
        /// The Kubernetes API.
        Cluster,
        /// The scaling group, its instances and its launch template.
        Cloud,
    }
}

form_enum! {
    /// What is lost when a pod leaves.
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub LossKind = pod_rules::LossKind {
        /// The pod: no controller replaces it.
        Pod,
        /// The content of its `emptyDir` volumes.
        #[serde(alias = "empty_dir")]
        EmptyDir,
        /// The pod and the content of its `emptyDir` volumes.
        #[serde(alias = "pod_and_empty_dir")]
        PodAndEmptyDir,
    }
}

form_enum! {
    /// Kinds of launch failures, each with its own remedy.
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub LaunchTrouble = observed::LaunchTrouble {
        /// The zone has no capacity for the instance type.
        #[serde(alias = "no_capacity")]
        NoCapacity,
        /// A quota of the account is used up.
        Quota,
        /// The subnet has no free address.
        #[serde(alias = "no_addresses")]
        NoAddresses,
        /// The image was deregistered or is not shared with the account.
        #[serde(alias = "image_gone")]
        ImageGone,
        /// Anything else.
        Other,
    }
}

form_struct! {
    /// Something that keeps pods off a node, and who set it.
    #[serde(rename_all = "camelCase")]
    pub Closure = observed::Closure {
        /// Cordon or taint.
        what: Closing,
        /// Client or controller that set it, if known.
        by: Option<String>,
        /// When it was set, if known.
        since: Option<Time>,
    }
}

form_enum! {
    /// What keeps pods off a node.
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub Closing = observed::Closing {
        /// `spec.unschedulable`.
        Cordon,
        /// A taint that neither belongs to the group nor is ours.
        Taint(taint: Taint),
    }
}
