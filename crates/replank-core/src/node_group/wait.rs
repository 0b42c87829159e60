//! Why not yet: every wait as a value, with the names and numbers a person needs to act on it.
//!
//! Words for screens are made at the edges from these values, and nowhere else.

use crate::pod_rules::LossKind;
use std::sync::Arc;

use jiff::Timestamp;

use crate::names::{InstanceId, NodeName, ObjectName, Zone};
use crate::observed::{Closure, LaunchTrouble, Lost, Placement, Readiness, Tolerates};

/// One thing that is waited for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wait {
    /// The node that cannot go on; `None` when the whole update waits.
    pub node: Option<NodeName>,
    /// What is waited for.
    pub on: On,
    /// Since when, as far as the world or the journal tells.
    pub since: Option<Timestamp>,
    /// When it is looked at again at the latest; changes are seen at once.
    pub again: Option<Timestamp>,
    /// When patience ends.
    pub until: Option<Timestamp>,
}

/// What is waited for.
#[derive(Clone, Debug, PartialEq)]
pub enum On {
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
        joining: Vec<InstanceId>,
        /// How many are launched and not Ready.
        joining_count: u32,
        /// How many are asked for and not even launched.
        unlaunched: u32,
        /// Zones that hold old nodes and no Ready new one.
        zones_without: Vec<Zone>,
    },
    /// A new node that had joined is no Ready, labelled node any more. It has as long to come back as a launch has
    /// to join; then the group replaces it, unless it runs and only lost its labels.
    Lost {
        /// Its instance.
        instance: InstanceId,
        /// How it is lost.
        how: Lost,
        /// Who did it, as far as the cluster tells.
        by: Option<Arc<str>>,
    },
    /// A new node is up and somebody else keeps pods off it, so it does not serve. It is not ours to open.
    Closed {
        /// What keeps pods off.
        closures: Vec<Closure>,
    },
    /// The cloud refuses to launch.
    Launches {
        /// What kind of trouble.
        trouble: LaunchTrouble,
        /// Where, when known.
        zone: Option<Zone>,
        /// How often since the last launch that succeeded.
        failures: u32,
        /// The cloud's last words.
        message: Arc<str>,
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
    /// Somebody opened the node, which was cordoned for its drain. It is cordoned again.
    Uncordoned {
        /// Who, as far as the cluster tells.
        by: Option<Arc<str>>,
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
    Budget(BudgetWait),
    /// A budget that can never allow a disruption as things are set.
    BudgetNever(BudgetWait),
    /// A budget whose numbers cannot be worked out.
    BudgetFailed {
        /// The pod that cannot go.
        pod: ObjectName,
        /// The budget.
        budget: ObjectName,
        /// The controller's words.
        message: Arc<str>,
    },
    /// A budget's status is older than its spec.
    BudgetUnsynced {
        /// The pod that cannot go.
        pod: ObjectName,
        /// The budget.
        budget: ObjectName,
    },
    /// Several budgets select the pod; the eviction API refuses such pods whatever the numbers say.
    ManyBudgets {
        /// The pod that cannot go.
        pod: ObjectName,
        /// The budgets.
        budgets: Vec<ObjectName>,
    },
    /// An admission webhook refuses the eviction.
    Webhook {
        /// The pod that cannot go.
        pod: ObjectName,
        /// The webhook.
        webhook: String,
        /// What it says.
        message: String,
    },
    /// The server asks to slow down.
    Throttled {
        /// The pod whose eviction waits.
        pod: ObjectName,
        /// Seconds the server asked for.
        retry_after_seconds: u32,
    },
    /// The server refuses for another reason.
    EvictionRefused {
        /// The pod.
        pod: ObjectName,
        /// The server's words.
        message: String,
    },
    /// The eviction was accepted or its answer was lost; the pod is not seen terminating yet.
    EvictionSent {
        /// The pod.
        pod: ObjectName,
    },
    /// The pod is terminating inside its grace.
    Terminating {
        /// The pod.
        pod: ObjectName,
        /// When its grace ends.
        grace_until: Timestamp,
    },
    /// The pod is terminating past its grace.
    StuckTerminating {
        /// The pod.
        pod: ObjectName,
        /// When its grace ended.
        grace_until: Timestamp,
        /// Finalizers that hold it; without any, its node does not answer.
        finalizers: Arc<[Arc<str>]>,
    },
    /// A Job's pod may run to its end.
    JobRuns {
        /// The pod.
        pod: ObjectName,
        /// The Job.
        job: Arc<str>,
    },
    /// The rules refuse to lose what leaves with the pod.
    LossRefused {
        /// The pod.
        pod: ObjectName,
        /// What would be lost.
        loss: LossKind,
    },
    /// The pod came to the node after the node was closed to new pods.
    ComesBack {
        /// The pod.
        pod: ObjectName,
        /// What it tolerates; without anything, whoever made it named the node itself, or the node was opened.
        tolerates: Tolerates,
    },
    /// The node is drained; load balancers get time to notice.
    Deregistering,
    /// The group has more nodes than before the update, and no place is seen for the pods of one that could go.
    Place {
        /// Whose pods.
        instance: InstanceId,
        /// What is lacking.
        placement: Placement,
        /// How many nodes could go and cannot, this one among them.
        nodes: u32,
    },
    /// The instance is terminating.
    InstanceLeaving {
        /// The instance.
        instance: InstanceId,
    },
    /// The instance is not terminated: a pod was on its node at the last look.
    Occupied {
        /// The instance.
        instance: InstanceId,
        /// The pod.
        pod: ObjectName,
    },
    /// The call that terminates the instance is refused for now, or its answer was lost.
    TerminateRefused {
        /// The instance.
        instance: InstanceId,
        /// In whose words.
        message: String,
    },
}

impl On {
    /// The pod that cannot go, where it is about one.
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
            | Self::Occupied { pod, .. } => Some(pod),
            Self::Reading { .. }
            | Self::TemplateVersion
            | Self::GroupPointed
            | Self::SizesTaken
            | Self::Unanswered
            | Self::NodesJoining { .. }
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

/// The sides of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The Kubernetes API.
    Cluster,
    /// The scaling group and its launch template.
    Cloud,
}

/// A pod held by a budget, with the numbers of the budget.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetWait {
    /// The pod that cannot go.
    pub pod: ObjectName,
    /// How many more pods of this node the same budget holds.
    pub more_pods: u32,
    /// The budget.
    pub budget: ObjectName,
    /// Its rule, such as `minAvailable: 2`.
    pub rule: Arc<str>,
    /// `disruptionsAllowed`.
    pub allowed: u32,
    /// `currentHealthy`.
    pub healthy: u32,
    /// `desiredHealthy`.
    pub desired: u32,
    /// `expectedPods`.
    pub expected: u32,
    /// Pods of the budget that are not healthy, the first few.
    pub unhealthy: Vec<Unhealthy>,
    /// How many are not healthy.
    pub unhealthy_count: u32,
}

/// A pod that a budget does not count, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Unhealthy {
    /// The pod.
    pub pod: ObjectName,
    /// Its readiness.
    pub readiness: Readiness,
    /// Whether it is terminating.
    pub terminating: bool,
    /// The scheduler's message, when no node fits it.
    pub unschedulable: Option<Arc<str>>,
}
