//! What a drain may lose, and what a pod would lose by it.

/// What drain does with pods that lose something by it. The defaults are those of
/// `kubectl drain --ignore-daemonsets --delete-emptydir-data --force`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodRules {
    /// Pods that no controller brings back.
    pub bare: Loss,
    /// Pods whose `emptyDir` is lost.
    pub empty_dir: Loss,
    /// Pods of Jobs that still run.
    pub jobs: Jobs,
    /// The longest grace a pod gets, in seconds; `None` leaves the pod's own.
    pub grace_cap_seconds: Option<u32>,
}

/// Whether a loss is taken or refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Evict all the same; the plan names the pod.
    Accept,
    /// Leave the pod, and with it the node, until a person decides.
    Refuse,
}

/// What drain does with running Job pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jobs {
    /// Evict them like any other pod.
    Evict,
    /// Let them run to their end, inside the drain limit.
    WaitToEnd,
}

impl Default for PodRules {
    fn default() -> Self {
        Self { bare: Loss::Accept, empty_dir: Loss::Accept, jobs: Jobs::Evict, grace_cap_seconds: None }
    }
}

/// What is lost when a pod leaves: one thing or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LossKind {
    /// The pod itself: no controller brings it back.
    Pod,
    /// The content of its `emptyDir` volumes.
    EmptyDir,
    /// The pod itself, and the content of its `emptyDir` volumes.
    PodAndEmptyDir,
}

impl LossKind {
    /// What is lost, if anything, when the pod itself is or is not, and its `emptyDir` is or is not.
    pub fn of(pod: bool, empty_dir: bool) -> Option<Self> {
        match (pod, empty_dir) {
            (false, false) => None,
            (true, false) => Some(Self::Pod),
            (false, true) => Some(Self::EmptyDir),
            (true, true) => Some(Self::PodAndEmptyDir),
        }
    }
}
