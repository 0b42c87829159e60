//! Actions: the effects a decision asks the engine for. Each carries a precondition (a uid, an expected value or a
//! client token), so that performing it late or twice does no harm.

use std::mem::discriminant;

use crate::names::{InstanceId, NodeName, ObjectName, TemplateId, Uid, UpdateId};
use crate::sizes::Sizes;
use crate::template::TemplateContent;

/// One effect on the Kubernetes cluster or on the cloud. The two are separate types, so that neither port is asked for
/// what only the other can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// An effect on the Kubernetes cluster.
    Cluster(ClusterAction),
    /// An effect on the cloud.
    Cloud(CloudAction),
}

/// One effect on the Kubernetes cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClusterAction {
    /// Sets or removes marks on a node in one patch. A no-op when a node of that name has another uid by now.
    Mark(MarkNode),
    /// Cordons a node on behalf of a person (`replank drain`). Unlike [`ClusterAction::Mark`] it leaves no note in
    /// `replank.dev/marks`, so no update ever uncordons the node. A no-op when the node has another uid by now.
    Cordon {
        /// Name of the node to cordon.
        node: NodeName,
        /// Uid the node must still have.
        uid: Uid,
    },
    /// Creates an `Eviction` of a pod (Kubernetes: subresource `pods/eviction`, which charges disruption budgets). The
    /// uid is a precondition, so that a later pod of the same name (`StatefulSet`) is not evicted.
    Evict {
        /// The pod, with the uid it must still have.
        pod: PodId,
        /// `deleteOptions.gracePeriodSeconds`; set only where [`grace_cap_seconds`](crate::pod_rules::PodRules) is
        /// below the pod's own grace period.
        grace_seconds: Option<u32>,
    },
    /// Deletes a pod without asking its disruption budget. Decided only where force is allowed and the drain limit has
    /// passed; a pod that was on the node by then is evicted once before.
    Delete {
        /// The pod, with the uid it must still have.
        pod: PodId,
    },
}

/// One effect on the scaling group, its instances or its launch template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloudAction {
    /// Creates a launch template version. Idempotent: the token names the update.
    CreateVersion {
        /// The launch template that gets the version.
        template: TemplateId,
        /// Image and settings of the version.
        content: TemplateContent,
        /// Client token of the call: the id of the update.
        token: UpdateId,
    },
    /// Makes the scaling group launch from another version of its launch template. A no-op unless the group launches
    /// from `from`.
    PointGroup {
        /// Template version that the group must still launch from.
        from: u64,
        /// Template version for later launches.
        to: u64,
    },
    /// Changes min, desired and max of the scaling group. A no-op unless the group has the sizes in `from`.
    SetSizes {
        /// Sizes that the group must still have.
        from: Sizes,
        /// Sizes that it is to have.
        to: Sizes,
    },
    /// Terminates an instance through the scaling group (Auto Scaling: `TerminateInstanceInAutoScalingGroup`).
    Terminate {
        /// The instance, a member of the group.
        instance: InstanceId,
        /// Its node, whose pods are listed once more right before the call; `None` when it never joined.
        node: Option<NodeName>,
        /// Whether desired capacity is decremented with it.
        replace: Replace,
        /// Which pods may still be on the node; any other makes the call
        /// [`Occupied`](crate::observed::Refused::Occupied).
        leftovers: Leftovers,
        /// Pods that came back after force had deleted them: they end with the node, unless a budget protects them at
        /// the last look.
        with: Vec<PodId>,
    },
}

/// Whether the scaling group launches a replacement for a terminated instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Replace {
    /// Desired capacity stays, so the group launches one (`ShouldDecrementDesiredCapacity=false`).
    Yes,
    /// Desired capacity goes down by one (`ShouldDecrementDesiredCapacity=true`).
    No,
}

/// Which pods may be on a node when its instance is terminated, besides those named one by one in
/// [`CloudAction::Terminate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leftovers {
    /// Only pods that a drain leaves where they are (`DaemonSet` and mirror pods).
    None,
    /// Also pods that are being deleted: past their grace on an unreachable node, or deleted by force.
    Doomed,
}

