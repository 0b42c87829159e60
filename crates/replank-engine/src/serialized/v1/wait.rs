//! Waits, version 1.

use replank_core::node_group::wait;
use replank_core::{observed, pod_rules};

use super::{Lost, Object, Taint};
use crate::serialized::{Time, form_enum, form_struct};

form_struct! {
    /// One thing that is waited for.
    pub Wait = wait::Wait {
        /// The node that cannot go on; none when the whole update waits.
        node: Option<String>,
        /// What is waited for.
        on: On,
        /// Since when.
        since: Option<Time>,
        /// When it is looked at again at the latest.
        again: Option<Time>,
        /// When patience ends.
        until: Option<Time>,
    }
}

form_enum! {
    /// What is waited for.
    pub On = wait::On {
        /// One side of the world cannot be read; nothing is decided blind.
        Reading {
            /// Which side.
            side: Side,
            /// In its words.
            why: String,
        },
        /// The launch template version with the target's content is being made.
        TemplateVersion,
        /// The group does not launch the target's version yet.
        GroupPointed,
        /// The sizes asked for are not taken yet.
        SizesTaken,
        /// An earlier call to the scaling group got no answer and may still take effect.
        Unanswered,
        /// New nodes are on their way.
        NodesJoining {
            /// Launched and not Ready or not labelled; the first few by name.
            joining: Vec<String>,
            /// How many are launched and not Ready.
            joining_count: u32,
            /// How many are asked for and not even launched.
            unlaunched: u32,
            /// Zones that hold old nodes and no Ready new one.
            zones_without: Vec<String>,
        },
        /// A new node that had joined is no Ready, labelled node any more.
        Lost {
            /// Its instance.
            instance: String,
            /// How it is lost.
            how: Lost,
            /// Who did it, as far as the cluster tells.
            by: Option<String>,
        },
        /// A new node is up and somebody else keeps pods off it.
        Closed {
            /// What keeps pods off.
            closures: Vec<Closure>,
        },
        /// The cloud refuses to launch.
        Launches {
            /// What kind of trouble.
            trouble: LaunchTrouble,
            /// Where, when known.
            zone: Option<String>,
            /// How often since the last launch that succeeded.
            failures: u32,
            /// The cloud's last words.
            message: String,
        },
        /// Marks on old nodes are not all seen yet.
        Guarding {
            /// How many nodes lack them.
            nodes: u32,
        },
        /// Marks that the update set are not all taken away yet.
        Unmarking {
            /// How many nodes still have some.
            nodes: u32,
        },
        /// The node is not seen cordoned yet.
        Cordon,
        /// Somebody opened the node, which the update had cordoned.
        Uncordoned {
            /// Who, as far as the cluster tells.
            by: Option<String>,
        },
        /// Replacements of terminated nodes are not Ready yet, so no further node is picked.
        Replacements {
            /// How many are missing.
            missing: u32,
            /// The batch size.
            batch: u32,
        },
        /// A person put the node on hold.
        Hold {
            /// The reason given.
            reason: String,
        },
        /// A person's `replank drain` is emptying the node.
        DrainedByHand {
            /// Whose.
            by: String,
        },
        /// The update is paused.
        Paused,
        /// A budget allows no disruption now.
        Budget(held: BudgetWait),
        /// A budget that can never allow a disruption as things are set.
        BudgetNever(held: BudgetWait),
        /// A budget whose numbers cannot be worked out.
        BudgetFailed {
            /// The pod that cannot go.
            pod: Object,
            /// The budget.
            budget: Object,
            /// The controller's words.
            message: String,
        },
        /// A budget's status is older than its spec.
        BudgetUnsynced {
            /// The pod that cannot go.
            pod: Object,
            /// The budget.
            budget: Object,
        },
        /// Several budgets select the pod; the eviction API refuses such pods whatever the numbers say.
        ManyBudgets {
            /// The pod that cannot go.
            pod: Object,
            /// The budgets.
            budgets: Vec<Object>,
        },
        /// An admission webhook refuses the eviction.
        Webhook {
            /// The pod that cannot go.
            pod: Object,
            /// The webhook.
            webhook: String,
            /// What it says.
            message: String,
        },
        /// The server asks to slow down.
        Throttled {
            /// The pod whose eviction waits.
            pod: Object,
            /// Seconds the server asked for.
            retry_after_seconds: u32,
        },
        /// The server refuses for another reason.
        EvictionRefused {
            /// The pod.
            pod: Object,
            /// The server's words.
            message: String,
        },
        /// The eviction was accepted or its answer was lost; the pod is not seen terminating yet.
        EvictionSent {
            /// The pod.
            pod: Object,
        },
        /// The pod is terminating inside its grace.
        Terminating {
            /// The pod.
            pod: Object,
            /// When its grace ends.
            grace_until: Time,
        },
        /// The pod is terminating past its grace.
        StuckTerminating {
            /// The pod.
            pod: Object,
            /// When its grace ended.
            grace_until: Time,
            /// Finalizers that hold it; without any, its node does not answer.
            finalizers: Vec<String>,
        },
        /// A Job's pod may run to its end.
        JobRuns {
            /// The pod.
            pod: Object,
            /// The Job.
            job: String,
        },
        /// The rules refuse to lose what leaves with the pod.
        LossRefused {
            /// The pod.
            pod: Object,
            /// What would be lost.
            loss: LossKind,
        },
        /// The pod came to the node after the node was closed to new pods.
        ComesBack {
            /// The pod.
            pod: Object,
            /// What it tolerates.
            #[serde(default)]
            tolerates: Tolerates,
        },
        /// The node is drained; load balancers get time to notice.
        #[serde(rename = "settling")]
        Deregistering,
        /// The group has more nodes than before, and no place is seen for the pods of one that could go.
        Place {
            /// Whose pods.
            instance: String,
            /// What is lacking.
            placement: Placement,
            /// How many nodes could go and cannot.
            nodes: u32,
        },
        /// The instance is terminating.
        InstanceLeaving {
            /// The instance.
            instance: String,
        },
        /// The instance is not terminated: a pod was on its node at the last look.
        Occupied {
            /// The instance.
            instance: String,
            /// The pod.
            pod: Object,
        },
        /// The call that terminates the instance is refused for now, or its answer was lost.
        TerminateRefused {
            /// The instance.
            instance: String,
            /// In whose words.
            message: String,
        },
    }
}

