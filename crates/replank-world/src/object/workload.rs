//! Workload objects (what owns pods) and Services.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{AsGiven, Meta, PodTemplate};
use crate::time::{Span, Time};
use crate::vocab::percent::IntOrPercent;
use crate::vocab::selector::Selector;

/// A `ReplicaSet`, or a `ReplicationController`, which behaves the same.
#[derive(Clone, Debug)]
pub struct ReplicaSet {
    /// Its metadata; the owner is its Deployment.
    pub meta: Meta,
    /// `spec.replicas`.
    pub replicas: i64,
    /// `spec.selector`: pods it counts and adopts.
    pub selector: Selector,
    /// `spec.template`.
    pub template: Arc<PodTemplate>,
    /// `minReadySeconds`: how long a pod must be Ready to count as available.
    pub min_ready: Span,
    /// `status.replicas`, `readyReplicas`, `availableReplicas`, in this order.
    pub status: [i64; 3],
    /// `status.terminatingReplicas`; `None` in versions that do not tell it.
    pub terminating: Option<i64>,
    /// Condition `ReplicaFailure`, while its pods are refused.
    pub failure: Option<Condition>,
    /// Whether it is shown as a `ReplicationController`.
    pub is_controller: bool,
    /// Annotation `deployment.kubernetes.io/revision`; 0 without a Deployment.
    pub revision: u64,
    /// Pods it has created so far; the names of the next ones are drawn from this number.
    pub made: u64,
}

/// Rolls a pod template out over ReplicaSets (`apps/v1`).
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Name, namespace, labels and deletion.
    pub meta: Meta,
    /// `spec.replicas`.
    pub replicas: i64,
    /// `spec.selector`: ReplicaSets and pods that belong to it.
    pub selector: Selector,
    /// `spec.template`.
    pub template: Arc<PodTemplate>,
    /// `minReadySeconds`: how long a pod must be Ready to count as available.
    pub min_ready: Span,
    /// Strategy `Recreate`: all old pods go before a new one comes.
    pub recreate: bool,
    /// `rollingUpdate.maxSurge`; a percentage is of `replicas`, rounded up.
    pub max_surge: IntOrPercent,
    /// `rollingUpdate.maxUnavailable`; a percentage is of `replicas`, rounded down.
    pub max_unavailable: IntOrPercent,
    /// `spec.paused`: template changes are not rolled out.
    pub paused: bool,
    /// `status.replicas`, `readyReplicas`, `availableReplicas`, in this order.
    pub status: [i64; 3],
    /// `status.updatedReplicas`.
    pub updated: i64,
    /// `status.terminatingReplicas`, the sum over its ReplicaSets; `None` in versions that do not tell it.
    pub terminating: Option<i64>,
    /// `status.observedGeneration`.
    pub observed: u64,
    /// `progressDeadlineSeconds`; `None` when it is set to the largest number, which means no deadline.
    pub progress_deadline: Option<Span>,
    /// Condition `Progressing`; `None` until the first sync.
    pub progressing: Option<Condition>,
    /// Condition `Available`; `None` until the first sync.
    pub available: Option<Condition>,
    /// Condition `ReplicaFailure`, as its ReplicaSets have it.
    pub failure: Option<Condition>,
    /// The object as it was written last, unknown fields included.
    pub raw: AsGiven,
}

/// A `status.conditions` entry, its type given by the field that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `status`.
    pub truth: Truth,
    /// Why it has its status, as one word, such as `MinimumReplicasAvailable`.
    pub reason: &'static str,
    /// The same as a sentence for people.
    pub message: Arc<str>,
    /// `lastUpdateTime`.
    pub updated_at: Time,
    /// `lastTransitionTime`.
    pub since: Time,
}

impl Condition {
    /// A condition whose two times are `now`.
    pub fn new(truth: Truth, reason: &'static str, message: impl Into<Arc<str>>, now: Time) -> Self {
        Self { truth, reason, message: message.into(), updated_at: now, since: now }
    }
}

/// `status` of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// The condition holds.
    True,
    /// It does not hold.
    False,
    /// It cannot be told.
    Unknown,
}

