//! Counting the pods of a job: who succeeded, who failed, when the next try may begin; and letting go those that were
//! counted.

use std::collections::{BTreeMap, BTreeSet};

use super::policy::{Verdict, verdict};
use super::{TRACKING, ended, failed, indexed, is, tracked, write};
use crate::api;
use crate::event_log::Severity;
use crate::object::{Completion, Job, Phase, Pod};
use crate::store::{JobId, PodId, Ref};
use crate::time::{Span, Time};
use crate::world::World;

/// The pause after the first failure; it doubles.
const BACK_OFF_FIRST: Span = Span::secs(10);
/// The longest pause.
const BACK_OFF_MAX: Span = Span::secs(600);

/// What a look at the pods of a job says.
pub(super) struct Account {
    /// Pods that work.
    pub(super) active: Vec<PodId>,
    /// How many are being deleted and have not ended.
    pub(super) terminating: i64,
    /// Successes, those not counted yet included.
    pub(super) succeeded: i64,
    /// Failures, those not counted yet included.
    pub(super) failed: i64,
    /// Indexes that are done, of an indexed job.
    pub(super) done: BTreeSet<i64>,
    /// Indexes that failed for good.
    pub(super) failed_indexes: BTreeSet<i64>,
    /// Failures of each index, and when the last one was.
    pub(super) index_failures: BTreeMap<i64, (i64, Time)>,
    /// A pod failed the whole job, for this reason.
    pub(super) fails_job: Option<String>,
    /// No new pod before this.
    pub(super) retry_at: Option<Time>,
    failures: (u32, Option<Time>),
    /// Pods that are counted with the next status.
    counted: Vec<PodId>,
}

/// Looks at the pods of a job.
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
        retry_at: retry_at(failures),
        failures,
        counted: won.chain(lost).map(|(id, _)| *id).collect(),
    })
}

/// Failures since the last success, and when the last one was (Kubernetes: `newBackoffRecord`).
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

/// When a pod ended: for one that is being deleted, when that was asked for.
pub(super) fn ended_at(pod: &Pod) -> Time {
    pod.finished_at.or(pod.meta.deletion.map(|deletion| deletion.asked_at)).unwrap_or(pod.meta.created_at)
}

/// The end of the pause. The API server keeps whole seconds, and the controller wakes one batch later.
pub(super) fn retry_at((count, last): (u32, Option<Time>)) -> Option<Time> {
    let last = last.filter(|_| count > 0)?;
    let pause = Span((BACK_OFF_FIRST.0 << (count - 1).min(20)).min(BACK_OFF_MAX.0));
    Some(Time(last.0 - last.0.rem_euclid(1_000_000)) + pause + super::BATCH)
}

/// Writes the status and lets the counted pods go.
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
        api::remove_finalizer(world, Ref::Pod(pod), TRACKING);
    }
}
