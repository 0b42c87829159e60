//! A pod, with the fields that decide what a drain does with it.

use crate::names::api_group;
use std::sync::Arc;

use jiff::Timestamp;

use crate::names::{NodeName, ObjectName, Uid};

/// A pod, with the fields that decide about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a property of its own")]
pub struct Pod {
    /// Namespace and name.
    pub name: ObjectName,
    /// `metadata.uid`; a later pod of the same name has another one.
    pub uid: Uid,
    /// `metadata.creationTimestamp`.
    pub created_at: Timestamp,
    /// Node it is bound to (`spec.nodeName`); `None` while pending.
    pub node: Option<NodeName>,
    /// Controller that would replace it (owner reference with `controller: true`).
    pub owner: Option<Owner>,
    /// `status.phase`.
    pub phase: Phase,
    /// Condition `Ready`.
    pub readiness: Readiness,
    /// Set while it is being deleted.
    pub deleting: Option<Deleting>,
    /// Whether it mirrors a static pod (annotation `kubernetes.io/config.mirror`).
    pub mirror: bool,
    /// Whether it has an `emptyDir` volume, whose content ends with it.
    pub empty_dir: bool,
    /// Which taints that keep new pods off a node it tolerates.
    pub tolerates: Tolerates,
    /// Whether it asks autoscalers to leave its node alone (annotations
    /// `cluster-autoscaler.kubernetes.io/safe-to-evict` and `karpenter.sh/do-not-disrupt`).
    pub keeps_node: bool,
    /// Whether it leads a quorum, as far as its labels or annotations tell: its node goes after its equals.
    pub leads: bool,
    /// Budgets of its namespace whose selector matches it.
    pub budgets: Arc<[ObjectName]>,
    /// Message of condition `PodScheduled` while no node fits it.
    pub unschedulable: Option<Arc<str>>,
    /// `spec.terminationGracePeriodSeconds`.
    pub grace_seconds: u32,
}

/// The controller of a pod.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// Kind of the controller.
    pub kind: OwnerKind,
    /// Name in the pod's namespace.
    pub name: Arc<str>,
}

impl Owner {
    /// Kind, namespace and name, such as `StatefulSet shop/cart`.
    pub fn place(&self, namespace: &str) -> Arc<str> {
        let kind = match &self.kind {
            OwnerKind::ReplicaSet => "ReplicaSet",
            OwnerKind::StatefulSet => "StatefulSet",
            OwnerKind::DaemonSet => "DaemonSet",
            OwnerKind::Job => "Job",
            OwnerKind::Node => return Arc::from(format!("Node {}", self.name)),
            OwnerKind::Other(kind) => kind,
        };
        Arc::from(format!("{kind} {namespace}/{}", self.name))
    }
}

/// Kinds of controllers that matter to a drain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnerKind {
    /// `ReplicaSet` or `ReplicationController`: replaces a pod as soon as it is terminating.
    ReplicaSet,
    /// `StatefulSet`: replaces a pod under the same name once it is gone.
    StatefulSet,
    /// `DaemonSet`: its pods belong to their nodes and stay.
    DaemonSet,
    /// `Job`: counts an eviction as a failure of the pod, unless its `podFailurePolicy` ignores that.
    Job,
    /// `Node`: owner of mirror pods.
    Node,
    /// Any other controller, with its kind.
    Other(Arc<str>),
}

impl OwnerKind {
    /// From `apiVersion` and `kind` of an owner reference (Kubernetes: `metadata.ownerReferences[]`). Other API groups
    /// have kinds of the same names, such as `DaemonSet` of `apps.kruise.io`, whose pods `kubectl drain` evicts.
    pub fn named(api_version: &str, kind: &Arc<str>) -> Self {
        let group = api_group(api_version);
        match (group, &**kind) {
            ("apps", "ReplicaSet") | ("", "ReplicationController") => Self::ReplicaSet,
            ("apps", "StatefulSet") => Self::StatefulSet,
            ("apps", "DaemonSet") => Self::DaemonSet,
            ("batch", "Job") => Self::Job,
            ("", "Node") => Self::Node,
            _ => Self::Other(kind.clone()),
        }
    }
}

/// Which taints that keep new pods off a node a pod tolerates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tolerates {
    /// Neither: a cordon keeps it off.
    Nothing,
    /// The taint of a cordon (`node.kubernetes.io/unschedulable:NoSchedule`), but not every taint.
    Cordon,
    /// Every `NoSchedule` taint.
    Everything,
}

/// `status.phase` of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Accepted, and not all containers were started.
    Pending,
    /// All containers were created and not all ended.
    Running,
    /// All containers ended, none with an error.
    Succeeded,
    /// All containers ended, at least one with an error.
    Failed,
}

/// Condition `Ready` of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Condition is `True`.
    Ready,
    /// Condition is not `True`.
    NotReady {
        /// Last transition of the condition.
        since: Timestamp,
        /// Reason that the kubelet gives, such as `ImagePullBackOff`; of a pod that is not scheduled for its gates
        /// [`gated`].
        why: Option<Arc<str>>,
    },
}

/// Reason of condition `PodScheduled` while scheduling gates hold a pod (Kubernetes), which the gates follow.
pub const GATED: &str = "SchedulingGated: ";

/// Why a pod with these scheduling gates (`spec.schedulingGates[].name`) is not Ready; `None` without any.
pub fn gated<'a>(gates: impl Iterator<Item = &'a str>) -> Option<Arc<str>> {
    let gates: Vec<&str> = gates.collect();
    (!gates.is_empty()).then(|| format!("{GATED}{}", gates.join(", ")).into())
}

/// A deletion under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleting {
    /// When deletion was asked for.
    pub since: Timestamp,
    /// When the grace period ends (`metadata.deletionTimestamp`).
    pub until: Timestamp,
    /// `metadata.finalizers`, which keep the object.
    pub finalizers: Arc<[Arc<str>]>,
}

impl Pod {
    /// Whether all its containers ended (`Succeeded` or `Failed`).
    pub fn finished(&self) -> bool {
        matches!(self.phase, Phase::Succeeded | Phase::Failed)
    }

    /// Whether a budget counts it as healthy (Kubernetes: Ready and not being deleted).
    pub fn healthy(&self) -> bool {
        self.readiness == Readiness::Ready && self.deleting.is_none()
    }
}
