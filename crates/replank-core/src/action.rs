//! Effects we ask for. Each carries what makes it safe when it comes late or twice.

use std::mem::discriminant;

use crate::names::{InstanceId, NodeName, ObjectName, TemplateId, Uid, UpdateId};
use crate::sizes::Sizes;
use crate::template::TemplateContent;

/// One effect on one of the two sides of the world.
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
    /// Set or take marks on a node, in one patch. Does nothing when the node is another one by now.
    Mark(MarkNode),
    /// Cordon a node for a person: without a note that an update did, so that no update ever opens it. Does nothing when
    /// the node is another one by now.
    Cordon {
        /// The node.
        node: NodeName,
        /// Its identity.
        uid: Uid,
    },
    /// Ask the eviction API to let a pod go. The uid keeps a namesake safe.
    Evict {
        /// The pod.
        pod: PodId,
        /// Grace in seconds when it is shorter than the pod's own.
        grace_seconds: Option<u32>,
    },
    /// Delete a pod past its budget. Only with force, only after the polite attempt.
    Delete {
        /// The pod.
        pod: PodId,
    },
}

/// One effect on the scaling group, its instances or its launch template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloudAction {
    /// Make a launch template version with this content. Safe twice: the token names the update.
    CreateVersion {
        /// The template.
        template: TemplateId,
        /// What the version shall make.
        content: TemplateContent,
        /// Client token.
        token: UpdateId,
    },
    /// Let the group launch another template version. Does nothing when `from` no longer holds.
    PointGroup {
        /// The version it launches now.
        from: u64,
        /// The version it shall launch.
        to: u64,
    },
    /// Change the sizes of the group. Does nothing when `from` no longer holds.
    SetSizes {
        /// The sizes it has now.
        from: Sizes,
        /// The sizes it shall have.
        to: Sizes,
    },
    /// Terminate an instance through the scaling group.
    Terminate {
        /// The instance.
        instance: InstanceId,
        /// Its node, looked at once more before the call.
        node: Option<NodeName>,
        /// Whether desired goes down by one with it, or the group replaces it.
        replace: Replace,
        /// What may still be on the node.
        leftovers: Leftovers,
        /// Pods that came back after force had deleted them, and go with the node.
        with: Vec<PodId>,
    },
}

/// Whether the scaling group replaces a terminated instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Replace {
    /// Desired stays, a replacement is launched.
    Yes,
    /// Desired goes down by one.
    No,
}

/// What may be on a node when its instance is terminated, beside pods that are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leftovers {
    /// Nothing that a drain would have moved.
    None,
    /// Pods that are terminating past their grace, or that force has deleted.
    Doomed,
}

/// Marks to set or take on a node. Whoever sets one that others may set too also notes it in the annotation
/// `replank.dev/marks`, so that it is known later which marks were a person's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkNode {
    /// The node.
    pub node: NodeName,
    /// Its identity.
    pub uid: Uid,
    /// Its instance.
    pub instance: InstanceId,
    /// What is to be set or taken.
    pub marks: Marking,
}

/// Which marks are to be set or taken; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Marking {
    /// The guard taint.
    pub guard: Option<bool>,
    /// `spec.unschedulable`.
    pub cordon: Option<bool>,
    /// The label that keeps it out of external load balancers.
    pub exclude: Option<bool>,
    /// The annotation that keeps autoscalers from removing it. One that is there already is somebody else's.
    pub keep: Option<bool>,
}

impl Marking {
    /// Whether it takes a mark away.
    pub fn takes(&self) -> bool {
        [self.guard, self.cordon, self.exclude, self.keep].contains(&Some(false))
    }
}

/// A pod by name and identity, on the node it was seen on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodId {
    /// Namespace and name.
    pub name: ObjectName,
    /// Its identity.
    pub uid: Uid,
}

/// What an action acts on: one answer is remembered for each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActionKey {
    /// Making the template version.
    CreateVersion,
    /// Pointing the group.
    PointGroup,
    /// The group's sizes.
    SetSizes,
    /// Marks of a node, with what was asked of each: another wish is another act.
    Mark(InstanceId, Marking),
    /// A person's cordon of a node.
    Cordon(Uid),
    /// Eviction of a pod.
    Evict(Uid),
    /// Deletion of a pod.
    Delete(Uid),
    /// Termination of an instance.
    Terminate(InstanceId),
}

impl Action {
    /// What the action acts on.
    pub fn key(&self) -> ActionKey {
        match self {
            Self::Cluster(action) => action.key(),
            Self::Cloud(action) => action.key(),
        }
    }

    /// Whether both are of one kind, such as two evictions.
    pub fn is_alike(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Cluster(one), Self::Cluster(two)) => one.is_alike(two),
            (Self::Cloud(one), Self::Cloud(two)) => discriminant(one) == discriminant(two),
            (Self::Cluster(_), Self::Cloud(_)) | (Self::Cloud(_), Self::Cluster(_)) => false,
        }
    }
}

impl ClusterAction {
    /// What the action acts on.
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
    /// Whether both are of one kind.
    pub fn is_alike(&self, other: &Self) -> bool {
        discriminant(self) == discriminant(other)
    }
}

impl CloudAction {
    /// What the action acts on.
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
