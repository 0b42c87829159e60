//! What keeps pods off a node besides our own marks, and who set it as far as the cluster tells.

use std::sync::Arc;

use jiff::Timestamp;

/// Key of the taint on a node that Cluster Autoscaler is about to remove (`taints.ToBeDeletedTaint`).
pub const TO_BE_DELETED: &str = "ToBeDeletedByClusterAutoscaler";
/// Keys of the taint on a node that Karpenter is about to remove: since version 1, and before.
const DISRUPTED: [&str; 2] = ["karpenter.sh/disrupted", "karpenter.sh/disruption"];
/// Prefix of the taints of the node lifecycle controller.
const OF_LIFECYCLE: &str = "node.kubernetes.io/";
/// Key of the taint by which the node lifecycle controller follows `spec.unschedulable`.
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// While a node has one of these it is not up, whatever its conditions say (Kubernetes: well-known taints).
const NOT_UP: [&str; 4] = [
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/network-unavailable",
    "node.cloudprovider.kubernetes.io/uninitialized",
];

/// A taint, by what identifies it on a node (Kubernetes: key and effect).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taint {
    /// `key`, such as `node.kubernetes.io/unreachable`.
    pub key: Arc<str>,
    /// `NoSchedule` or `NoExecute`; taints with another effect are not kept.
    pub effect: Effect,
}

/// Effect of a taint on pods that do not tolerate it. `PreferNoSchedule` keeps no pod off and is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// New pods are kept off.
    NoSchedule,
    /// New pods are kept off and running pods are evicted.
    NoExecute,
}

/// A taint on a node, and who set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenTaint {
    /// Key and effect.
    pub taint: Taint,
    /// Who last changed the node's taints, and when this one was added, as far as the cluster tells.
    pub touch: Touch,
}

/// Who changed something and when, as far as the cluster tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touch {
    /// Client or controller (Kubernetes: field manager, or source of an Event).
    pub by: Option<Arc<str>>,
    /// Time of the change.
    pub at: Option<Timestamp>,
}

/// Something that keeps pods off a node, and who set it.
#[derive(Clone, Debug, PartialEq)]
pub struct Closure {
    /// Cordon or taint.
    pub what: Closing,
    /// Client or controller that set it, if known.
    pub by: Option<Arc<str>>,
    /// When it was set, if known.
    pub since: Option<Timestamp>,
}

/// What keeps pods off a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closing {
    /// `spec.unschedulable`.
    Cordon,
    /// A taint that neither belongs to the group nor is ours.
    Taint(Taint),
}

impl Effect {
    /// The effect of that name; `None` for `PreferNoSchedule` and unknown ones.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "NoSchedule" => Some(Self::NoSchedule),
            "NoExecute" => Some(Self::NoExecute),
            _ => None,
        }
    }

    /// The name of the effect in Kubernetes.
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

    /// Whether it is the taint by which the node lifecycle controller follows a cordon.
    pub(super) fn answers_cordon(&self) -> bool {
        self.effect == Effect::NoSchedule && &*self.key == UNSCHEDULABLE
    }

    /// Whether it only repeats what is read elsewhere: `spec.unschedulable`, or condition `Ready`, which it follows
    /// some seconds late while pods tolerate it for minutes (Kubernetes: `DefaultTolerationSeconds`).
    pub(super) fn is_echo(&self) -> bool {
        let late = self.effect == Effect::NoExecute && NOT_UP.contains(&&*self.key);
        &*self.key == UNSCHEDULABLE || late
    }

    /// The component that sets taints with that key, where only one does.
    pub fn owner(&self) -> Option<&'static str> {
        let lifecycle = self.key.starts_with(OF_LIFECYCLE).then_some("node-controller");
        self.remover().or(lifecycle)
    }

    /// The autoscaler that marks nodes for removal with it.
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
