//! Why not yet: everything that is waited for, as values with the names and numbers a person needs to act on it.
//!
//! Text for people is made of them in the engine's `messages` and nowhere else.

use crate::pod_rules::LossKind;
use std::sync::Arc;

use jiff::Timestamp;

use crate::names::{InstanceId, NodeName, ObjectName, Zone};
use crate::observed::{
    Budget, Closure, JoinTrouble, LaunchTrouble, Lost, Placement, Pod, Pods, Readiness, Tolerates,
};

/// One thing that is waited for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wait {
    /// The node that cannot go on; `None` when the whole update waits.
    pub node: Option<NodeName>,
    /// What it waits for.
    pub on: On,
    /// When the wait began, as far as the cluster, the cloud or the journal tell.
    pub since: Option<Timestamp>,
    /// Latest time of the next try, where one is due without a change being seen.
    pub again: Option<Timestamp>,
    /// When the time limit passes; `None` when there is none.
    pub until: Option<Timestamp>,
}

/// What is waited for.
#[derive(Clone, Debug, PartialEq)]
pub enum On {
    /// A side could not be read; nothing is decided on old readings.
    Reading {
        /// Cluster or cloud, whichever could not be read.
        side: Side,
        /// Error message of the last reading.
        why: String,
    },
    /// The launch template version with the target's content does not exist yet.
    TemplateVersion,
    /// The scaling group does not launch from the target's template version yet.
    GroupPointed,
    /// The scaling group does not have the sizes asked for yet.
    SizesTaken,
    /// A call to the scaling group got no answer and may still take effect.
    Unanswered,
    /// New nodes are launched or joining.
    NodesJoining {
        /// Instances launched and not Ready, labelled nodes; the first few.
        joining: Vec<InstanceId>,
        /// Number of all such instances.
        joining_count: u32,
        /// Number of nodes asked for and not launched.
        unlaunched: u32,
        /// Zones with old nodes and no new one that serves.
        zones_without: Vec<Zone>,
    },
    /// An instance is long on its way to become a node, and something shows why.
    NotJoining {
        /// Id of the instance.
        instance: InstanceId,
        /// What keeps it.
        trouble: JoinTrouble,
    },
    /// A new node that had joined is not a Ready, labelled node any more. It has the join limit to come back; then the
    /// group replaces it, unless it runs and only lost its labels.
    Lost {
        /// Instance of the node.
        instance: InstanceId,
        /// What shows that it is lost.
        how: Lost,
        /// Client or controller that did it, as far as the cluster tells.
        by: Option<Arc<str>>,
    },
    /// A new node is Ready and somebody else keeps pods off it, so it does not count as serving. An update does not
    /// open it.
    Closed {
        /// Cordon and taints that keep pods off, and who set them.
        closures: Vec<Closure>,
    },
    /// Launches fail.
    Launches {
        /// Kind of the last failure.
        trouble: LaunchTrouble,
        /// Zone of the last failure, if known.
        zone: Option<Zone>,
        /// Number of failures since the last successful launch.
        failures: u32,
        /// Message of the last failure.
        message: Arc<str>,
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
        by: Option<Arc<str>>,
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
    DrainedByHand {
        /// Who runs it, as noted on the node.
        by: String,
    },
    /// A person paused the update.
    Paused,
    /// The budget of a pod allows no disruption at present.
    Budget(BudgetWait),
    /// The budget of a pod can never allow a disruption with its present numbers.
    BudgetNever(BudgetWait),
    /// The disruption controller cannot work out a budget's numbers (condition `SyncFailed`).
    BudgetFailed {
        /// The pod that is not evicted.
        pod: ObjectName,
        /// Name of the budget.
        budget: ObjectName,
        /// Message of the condition.
        message: Arc<str>,
    },
    /// The status of a budget is older than its spec (Kubernetes: eviction answers 429).
    BudgetUnsynced {
        /// The pod that is not evicted.
        pod: ObjectName,
        /// Name of the budget.
        budget: ObjectName,
    },
    /// Several budgets select the pod; the eviction API refuses it whatever their numbers (Kubernetes: 500).
    ManyBudgets {
        /// The pod that is not evicted.
        pod: ObjectName,
        /// All budgets that select it.
        budgets: Vec<ObjectName>,
    },
    /// An admission webhook refuses the eviction.
    Webhook {
        /// The pod that is not evicted.
        pod: ObjectName,
        /// Name of the webhook.
        webhook: String,
        /// Message of the API server, with the reason that the webhook gave.
        message: String,
    },
    /// The API server throttles (429 without a budget as the cause).
    Throttled {
        /// The pod whose eviction waits.
        pod: ObjectName,
        /// Seconds that the server asked to wait (`Retry-After`).
        retry_after_seconds: u32,
    },
    /// The eviction is refused for another reason.
    EvictionRefused {
        /// The pod that is not evicted.
        pod: ObjectName,
        /// Message of the server.
        message: String,
    },
    /// The eviction was accepted or got no answer; the pod is not seen terminating yet.
    EvictionSent {
        /// The evicted pod.
        pod: ObjectName,
    },
    /// The pod is terminating within its grace period.
    Terminating {
        /// The terminating pod.
        pod: ObjectName,
        /// When its grace period ends.
        grace_until: Timestamp,
    },
    /// The pod is terminating and its grace period is over.
    StuckTerminating {
        /// The terminating pod.
        pod: ObjectName,
        /// When its grace period ended.
        grace_until: Timestamp,
        /// Finalizers that hold it. When there are none, its node does not answer.
        finalizers: Arc<[Arc<str>]>,
    },
    /// The rules let a Job's pod run to its end.
    JobRuns {
        /// The running pod.
        pod: ObjectName,
        /// Name of the Job.
        job: Arc<str>,
    },
    /// The rules refuse to lose what is lost with the pod.
    LossRefused {
        /// The pod that is not evicted.
        pod: ObjectName,
        /// What would be lost.
        loss: LossKind,
    },
    /// The pod came to the node after the node was cordoned.
    ComesBack {
        /// The pod that came.
        pod: ObjectName,
        /// What it tolerates. Nothing: whoever created it named the node, or the node was uncordoned for a while.
        tolerates: Tolerates,
    },
    /// The node is drained; load balancers get time to take it out.
    Deregistering,
    /// The group is above its original size, and the pods of the nodes that could go find no place elsewhere.
    Place {
        /// Instance of the node that would go next.
        instance: InstanceId,
        /// What its pods or volumes lack.
        placement: Placement,
        /// Number of nodes that could go except for this.
        nodes: u32,
    },
    /// Pods that came up during the update find no room, and something under way may make some. No further node is
    /// picked until then.
    NoRoom {
        /// Namespace and name of one of these pods.
        pod: ObjectName,
        /// Number of further pods without room.
        more_pods: u32,
        /// The scheduler's message about the pod.
        message: Arc<str>,
    },
    /// The instance is terminating.
    InstanceLeaving {
        /// Id of the instance.
        instance: InstanceId,
    },
    /// The instance is not terminated because a pod was on its node at the last look before the call.
    Occupied {
        /// Id of the instance.
        instance: InstanceId,
        /// The pod that was there.
        pod: ObjectName,
    },
    /// The termination call was refused or got no answer.
    TerminateRefused {
        /// Id of the instance.
        instance: InstanceId,
        /// Error message of the cloud.
        message: String,
    },
}

impl On {
    /// The pod that holds things up, for waits about one.
    pub fn pod(&self) -> Option<&ObjectName> {
        match self {
            Self::Budget(held) | Self::BudgetNever(held) => Some(&held.pod),
            Self::BudgetFailed { pod, .. }
            | Self::BudgetUnsynced { pod, .. }
            | Self::ManyBudgets { pod, .. }
            | Self::Webhook { pod, .. }
            | Self::Throttled { pod, .. }
            | Self::EvictionRefused { pod, .. }
            | Self::EvictionSent { pod }
            | Self::Terminating { pod, .. }
            | Self::StuckTerminating { pod, .. }
            | Self::JobRuns { pod, .. }
            | Self::LossRefused { pod, .. }
            | Self::ComesBack { pod, .. }
            | Self::NoRoom { pod, .. }
            | Self::Occupied { pod, .. } => Some(pod),
            Self::Reading { .. }
            | Self::TemplateVersion
            | Self::GroupPointed
            | Self::SizesTaken
            | Self::Unanswered
            | Self::NodesJoining { .. }
            | Self::NotJoining { .. }
            | Self::Lost { .. }
            | Self::Closed { .. }
            | Self::Launches { .. }
            | Self::Guarding { .. }
            | Self::Unmarking { .. }
            | Self::Cordon
            | Self::Uncordoned { .. }
            | Self::Replacements { .. }
            | Self::Hold { .. }
            | Self::DrainedByHand { .. }
            | Self::Paused
            | Self::Deregistering
            | Self::Place { .. }
            | Self::InstanceLeaving { .. }
            | Self::TerminateRefused { .. } => None,
        }
    }
}

/// The two sides of the world; each has a port of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The Kubernetes API.
    Cluster,
    /// The scaling group, its instances and its launch template.
    Cloud,
}

