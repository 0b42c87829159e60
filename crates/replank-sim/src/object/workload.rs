//! What owns pods, and services.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::{Meta, PodTemplate};
use crate::time::{Span, Time};
use crate::vocab::percent::IntOrPercent;
use crate::vocab::selector::Selector;

/// A `ReplicaSet` (or a `ReplicationController`, which behaves the same).
#[derive(Clone, Debug)]
pub struct ReplicaSet {
    /// Name, owner and so on.
    pub meta: Meta,
    /// `spec.replicas`.
    pub replicas: i64,
    /// Which pods are its own.
    pub selector: Selector,
    /// What it makes.
    pub template: Arc<PodTemplate>,
    /// `minReadySeconds`.
    pub min_ready: Span,
    /// `status.replicas`, `readyReplicas`, `availableReplicas`.
    pub status: [i64; 3],
    /// Whether it is a `ReplicationController`.
    pub is_controller: bool,
    /// Its revision in a Deployment.
    pub revision: u64,
    /// How many pods it ever made; names them.
    pub made: u64,
}

/// A `Deployment`.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Name and so on.
    pub meta: Meta,
    /// `spec.replicas`.
    pub replicas: i64,
    /// Which pods are its own.
    pub selector: Selector,
    /// What it makes.
    pub template: Arc<PodTemplate>,
    /// `minReadySeconds`.
    pub min_ready: Span,
    /// `Recreate` instead of a rolling update.
    pub recreate: bool,
    /// `maxSurge`.
    pub max_surge: IntOrPercent,
    /// `maxUnavailable`.
    pub max_unavailable: IntOrPercent,
    /// `spec.paused`.
    pub paused: bool,
    /// `status.replicas`, `readyReplicas`, `availableReplicas`.
    pub status: [i64; 3],
    /// `status.updatedReplicas`.
    pub updated: i64,
    /// `status.observedGeneration`.
    pub observed: u64,
    /// `progressDeadlineSeconds`; `None` when it has all the time in the world.
    pub progress_deadline: Option<Span>,
    /// Condition `Progressing`.
    pub progressing: Option<Condition>,
    /// Condition `Available`.
    pub available: Option<Condition>,
    /// As it was given.
    pub raw: Arc<Value>,
}

/// A condition of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `status`.
    pub truth: Truth,
    /// `reason`.
    pub reason: &'static str,
    /// `message`.
    pub message: Arc<str>,
    /// `lastUpdateTime`.
    pub updated_at: Time,
    /// `lastTransitionTime`.
    pub since: Time,
}

impl Condition {
    /// One that begins now.
    pub fn new(truth: Truth, reason: &'static str, message: impl Into<Arc<str>>, now: Time) -> Self {
        Self { truth, reason, message: message.into(), updated_at: now, since: now }
    }
}

/// `status` of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// `True`.
    True,
    /// `False`.
    False,
    /// `Unknown`.
    Unknown,
}

/// A `StatefulSet`.
#[derive(Clone, Debug)]
pub struct StatefulSet {
    /// Name and so on.
    pub meta: Meta,
    /// `spec.replicas`.
    pub replicas: i64,
    /// `spec.ordinals.start`.
    pub first: i64,
    /// Which pods are its own.
    pub selector: Selector,
    /// What it makes.
    pub template: Arc<PodTemplate>,
    /// `volumeClaimTemplates`: name and the claim as given.
    pub claims: Vec<(Arc<str>, Arc<Value>)>,
    /// `persistentVolumeClaimRetentionPolicy.whenDeleted`.
    pub claims_when_deleted: Fate,
    /// `persistentVolumeClaimRetentionPolicy.whenScaled`.
    pub claims_when_scaled: Fate,
    /// `podManagementPolicy`.
    pub management: PodManagement,
    /// `minReadySeconds`.
    pub min_ready: Span,
    /// `rollingUpdate.partition`; `None` with strategy `OnDelete`.
    pub partition: Option<i64>,
    /// `status.replicas`, `readyReplicas`, `availableReplicas`.
    pub status: [i64; 3],
    /// As it was given.
    pub raw: Arc<Value>,
}

/// What becomes of the claims of members that are no longer wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// They stay.
    #[default]
    Retain,
    /// They go with them.
    Delete,
}

/// `podManagementPolicy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodManagement {
    /// One after the other.
    OrderedReady,
    /// All at once.
    Parallel,
}

/// A `DaemonSet`.
#[derive(Clone, Debug)]
pub struct DaemonSet {
    /// Name and so on.
    pub meta: Meta,
    /// Which pods are its own.
    pub selector: Selector,
    /// What it makes.
    pub template: Arc<PodTemplate>,
    /// `maxUnavailable` of its rolling update; `None` with `OnDelete`.
    pub max_unavailable: Option<IntOrPercent>,
    /// `maxSurge` of its rolling update.
    pub max_surge: IntOrPercent,
    /// `minReadySeconds`.
    pub min_ready: Span,
    /// `desiredNumberScheduled`, `currentNumberScheduled`, `numberReady`, `numberMisscheduled`.
    pub status: [i64; 4],
    /// `updatedNumberScheduled`, `numberAvailable`, `numberUnavailable`.
    pub rollout: [i64; 3],
    /// `status.observedGeneration`.
    pub observed: u64,
    /// How many pods it ever made.
    pub made: u64,
    /// As it was given.
    pub raw: Arc<Value>,
}

