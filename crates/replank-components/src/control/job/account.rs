//! Accounting of a Job's pods: how many succeeded and failed, and when the next may be created; removes the
//! tracking finalizer from counted ones.

use std::collections::{BTreeMap, BTreeSet};

use super::policy::{Verdict, verdict};
use super::{TRACKING, ended, failed, indexed, is, tracked, write};
use crate::apiserver;
use replank_core::behaviour::Behaviour;
use replank_world::event_log::Severity;
use replank_world::object::{Completion, Job, Phase, Pod};
use replank_world::store::{JobId, PodId, Ref};
use replank_world::time::{Span, Time};
use replank_world::world::World;

/// Back-off after the first failure; it doubles (Kubernetes: `DefaultJobPodFailureBackOff`, 10 s).
const BACK_OFF_FIRST: Span = Span::secs(10);
/// The longest back-off (Kubernetes: `MaxJobPodFailureBackOff`, 10 min).
const BACK_OFF_MAX: Span = Span::secs(600);

/// The state of a Job's pods at one sync.
pub(super) struct Account {
    /// Pods that are neither finished, failed nor terminating.
    pub(super) active: Vec<PodId>,
    /// `status.terminating`: pods that are being deleted and have not ended.
    pub(super) terminating: i64,
    /// Succeeded pods, those not yet in the status included.
    pub(super) succeeded: i64,
    /// Failed pods, those not yet in the status included.
    pub(super) failed: i64,
    /// Completed indexes of an Indexed Job.
    pub(super) done: BTreeSet<i64>,
    /// Indexes that exceeded their back-off limit.
    pub(super) failed_indexes: BTreeSet<i64>,
    /// Failures of each index so far, and the time of the last one.
    pub(super) index_failures: BTreeMap<i64, (i64, Time)>,
    /// Message of the `FailJob` rule that a pod matched.
    pub(super) fails_job: Option<String>,
    /// No new pod is created before this time.
    pub(super) retry_at: Option<Time>,
    failures: (u32, Option<Time>),
    /// Finished pods that still have the tracking finalizer: they enter the status now.
    counted: Vec<PodId>,
}

/// Accounts for the pods of a Job; `None` when the Job is gone.
pub(super) fn of(world: &World, id: JobId) -> Option<Account> {
    let job = world.store.jobs.get(id)?;
    let pods: Vec<(PodId, &Pod)> = world
        .store
        .index
        .pods_of(Ref::Job(id))
        .filter_map(|pod| Some((pod, world.store.pods.get(pod)?)))
        .collect();
    let new: Vec<(PodId, &Pod)> = pods.iter().copied().filter(|(_, pod)| tracked(pod)).collect();
    let won = new.iter().filter(|(_, pod)| pod.phase == Phase::Succeeded);
    let lost = new.iter().filter(|(_, pod)| failed(job, pod));
    let counts = |pod: &Pod| verdict(job, pod) != Verdict::Ignored;
    let fails_job = lost.clone().find_map(|(_, pod)| match verdict(job, pod) {
        Verdict::FailsJob(why) => Some(why),
        Verdict::Counts | Verdict::FailsIndex | Verdict::Ignored => None,
    });
    let (index_failures, failed_indexes) = indexed::failures(job, lost.clone().map(|(_, pod)| *pod));
    let done =
        if job.indexed { indexed::done(job, won.clone().map(|(_, pod)| *pod)) } else { BTreeSet::new() };
    let succeeded = if job.indexed { done.len() as i64 } else { job.succeeded + won.clone().count() as i64 };
    let failures = failures(job, won.clone().map(|(_, pod)| *pod), lost.clone().map(|(_, pod)| *pod));
    Some(Account {
        active: pods.iter().filter(|(_, pod)| pod.active()).map(|(id, _)| *id).collect(),
        terminating: pods.iter().filter(|(_, pod)| pod.terminating() && !pod.finished()).count() as i64,
        succeeded,
        failed: job.failed + lost.clone().filter(|(_, pod)| counts(pod)).count() as i64,
        done,
        failed_indexes,
        index_failures,
        fails_job,
        retry_at: retry_at(world, failures),
        failures,
        counted: won.chain(lost).map(|(id, _)| *id).collect(),
    })
}

/// Failures since the last success, and the time of the last one (Kubernetes: `newBackoffRecord`).
fn failures<'a>(
    job: &Job,
    won: impl Iterator<Item = &'a Pod>,
    lost: impl Iterator<Item = &'a Pod>,
) -> (u32, Option<Time>) {
    let success = won.map(ended_at).max();
    let mut ends: Vec<Time> =
        lost.map(ended_at).filter(|end| success.is_none_or(|success| *end > success)).collect();
    ends.sort_unstable();
    let (before, last) = if success.is_some() { (0, None) } else { job.failures };
    (before + ends.len() as u32, ends.last().copied().or(last))
}

/// When a pod finished; for one that is being deleted, when its deletion was requested.
pub(super) fn ended_at(pod: &Pod) -> Time {
    pod.finished_at.or(pod.meta.deletion.map(|deletion| deletion.asked_at)).unwrap_or(pod.meta.created_at)
}

/// The end of the back-off. Times are kept in whole seconds. Where the status is refused meanwhile, the controller's
/// batching adds one period (seen: 10.8 s on 1.34.4, 9.5 to 9.9 s on 1.37.2).
pub(super) fn retry_at(world: &World, (count, last): (u32, Option<Time>)) -> Option<Time> {
    let last = last.filter(|_| count > 0)?;
    let pause = Span((BACK_OFF_FIRST.0 << (count - 1).min(20)).min(BACK_OFF_MAX.0));
    let late = if world.known.version.has(Behaviour::JobHoldsEvicted) { super::BATCH } else { Span::ZERO };
    Some(Time(last.0 - last.0.rem_euclid(1_000_000)) + pause + late)
}

/// Writes the status, and removes the tracking finalizer from the counted pods.
pub(super) fn settle(world: &mut World, id: JobId, account: Account, end: Option<Completion>) {
    let Some(job) = world.store.jobs.get(id) else { return };
    let over = end.is_some() || job.meta.deletion.is_some();
    let free: Vec<PodId> = if over {
        let pods = world.store.index.pods_of(Ref::Job(id));
        pods.filter(|pod| is(world, *pod, tracked)).collect()
    } else {
        account.counted
    };
    if let Some(end) = end.filter(|_| job.end.is_none()) {
        let (reason, message) = ended::event(end, account.fails_job.as_deref());
        let severity = if end == Completion::Complete { Severity::Normal } else { Severity::Warning };
        world.record(Ref::Job(id), severity, "job-controller", reason, message);
    }
    let now = world.now;
    let Account { succeeded, failed, failures, done, failed_indexes, index_failures, .. } = account;
    write(world, id, |job| {
        let before = (job.succeeded, job.failed, job.failures, job.end, job.completed.len());
        let indexes = (job.failed_indexes.len(), job.index_failures.len());
        (job.succeeded, job.failed, job.failures, job.end) = (succeeded, failed, failures, end);
        job.ended_at = job.ended_at.or(end.map(|_| now));
        (job.completed, job.failed_indexes, job.index_failures) = (done, failed_indexes, index_failures);
        before != (job.succeeded, job.failed, job.failures, job.end, job.completed.len())
            || indexes != (job.failed_indexes.len(), job.index_failures.len())
    });
    for pod in free {
        apiserver::remove_finalizer(world, Ref::Pod(pod), TRACKING);
    }
}
