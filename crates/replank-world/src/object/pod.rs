//! The `Pod` object.

use std::sync::Arc;

use super::ids::{ClaimId, NodeId};
use super::{Meta, PodTemplate};
use crate::time::Time;

/// A `Pod`: what the scheduler, the kubelet, the controllers and the eviction API read of it.
#[derive(Clone, Debug)]
pub struct Pod {
    /// Its metadata; the owner is its controller.
    pub meta: Meta,
    /// Labels and spec it was created with, shared by the pods of one template.
    pub template: Arc<PodTemplate>,
    /// `spec.nodeName`: the node it is bound to; `None` until it is scheduled.
    pub node: Option<NodeId>,
    /// `status.nominatedNodeName`: the node on which preemption makes room for it.
    pub nominated: Option<NodeId>,
    /// The node name in the `matchFields` affinity that the DaemonSet controller gives its pods.
    pub pinned: Option<Arc<str>>,
    /// `status.phase`.
    pub phase: Phase,
    /// Condition `Ready`.
    pub ready: Ready,
    /// Condition `ContainersReady` is `True` and a readiness gate keeps `Ready` from being so.
    pub gates_closed: bool,
    /// Condition `PodScheduled`.
    pub scheduled: Scheduled,
    /// Reason of condition `DisruptionTarget` while it is `True`, such as `EvictionByEvictionAPI`.
    pub disruption: Option<&'static str>,
    /// When its containers started: `status.containerStatuses[].state.running.startedAt`.
    pub started_at: Option<Time>,
    /// When it became `Succeeded` or `Failed`.
    pub finished_at: Option<Time>,
    /// `reason` of a waiting container, such as `ImagePullBackOff`.
    pub waiting: Option<Arc<str>>,
    /// `restartCount` of its containers.
    pub restarts: u32,
    /// The `PersistentVolumeClaims` it mounts.
    pub claims: Vec<ClaimId>,
    /// Completion index of an indexed Job's pod, or ordinal of a StatefulSet's.
    pub ordinal: Option<i64>,
    /// Whether it is the mirror of a static pod, which its kubelet runs whatever the API says.
    pub mirror: bool,
    /// Whether its requests are in `Node::used`. Maintained by the world on each write.
    pub counted: bool,
}

/// `status.phase`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Not all containers have started.
    Pending,
    /// All containers started; at least one runs or is being restarted.
    Running,
    /// All containers succeeded and are not restarted.
    Succeeded,
    /// All containers ended and at least one failed.
    Failed,
}

/// Condition `Ready`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Whether its status is `True`.
    pub is: bool,
    /// `lastTransitionTime`.
    pub since: Time,
}

/// Condition `PodScheduled`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheduled {
    /// The scheduler has not tried yet: the condition is absent.
    Waiting,
    /// `True`: bound to a node.
    Bound,
    /// `False`, reason `Unschedulable`, with the scheduler's message.
    Unschedulable(Arc<str>),
}

impl Pod {
    /// Whether its phase is `Succeeded` or `Failed`.
    pub fn finished(&self) -> bool {
        matches!(self.phase, Phase::Succeeded | Phase::Failed)
    }

    /// Whether it has a `deletionTimestamp`.
    pub fn terminating(&self) -> bool {
        self.meta.deletion.is_some()
    }

    /// Whether its controller counts it: neither finished nor terminating (Kubernetes: `IsPodActive`).
    pub fn active(&self) -> bool {
        !self.finished() && !self.terminating()
    }
}
