//! What the eviction of a pod means for the Job that it works for.

use std::sync::Arc;

/// An eviction as its Job will take it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobLoss {
    /// Name of the Job.
    pub job: Arc<str>,
    /// What the eviction does to it.
    pub effect: JobEffect,
    /// Number of the rule of `podFailurePolicy` that decides, from 1; `None` when none of them matches or a
    /// limit decides.
    pub rule: Option<u32>,
    /// The exit code that its containers are taken to end with, where that rule looks at it.
    pub exit_code: Option<u32>,
    /// Failures of the Job, or of its index, with this one and those of its other pods that would be evicted before.
    pub failures: u32,
    /// Failures that may be before the Job, or its index, has failed: `backoffLimit` or `backoffLimitPerIndex`.
    pub limit: u32,
    /// Completion index of the pod, where each index has a limit of its own.
    pub index: Option<u32>,
}

/// What an eviction does to a Job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JobEffect {
    /// Nothing: the work of the pod begins again and no failure is counted.
    Ignored,
    /// A failure is counted, and the work of the pod begins again.
    Counts,
    /// The index has failed for good.
    FailsIndex,
    /// The Job has failed.
    FailsJob,
}