/// Pods with names and claims of their own, one for each ordinal (`apps/v1`).
#[derive(Clone, Debug)]
pub struct StatefulSet {
    /// Name, namespace, labels and deletion.
    pub meta: Meta,
    /// `spec.replicas`.
    pub replicas: i64,
    /// `spec.ordinals.start`: the ordinal of the first member, 0 by default.
    pub first: i64,
    /// `spec.selector`: pods it counts and adopts.
    pub selector: Selector,
    /// `spec.template`.
    pub template: Arc<PodTemplate>,
    /// `volumeClaimTemplates`: name, and the claim as it was given.
    pub claims: Vec<(Arc<str>, AsGiven)>,
    /// `persistentVolumeClaimRetentionPolicy.whenDeleted`.
    pub claims_when_deleted: Fate,
    /// `persistentVolumeClaimRetentionPolicy.whenScaled`.
    pub claims_when_scaled: Fate,
    /// `podManagementPolicy`.
    pub management: PodManagement,
    /// `minReadySeconds`: how long a pod must be Ready to count as available.
    pub min_ready: Span,
    /// `rollingUpdate.partition`: members from this ordinal on are updated; `None` with strategy `OnDelete`.
    pub partition: Option<i64>,
    /// `rollingUpdate.maxUnavailable`: members updated at once, one without it; not every version knows it.
    pub max_unavailable: Option<IntOrPercent>,
    /// `status.replicas`, `readyReplicas`, `availableReplicas`, in this order.
    pub status: [i64; 3],
    /// The object as it was written last, unknown fields included.
    pub raw: AsGiven,
}

/// A value of `persistentVolumeClaimRetentionPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// The claims of removed members stay.
    #[default]
    Retain,
    /// The claims are deleted with their members.
    Delete,
}

/// `podManagementPolicy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodManagement {
    /// Members are created, deleted and updated one at a time, in the order of their ordinals.
    OrderedReady,
    /// Members are created and deleted at once.
    Parallel,
}

/// One pod on every node that fits its template (`apps/v1`).
#[derive(Clone, Debug)]
pub struct DaemonSet {
    /// Name, namespace, labels and deletion.
    pub meta: Meta,
    /// `spec.selector`: pods it counts and adopts.
    pub selector: Selector,
    /// `spec.template`, with the tolerations that the controller adds.
    pub template: Arc<PodTemplate>,
    /// `rollingUpdate.maxUnavailable`; a percentage is of the nodes it should run on, rounded up. `None` with
    /// `OnDelete`.
    pub max_unavailable: Option<IntOrPercent>,
    /// `rollingUpdate.maxSurge`; a percentage is of the nodes it should run on, rounded up.
    pub max_surge: IntOrPercent,
    /// `minReadySeconds`: how long a pod must be Ready to count as available.
    pub min_ready: Span,
    /// `desiredNumberScheduled`, `currentNumberScheduled`, `numberReady`, `numberMisscheduled`.
    pub status: [i64; 4],
    /// `updatedNumberScheduled`, `numberAvailable`, `numberUnavailable`.
    pub rollout: [i64; 3],
    /// `status.observedGeneration`.
    pub observed: u64,
    /// Pods it has created so far; the names of the next ones are drawn from this number.
    pub made: u64,
    /// The object as it was written last, unknown fields included.
    pub raw: AsGiven,
}

/// Pods that run to an end, a number of them or until one succeeds (`batch/v1`).
#[derive(Clone, Debug)]
pub struct Job {
    /// Its metadata; the owner is its CronJob.
    pub meta: Meta,
    /// `parallelism`: pods that run at once.
    pub parallelism: i64,
    /// `completions`: pods that have to succeed; `None` ends the Job with the first success.
    pub completions: Option<i64>,
    /// `backoffLimit`: failed pods that are replaced before the Job fails.
    pub backoff_limit: i64,
    /// `spec.template`.
    pub template: Arc<PodTemplate>,
    /// `podReplacementPolicy`.
    pub replacement: PodReplacement,
    /// `podFailurePolicy.rules`.
    pub failure_policy: Vec<FailureRule>,
    /// `backoffLimitPerIndex`: failures of one index before it fails for good.
    pub backoff_per_index: Option<i64>,
    /// `maxFailedIndexes`: failed indexes before the Job fails.
    pub failed_indexes_max: Option<i64>,
    /// `activeDeadlineSeconds`: from `started_at` on.
    pub deadline: Option<Span>,
    /// `ttlSecondsAfterFinished`: how long it is kept after its end.
    pub ttl: Option<Span>,
    /// Whether `completionMode` is `Indexed`.
    pub indexed: bool,
    /// `suspend`.
    pub suspended: bool,
    /// How long one of its pods runs before it succeeds; `None` runs until it is stopped. Comes from the world's
    /// timings, not from the API.
    pub work: Option<Span>,
    /// `status.succeeded`.
    pub succeeded: i64,
    /// `status.failed`: failures that count against `backoff_limit`.
    pub failed: i64,
    /// `status.completedIndexes`.
    pub completed: BTreeSet<i64>,
    /// `status.failedIndexes`.
    pub failed_indexes: BTreeSet<i64>,
    /// Failures of each index so far, and the time of the last one.
    pub index_failures: BTreeMap<i64, (i64, Time)>,
    /// Failures since the last success, and the time of the last one; the back-off before the next pod follows
    /// from them.
    pub failures: (u32, Option<Time>),
    /// `status.startTime`; `None` while it is suspended.
    pub started_at: Option<Time>,
    /// Condition `Suspended`: whether it is `True`, and since when. `None` for a Job that never was suspended.
    pub suspension: Option<(bool, Time)>,
    /// How the Job ended; `None` while it runs.
    pub end: Option<Completion>,
    /// When it ended: `completionTime`, or the transition to `Failed`.
    pub ended_at: Option<Time>,
    /// Pods it has created so far; the names of the next ones are drawn from this number.
    pub made: u64,
    /// The object as it was written last, unknown fields included.
    pub raw: AsGiven,
}