form_enum! {
    /// What a pod tolerates of that which keeps new pods off a node.
    #[derive(Default)]
    pub Tolerates = observed::Tolerates {
        /// Nothing.
        Nothing,
        /// The taint of a cordon.
        Cordon,
        /// Every `NoSchedule` taint; the only kind that older records knew.
        #[default]
        Everything,
    }
}

form_enum! {
    /// What would become of the pods of a node, and of the volumes in its zone, without the node.
    pub Placement = observed::Placement {
        /// Every pod finds a node.
        Found,
        /// No node takes this pod.
        Lacking {
            /// The pod.
            pod: Object,
            /// How many more pods of the node find no place.
            more_pods: u32,
            /// The scheduler's words.
            message: String,
        },
        /// It is the last node in a zone to which volumes are bound.
        Stranded {
            /// The zone.
            zone: String,
            /// A claim whose volume is there.
            claim: Object,
            /// How many more claims have theirs there.
            more_claims: u32,
        },
        /// Nobody could say.
        CannotTell(why: String),
    }
}

form_enum! {
    /// The sides of the world.
    pub Side = wait::Side {
        /// The Kubernetes API.
        Cluster,
        /// The scaling group and its launch template.
        Cloud,
    }
}

form_enum! {
    /// What is lost when a pod leaves.
    pub LossKind = pod_rules::LossKind {
        /// The pod itself.
        Pod,
        /// Its `emptyDir` volumes.
        EmptyDir,
        /// Both.
        PodAndEmptyDir,
    }
}

form_struct! {
    /// A pod held by a budget.
    pub BudgetWait = wait::BudgetWait {
        /// The pod that cannot go.
        pod: Object,
        /// How many more pods of this node the same budget holds.
        more_pods: u32,
        /// The budget.
        budget: Object,
        /// Its rule, such as `minAvailable: 2`.
        rule: String,
        /// `disruptionsAllowed`.
        allowed: u32,
        /// `currentHealthy`.
        healthy: u32,
        /// `desiredHealthy`.
        desired: u32,
        /// `expectedPods`.
        expected: u32,
        /// Pods of the budget that are not healthy, the first few.
        unhealthy: Vec<Unhealthy>,
        /// How many are not healthy.
        unhealthy_count: u32,
    }
}

form_struct! {
    /// A pod that a budget does not count.
    pub Unhealthy = wait::Unhealthy {
        /// The pod.
        pod: Object,
        /// Its readiness.
        readiness: Readiness,
        /// Whether it is terminating.
        terminating: bool,
        /// The scheduler's message, when no node fits it.
        unschedulable: Option<String>,
    }
}

form_enum! {
    /// Condition `Ready` of a pod.
    pub Readiness = observed::Readiness {
        /// It serves.
        Ready,
        /// It does not.
        NotReady {
            /// Since when.
            since: Time,
            /// What the kubelet says.
            why: Option<String>,
        },
    }
}

form_enum! {
    /// Kinds of launch trouble.
    pub LaunchTrouble = observed::LaunchTrouble {
        /// No capacity in the zone.
        NoCapacity,
        /// A quota is used up.
        Quota,
        /// The subnet has no free address.
        NoAddresses,
        /// The image is gone or not shared.
        ImageGone,
        /// Anything else.
        Other,
    }
}

form_struct! {
    /// Something that keeps pods off a node.
    pub Closure = observed::Closure {
        /// What.
        what: Closing,
        /// Who did it, as far as the cluster tells.
        by: Option<String>,
        /// Since when.
        since: Option<Time>,
    }
}

form_enum! {
    /// What closes a node.
    pub Closing = observed::Closing {
        /// It is unschedulable.
        Cordon,
        /// A taint.
        Taint(taint: Taint),
    }
}
