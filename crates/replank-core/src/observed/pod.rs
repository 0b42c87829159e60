//! A pod, with the fields that decide what a drain does with it.

use std::sync::Arc;

use jiff::Timestamp;

use crate::names::{NodeName, ObjectName, Uid};

/// A pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// Namespace and name.
    pub name: ObjectName,
    /// Its identity; a namesake made later has another one.
    pub uid: Uid,
    /// When it was created.
    pub created_at: Timestamp,
    /// The node it is bound to.
    pub node: Option<NodeName>,
    /// The controller that would bring it back.
    pub owner: Option<Owner>,
    /// `status.phase`.
    pub phase: Phase,
    /// Condition `Ready`.
    pub readiness: Readiness,
    /// Set while it is being deleted.
    pub deleting: Option<Deleting>,
    /// Whether it mirrors a static pod (annotation `kubernetes.io/config.mirror`).
    pub mirror: bool,
    /// Whether it has an `emptyDir` volume, which is lost with it.
    pub empty_dir: bool,
    /// Which taints that keep new pods off a node do not keep it off.
    pub tolerates: Tolerates,
    /// Whether it asks autoscalers to leave its node alone (annotations `cluster-autoscaler.kubernetes.io/safe-to-evict`
    /// and `karpenter.sh/do-not-disrupt`).
    pub keeps_node: bool,
    /// The budgets of its namespace that select it.
    pub budgets: Arc<[ObjectName]>,
    /// The scheduler's message while no node fits (condition `PodScheduled`).
    pub unschedulable: Option<Arc<str>>,
    /// `spec.terminationGracePeriodSeconds`.
    pub grace_seconds: u32,
}

/// The controller of a pod.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// Its kind.
    pub kind: OwnerKind,
    /// Its name, in the pod's namespace.
    pub name: Arc<str>,
}

/// Kinds of controllers, as far as a drain tells them apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnerKind {
    /// `ReplicaSet` or `ReplicationController`: replaced as soon as it is terminating.
    ReplicaSet,
    /// `StatefulSet`: replaced under the same name once it is gone.
    StatefulSet,
    /// `DaemonSet`: belongs to its node and stays.
    DaemonSet,
    /// `Job`: an eviction counts as a failure of it.
    Job,
    /// `Node`, for mirror pods.
    Node,
    /// Any other controller, by kind.
    Other(Arc<str>),
}

impl OwnerKind {
    /// The kind of that name (Kubernetes: `metadata.ownerReferences[].kind`).
    pub fn named(kind: &Arc<str>) -> Self {
        match &**kind {
            "ReplicaSet" | "ReplicationController" => Self::ReplicaSet,
            "StatefulSet" => Self::StatefulSet,
            "DaemonSet" => Self::DaemonSet,
            "Job" => Self::Job,
            "Node" => Self::Node,
            _ => Self::Other(kind.clone()),
        }
    }
}

/// What a pod tolerates of that which keeps new pods off a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tolerates {
    /// Nothing: a cordon keeps it off.
    Nothing,
    /// The taint of a cordon (`node.kubernetes.io/unschedulable:NoSchedule`), and not every taint.
    Cordon,
    /// Every `NoSchedule` taint.
    Everything,
}

/// `status.phase` of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Not all containers started.
    Pending,
    /// Started.
    Running,
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed,
}

/// Condition `Ready` of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It serves.
    Ready,
    /// It does not.
    NotReady {
        /// Since when.
        since: Timestamp,
        /// What the kubelet says, such as `ImagePullBackOff`.
        why: Option<Arc<str>>,
    },
}

/// A deletion under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleting {
    /// When it was asked for.
    pub since: Timestamp,
    /// When its grace ends (`metadata.deletionTimestamp`).
    pub until: Timestamp,
    /// The finalizers that hold the object.
    pub finalizers: Arc<[Arc<str>]>,
}

impl Pod {
    /// Whether it ended, well or badly.
    pub fn finished(&self) -> bool {
        matches!(self.phase, Phase::Succeeded | Phase::Failed)
    }

    /// Whether a budget counts it as healthy (Kubernetes: Ready and not being deleted).
    pub fn healthy(&self) -> bool {
        self.readiness == Readiness::Ready && self.deleting.is_none()
    }
}
