//! Which pods a drain may lose, and what is lost with a pod.

/// What a drain does with pods that lose something by it. The defaults are those of `kubectl drain --ignore-daemonsets
/// --delete-emptydir-data --force`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodRules {
    /// Pods without a controller, which nothing replaces (kubectl: `--force`).
    pub bare: Loss,
    /// Pods with an `emptyDir` volume (kubectl: `--delete-emptydir-data`).
    pub empty_dir: Loss,
    /// Running pods of Jobs.
    pub jobs: Jobs,
    /// Longest grace period in seconds; `None` leaves each pod its own (kubectl: `--grace-period`).
    pub grace_cap_seconds: Option<u32>,
}

/// Whether a loss is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Evict the pod; the plan names it.
    Accept,
    /// Leave the pod, and thereby the node, until a person decides.
    Refuse,
}

/// What a drain does with running pods of Jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jobs {
    /// Evict them like other pods.
    Evict,
    /// Let them run to their end, within the drain limit.
    WaitToEnd,
}

impl Default for PodRules {
    fn default() -> Self {
        Self { bare: Loss::Accept, empty_dir: Loss::Accept, jobs: Jobs::Evict, grace_cap_seconds: None }
    }
}

/// What is lost when a pod leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LossKind {
    /// The pod: no controller replaces it.
    Pod,
    /// The content of its `emptyDir` volumes.
    EmptyDir,
    /// The pod and the content of its `emptyDir` volumes.
    PodAndEmptyDir,
}

impl LossKind {
    /// The loss when the pod and its `emptyDir` content are lost or not; `None` when neither is.
    pub fn of(pod: bool, empty_dir: bool) -> Option<Self> {
        match (pod, empty_dir) {
            (false, false) => None,
            (true, false) => Some(Self::Pod),
            (false, true) => Some(Self::EmptyDir),
            (true, true) => Some(Self::PodAndEmptyDir),
        }
    }
}
