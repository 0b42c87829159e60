//! A pod.

use std::sync::Arc;

use super::ids::{ClaimId, NodeId};
use super::{Meta, PodTemplate};
use crate::time::Time;

/// A pod.
#[derive(Clone, Debug)]
pub struct Pod {
    /// Name, labels, owner and so on.
    pub meta: Meta,
    /// What it was made from.
    pub template: Arc<PodTemplate>,
    /// The node it is bound to.
    pub node: Option<NodeId>,
    /// The node that preemption makes room on.
    pub nominated: Option<NodeId>,
    /// The one node it belongs to, for DaemonSet pods (affinity by `metadata.name`).
    pub pinned: Option<Arc<str>>,
    /// `status.phase`.
    pub phase: Phase,
    /// Condition `Ready`.
    pub ready: Ready,
    /// Its containers are ready, and a readiness gate keeps it from being so.
    pub gates_closed: bool,
    /// Condition `PodScheduled`.
    pub scheduled: Scheduled,
    /// Condition `DisruptionTarget` is `True`, with this reason.
    pub disruption: Option<&'static str>,
    /// When its containers started.
    pub started_at: Option<Time>,
    /// When it reached a terminal phase.
    pub finished_at: Option<Time>,
    /// Why a container waits, such as `ImagePullBackOff`.
    pub waiting: Option<Arc<str>>,
    /// Restarts of its containers.
    pub restarts: u32,
    /// Claims it uses.
    pub claims: Vec<ClaimId>,
    /// Index of an indexed Job's pod, ordinal of a StatefulSet's.
    pub ordinal: Option<i64>,
    /// Whether it mirrors a static pod.
    pub mirror: bool,
    /// Whether its requests are counted on its node; the world keeps this.
    pub counted: bool,
}

/// `status.phase`.
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

/// Condition `Ready`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Whether it is `True`.
    pub is: bool,
    /// Since when.
    pub since: Time,
}

/// Condition `PodScheduled`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheduled {
    /// Not tried yet.
    Waiting,
    /// Bound.
    Bound,
    /// No node fits; the scheduler's message.
    Unschedulable(Arc<str>),
}

impl Pod {
    /// Whether it reached a terminal phase.
    pub fn finished(&self) -> bool {
        matches!(self.phase, Phase::Succeeded | Phase::Failed)
    }

    /// Whether it is being deleted.
    pub fn terminating(&self) -> bool {
        self.meta.deletion.is_some()
    }

    /// Whether its controller counts it (Kubernetes: `IsPodActive`).
    pub fn active(&self) -> bool {
        !self.finished() && !self.terminating()
    }
}