/// A pod whose eviction a budget does not allow, with the budget's numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetWait {
    /// The pod that is not evicted.
    pub pod: ObjectName,
    /// Number of further pods of the node that the same budget holds.
    pub more_pods: u32,
    /// Name of the budget.
    pub budget: ObjectName,
    /// Rule in the words of the manifest, such as `minAvailable: 2`.
    pub rule: Arc<str>,
    /// `status.disruptionsAllowed`.
    pub allowed: u32,
    /// `status.currentHealthy`.
    pub healthy: u32,
    /// `status.desiredHealthy`.
    pub desired: u32,
    /// `status.expectedPods`.
    pub expected: u32,
    /// The first few pods of the budget that are not healthy.
    pub unhealthy: Vec<Unhealthy>,
    /// Number of all such pods, the named ones included.
    pub unhealthy_count: u32,
}

/// How many unhealthy pods a wait names; [`BudgetWait::unhealthy_count`] has the number of all.
const NAMED_MAX: usize = 3;

impl BudgetWait {
    /// The numbers of `budget` as it holds `pod`, without the disruptions that a turn has `spent` on other pods.
    pub(crate) fn of(pod: &Pod, budget: &Budget, spent: u32, pods: &Pods) -> Self {
        let named = pods.unhealthy_under(&budget.name).take(NAMED_MAX);
        Self {
            pod: pod.name.clone(),
            more_pods: 0,
            budget: budget.name.clone(),
            rule: budget.rule.clone(),
            allowed: budget.allowed.saturating_sub(spent),
            healthy: budget.healthy.saturating_sub(spent),
            desired: budget.desired,
            expected: budget.expected,
            unhealthy: named
                .map(|pod| Unhealthy {
                    pod: pod.name.clone(),
                    readiness: pod.readiness.clone(),
                    terminating: pod.deleting.is_some(),
                    unschedulable: pod.unschedulable.clone(),
                })
                .collect(),
            unhealthy_count: pods.count_unhealthy_under(&budget.name) as u32,
        }
    }
}

/// A pod that a budget does not count as healthy, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Unhealthy {
    /// Name of the pod.
    pub pod: ObjectName,
    /// Condition `Ready`.
    pub readiness: Readiness,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// The scheduler's message when no node fits it.
    pub unschedulable: Option<Arc<str>>,
}