/// Marks to set or remove on a node. Cordon, exclusion label and scale-down annotation may be a person's too, so the
/// adapter notes those that it sets in the annotation `replank.dev/marks`; only noted ones are ever removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkNode {
    /// Name of the node.
    pub node: NodeName,
    /// Uid that the node must still have.
    pub uid: Uid,
    /// Instance behind the node; part of the [`ActionKey`].
    pub instance: InstanceId,
    /// What to set or remove.
    pub marks: Marking,
}

/// Which marks to set (`true`) or to remove (`false`); `None` leaves a mark as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Marking {
    /// Taint `eks.amazonaws.com/nodegroup=unschedulable:NoSchedule`.
    pub guard: Option<bool>,
    /// `spec.unschedulable`.
    pub cordon: Option<bool>,
    /// Label `node.kubernetes.io/exclude-from-external-load-balancers`.
    pub exclude: Option<bool>,
    /// Annotation `cluster-autoscaler.kubernetes.io/scale-down-disabled`. Asked for only where the node has none: an
    /// existing one is somebody else's.
    pub keep: Option<bool>,
}

impl Marking {
    /// Whether it removes at least one mark.
    pub fn takes(&self) -> bool {
        [self.guard, self.cordon, self.exclude, self.keep].contains(&Some(false))
    }
}

/// A pod by name and uid.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodId {
    /// Namespace and name, for messages and calls.
    pub name: ObjectName,
    /// Uid; tells the pod from a later one of the same name.
    pub uid: Uid,
}

/// What an action acts on. [`Answers`](crate::observed::Answers) remembers the last answer for each key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActionKey {
    /// Creation of the template version.
    CreateVersion,
    /// The template version that the group launches from.
    PointGroup,
    /// The group's sizes.
    SetSizes,
    /// Marks of an instance's node. What was asked of each mark is part of the key, so that setting and removing one
    /// are remembered apart.
    Mark(InstanceId, Marking),
    /// A person's cordon, by the uid of the node.
    Cordon(Uid),
    /// Eviction of a pod, by its uid.
    Evict(Uid),
    /// Deletion of a pod, by its uid.
    Delete(Uid),
    /// Termination of an instance.
    Terminate(InstanceId),
}

impl Action {
    /// The key under which the answer is remembered.
    pub fn key(&self) -> ActionKey {
        match self {
            Self::Cluster(action) => action.key(),
            Self::Cloud(action) => action.key(),
        }
    }

    /// Whether both are of the same kind, such as two evictions; what they act on is not compared.
    pub fn is_alike(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Cluster(one), Self::Cluster(two)) => one.is_alike(two),
            (Self::Cloud(one), Self::Cloud(two)) => discriminant(one) == discriminant(two),
            (Self::Cluster(_), Self::Cloud(_)) | (Self::Cloud(_), Self::Cluster(_)) => false,
        }
    }
}

impl ClusterAction {
    /// The key under which the answer is remembered.
    pub fn key(&self) -> ActionKey {
        match self {
            Self::Mark(mark) => ActionKey::Mark(mark.instance.clone(), mark.marks),
            Self::Cordon { uid, .. } => ActionKey::Cordon(*uid),
            Self::Evict { pod, .. } => ActionKey::Evict(pod.uid),
            Self::Delete { pod } => ActionKey::Delete(pod.uid),
        }
    }
}

impl ClusterAction {
    /// Whether both are of the same variant; what they act on is not compared.
    pub fn is_alike(&self, other: &Self) -> bool {
        discriminant(self) == discriminant(other)
    }
}

impl CloudAction {
    /// The key under which the answer is remembered.
    pub fn key(&self) -> ActionKey {
        match self {
            Self::CreateVersion { .. } => ActionKey::CreateVersion,
            Self::PointGroup { .. } => ActionKey::PointGroup,
            Self::SetSizes { .. } => ActionKey::SetSizes,
            Self::Terminate { instance, .. } => ActionKey::Terminate(instance.clone()),
        }
    }
}

impl From<ClusterAction> for Action {
    fn from(action: ClusterAction) -> Self {
        Self::Cluster(action)
    }
}

impl From<CloudAction> for Action {
    fn from(action: CloudAction) -> Self {
        Self::Cloud(action)
    }
}