/// A `Job`.
#[derive(Clone, Debug)]
pub struct Job {
    /// Name, owner and so on.
    pub meta: Meta,
    /// `parallelism`.
    pub parallelism: i64,
    /// `completions`; `None` ends with the first success.
    pub completions: Option<i64>,
    /// `backoffLimit`.
    pub backoff_limit: i64,
    /// What it makes.
    pub template: Arc<PodTemplate>,
    /// When a replacement is made.
    pub replacement: PodReplacement,
    /// `podFailurePolicy.rules`.
    pub failure_policy: Vec<FailureRule>,
    /// `backoffLimitPerIndex`.
    pub backoff_per_index: Option<i64>,
    /// `maxFailedIndexes`.
    pub failed_indexes_max: Option<i64>,
    /// `activeDeadlineSeconds`.
    pub deadline: Option<Span>,
    /// `ttlSecondsAfterFinished`.
    pub ttl: Option<Span>,
    /// `Indexed` completion mode.
    pub indexed: bool,
    /// `suspend`.
    pub suspended: bool,
    /// How long one pod works.
    pub work: Option<Span>,
    /// Pods that ended well.
    pub succeeded: i64,
    /// Pods that failed.
    pub failed: i64,
    /// Indexes that are done, of an `Indexed` Job.
    pub completed: BTreeSet<i64>,
    /// Indexes that failed for good, of a Job with a back-off for each.
    pub failed_indexes: BTreeSet<i64>,
    /// Failures of each index, and when the last one was.
    pub index_failures: BTreeMap<i64, (i64, Time)>,
    /// Failures since the last success, and when the last one was.
    pub failures: (u32, Option<Time>),
    /// `status.startTime`; a Job that is suspended has none.
    pub started_at: Option<Time>,
    /// Condition `Suspended`: whether it is `True`, and since when. A Job that never was has none.
    pub suspension: Option<(bool, Time)>,
    /// Whether and how it is over.
    pub end: Option<Completion>,
    /// When it was over.
    pub ended_at: Option<Time>,
    /// How many pods it ever made.
    pub made: u64,
    /// As it was given.
    pub raw: Arc<Value>,
}

/// How a Job ended.
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
    /// Reason and message of condition `Failed`; `None` when it ended well.
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

/// A rule of `podFailurePolicy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureRule {
    /// `action`.
    pub action: FailureAction,
    /// Which failures it is about.
    pub on: FailureOn,
}

/// `action` of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureAction {
    /// The failure counts, as without a rule.
    Count,
    /// The index of the pod is not tried again.
    FailIndex,
    /// The Job is over.
    FailJob,
    /// The failure does not count.
    Ignore,
}

/// Which failures a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureOn {
    /// `onExitCodes`; containers are not told apart.
    ExitCodes {
        /// `operator: NotIn`.
        not_in: bool,
        /// `values`.
        values: BTreeSet<i64>,
    },
    /// `onPodConditions`: types of conditions that are `True`.
    Conditions(Vec<Arc<str>>),
}

/// `podReplacementPolicy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodReplacement {
    /// As soon as a pod is terminating.
    TerminatingOrFailed,
    /// Once it failed.
    Failed,
}

/// A `CronJob`.
#[derive(Clone, Debug)]
pub struct CronJob {
    /// Name and so on.
    pub meta: Meta,
    /// The schedule, five fields.
    pub schedule: Arc<str>,
    /// `suspend`.
    pub suspended: bool,
    /// `concurrencyPolicy`.
    pub overlap: Overlap,
    /// What it makes: a Job without its own name.
    pub job: Box<Job>,
    /// How many Jobs it ever made.
    pub made: u64,
    /// `status.lastScheduleTime`: when the last Job was due.
    pub scheduled_at: Option<Time>,
    /// `status.lastSuccessfulTime`: when a Job ended well last.
    pub succeeded_at: Option<Time>,
    /// As it was given.
    pub raw: Arc<Value>,
}

/// `concurrencyPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlap {
    /// Jobs may run at once.
    #[default]
    Allow,
    /// The next one waits for the one before.
    Forbid,
    /// The next one takes the place of the one before.
    Replace,
}

/// A `Service`, and what its EndpointSlices say.
#[derive(Clone, Debug)]
pub struct Service {
    /// Name and so on.
    pub meta: Meta,
    /// Which pods serve it; empty is none.
    pub selector: Option<Selector>,
    /// `publishNotReadyAddresses`.
    pub publishes_unready: bool,
    /// Endpoints by pod name: ready, serving, terminating.
    pub endpoints: BTreeMap<Arc<str>, [bool; 3]>,
    /// As it was given.
    pub raw: Arc<Value>,
}
