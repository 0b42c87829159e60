//! Taints and tolerations (Kubernetes: `core/v1` `Taint`, `Toleration`).

use std::sync::Arc;

use crate::time::Time;

/// Key of the taint on a cordoned node.
pub const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// Key of the taint on a node whose condition `Ready` is `False`.
pub const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// Key of the taint on a node whose condition `Ready` is `Unknown`.
pub const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

/// An entry of a node's `spec.taints`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taint {
    /// What tolerations are matched with, such as `node.kubernetes.io/not-ready`.
    pub key: Arc<str>,
    /// `value`; may be empty.
    pub value: Arc<str>,
    /// What it does to pods that do not tolerate it.
    pub effect: Effect,
    /// `timeAdded`; set for `NoExecute` taints by the node lifecycle controller.
    pub added_at: Option<Time>,
}

/// `effect` of a taint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Pods that do not tolerate it are not scheduled to the node.
    NoSchedule,
    /// The scheduler avoids the node for pods that do not tolerate it.
    PreferNoSchedule,
    /// As `NoSchedule`, and running pods that do not tolerate it are evicted.
    NoExecute,
}

/// An entry of a pod's `spec.tolerations`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Toleration {
    /// `key`; `None` matches every key.
    pub key: Option<Arc<str>>,
    /// `value`; `None` matches every value (operator `Exists`).
    pub value: Option<Arc<str>>,
    /// `effect`; `None` matches every effect.
    pub effect: Option<Effect>,
    /// `tolerationSeconds`: how long a `NoExecute` taint is tolerated; `None` is for ever.
    pub seconds: Option<i64>,
}

impl Toleration {
    /// Whether key, value and effect match the taint (Kubernetes: `Toleration.ToleratesTaint`).
    pub fn tolerates(&self, taint: &Taint) -> bool {
        self.effect.is_none_or(|effect| effect == taint.effect)
            && self.key.as_ref().is_none_or(|key| *key == taint.key)
            && self.value.as_ref().is_none_or(|value| *value == taint.value)
    }
}

impl Taint {
    /// A taint without `timeAdded`.
    pub fn new(key: &str, value: &str, effect: Effect) -> Self {
        Self { key: Arc::from(key), value: Arc::from(value), effect, added_at: None }
    }

    /// Whether at least one of the tolerations matches it.
    pub fn tolerated_by(&self, tolerations: &[Toleration]) -> bool {
        tolerations.iter().any(|toleration| toleration.tolerates(self))
    }
}

impl Effect {
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoSchedule => "NoSchedule",
            Self::PreferNoSchedule => "PreferNoSchedule",
            Self::NoExecute => "NoExecute",
        }
    }
}
