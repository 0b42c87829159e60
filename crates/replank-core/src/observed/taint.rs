//! What keeps pods off a node besides our own marks, and who did it as far as the cluster tells.

use std::sync::Arc;

use jiff::Timestamp;

/// Taint of a node that an autoscaler is about to remove (Cluster Autoscaler: `taints.ToBeDeletedTaint`).
pub const TO_BE_DELETED: &str = "ToBeDeletedByClusterAutoscaler";
/// Taint of a node that Karpenter is about to remove, since its version 1 and before.
const DISRUPTED: [&str; 2] = ["karpenter.sh/disrupted", "karpenter.sh/disruption"];
/// The node lifecycle controller's taints begin with it.
const OF_LIFECYCLE: &str = "node.kubernetes.io/";
/// Follows `spec.unschedulable`, a moment late.
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// While one of these is there the node is not up, whatever its condition says (Kubernetes: well-known taints).
const NOT_UP: [&str; 4] = [
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/network-unavailable",
    "node.cloudprovider.kubernetes.io/uninitialized",
];

/// A taint by what tells it from others of its node (Kubernetes: key and effect).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taint {
    /// Its key.
    pub key: Arc<str>,
    /// What it does.
    pub effect: Effect,
}

/// What a taint does to pods that do not tolerate it. One that only prefers other nodes closes nothing and is not
/// looked at (Kubernetes: `PreferNoSchedule`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// New ones stay away.
    NoSchedule,
    /// New ones stay away and running ones go.
    NoExecute,
}

/// A taint on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenTaint {
    /// Which.
    pub taint: Taint,
    /// Who set the node's taints last, and when this one was set, as far as the cluster tells.
    pub touch: Touch,
}

/// Who changed something and when, as far as the cluster tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touch {
    /// The client or controller (Kubernetes: the manager of a field, or the source of an Event).
    pub by: Option<Arc<str>>,
    /// When.
    pub at: Option<Timestamp>,
}

/// Something that keeps pods off a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Closure {
    /// What.
    pub what: Closing,
    /// Who did it.
    pub by: Option<Arc<str>>,
    /// Since when.
    pub since: Option<Timestamp>,
}

/// What closes a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closing {
    /// `spec.unschedulable`.
    Cordon,
    /// A taint.
    Taint(Taint),
}

impl Effect {
    /// The effect of that name; `None` for one that closes nothing.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "NoSchedule" => Some(Self::NoSchedule),
            "NoExecute" => Some(Self::NoExecute),
            _ => None,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoSchedule => "NoSchedule",
            Self::NoExecute => "NoExecute",
        }
    }
}

impl Taint {
    /// Whether it says that the node is not up.
    pub(super) fn is_not_up(&self) -> bool {
        self.effect == Effect::NoSchedule && NOT_UP.contains(&&*self.key)
    }

    /// Whether it is the node lifecycle controller's answer to a cordon.
    pub(super) fn answers_cordon(&self) -> bool {
        self.effect == Effect::NoSchedule && &*self.key == UNSCHEDULABLE
    }

    /// Whether it says nothing that is not seen elsewhere: it repeats `spec.unschedulable`, or it follows condition
    /// `Ready` some seconds late, and every pod tolerates it for minutes (Kubernetes: `DefaultTolerationSeconds`).
    pub(super) fn is_echo(&self) -> bool {
        let late = self.effect == Effect::NoExecute && NOT_UP.contains(&&*self.key);
        &*self.key == UNSCHEDULABLE || late
    }

    /// Who sets taints of that key, where only one does.
    pub fn owner(&self) -> Option<&'static str> {
        let lifecycle = self.key.starts_with(OF_LIFECYCLE).then_some("node-controller");
        self.remover().or(lifecycle)
    }

    /// The autoscaler that says by it that the node is about to be removed.
    pub(super) fn remover(&self) -> Option<&'static str> {
        match &*self.key {
            TO_BE_DELETED => Some("cluster-autoscaler"),
            key if DISRUPTED.contains(&key) => Some("karpenter"),
            _ => None,
        }
    }
}

impl std::fmt::Display for Taint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.key, self.effect.as_str())
    }
}