/// The terminal condition of a Job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// Condition `Complete`.
    Complete,
    /// Condition `Failed`, reason `BackoffLimitExceeded`.
    BackoffLimitExceeded,
    /// Condition `Failed`, reason `DeadlineExceeded`.
    DeadlineExceeded,
    /// Condition `Failed`, reason `PodFailurePolicy`.
    PodFailurePolicy,
    /// Condition `Failed`, reason `FailedIndexes`.
    FailedIndexes,
    /// Condition `Failed`, reason `MaxFailedIndexesExceeded`.
    MaxFailedIndexesExceeded,
}

impl Completion {
    /// Reason and message of condition `Failed`; `None` for a Job that completed.
    pub fn failure(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::Complete => return None,
            Self::BackoffLimitExceeded => {
                ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
            }
            Self::DeadlineExceeded => ("DeadlineExceeded", "Job was active longer than specified deadline"),
            Self::PodFailurePolicy => ("PodFailurePolicy", "A pod failed in a way that fails the Job"),
            Self::FailedIndexes => ("FailedIndexes", "Job has failed indexes"),
            Self::MaxFailedIndexesExceeded => (
                "MaxFailedIndexesExceeded",
                "Job has exceeded the specified maximal number of failed indexes",
            ),
        })
    }
}

/// One of `podFailurePolicy.rules`: the first that matches a failed pod applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureRule {
    /// What a matching failure does to the Job.
    pub action: FailureAction,
    /// The failures it matches.
    pub on: FailureOn,
}

/// `action` of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureAction {
    /// `Count`: the failure counts against the back-off limit, as without a rule.
    Count,
    /// `FailIndex`: the index of the pod is not tried again.
    FailIndex,
    /// `FailJob`: the Job fails at once.
    FailJob,
    /// `Ignore`: the failure is not counted and the pod is replaced.
    Ignore,
}

/// The failures that a rule matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureOn {
    /// `onExitCodes`; `containerName` is not looked at.
    ExitCodes {
        /// Whether the operator is `NotIn` instead of `In`.
        not_in: bool,
        /// `values`: exit codes.
        values: BTreeSet<i64>,
    },
    /// `onPodConditions`: condition types that are `True`, such as `DisruptionTarget`.
    Conditions(Vec<Arc<str>>),
}

/// `podReplacementPolicy`: when a lost pod is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodReplacement {
    /// When it is terminating or has failed.
    TerminatingOrFailed,
    /// Only when it has failed for good.
    Failed,
}

/// Creates Jobs by a schedule (`batch/v1`).
#[derive(Clone, Debug)]
pub struct CronJob {
    /// Name, namespace, labels and deletion.
    pub meta: Meta,
    /// `schedule`: five fields or a descriptor such as `@hourly`, read in UTC.
    pub schedule: Arc<str>,
    /// `suspend`.
    pub suspended: bool,
    /// `concurrencyPolicy`.
    pub overlap: Overlap,
    /// `jobTemplate`: the Jobs it creates get their names at creation.
    pub job: Box<Job>,
    /// Jobs it has created so far.
    pub made: u64,
    /// `status.lastScheduleTime`: the due time of its last Job.
    pub scheduled_at: Option<Time>,
    /// `status.lastSuccessfulTime`: when one of its Jobs last completed.
    pub succeeded_at: Option<Time>,
    /// The object as it was written last, unknown fields included.
    pub raw: AsGiven,
}

/// `concurrencyPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlap {
    /// Jobs may run at the same time.
    #[default]
    Allow,
    /// A Job that is due while another runs is skipped.
    Forbid,
    /// A Job that is due takes the place of the one that runs.
    Replace,
}

/// A `Service`, with the endpoints of its EndpointSlices.
#[derive(Clone, Debug)]
pub struct Service {
    /// Name, namespace, labels and deletion.
    pub meta: Meta,
    /// `selector`: the pods behind it; `None` when its endpoints are not managed by the cluster.
    pub selector: Option<Selector>,
    /// `publishNotReadyAddresses`: pods count as ready whatever their condition says.
    pub publishes_unready: bool,
    /// Conditions of the endpoint of each pod, by pod name: ready, serving, terminating.
    pub endpoints: BTreeMap<Arc<str>, [bool; 3]>,
    /// The object as it was written last, unknown fields included.
    pub raw: AsGiven,
}
