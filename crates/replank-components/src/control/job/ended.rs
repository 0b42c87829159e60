//! The beginning and end of a Job: start time, suspension, deadline, completion, time to live (Kubernetes:
//! `syncJob`, `pastActiveDeadline`, the TTL controller).

use super::account::Account;
use crate::apiserver::{self};
use replank_world::api::Propagation;
use replank_world::event_log::Severity;
use replank_world::object::{Completion, Job};
use replank_world::queue::Work;
use replank_world::store::{JobId, Ref, Verb};
use replank_world::world::World;

/// Sets `startTime` at the first sync and after a resumption, and condition `Suspended`.
pub(super) fn note_start(world: &mut World, id: JobId) {
    let now = world.now;
    let Some(job) = world.store.jobs.get_mut(id).filter(|job| job.end.is_none()) else { return };
    let started_at = if job.suspended { None } else { job.started_at.or(Some(now)) };
    let (is, was) = (job.suspended, job.suspension.is_some_and(|(is, _)| is));
    if job.started_at == started_at && is == was {
        return;
    }
    job.started_at = started_at;
    if is != was {
        job.suspension = Some((is, now));
    }
    world.changed(Ref::Job(id), Verb::Modified);
    if is != was {
        let (reason, message) = if is { ("Suspended", "Job suspended") } else { ("Resumed", "Job resumed") };
        world.record(Ref::Job(id), Severity::Normal, "job-controller", reason, message);
    }
}

/// The reason for which a Job has failed by now, in upstream's order of checks; `None` when it has not.
pub(super) fn failed(world: &World, job: &Job, account: &Account) -> Option<Completion> {
    let overdue =
        job.started_at.zip(job.deadline).is_some_and(|(start, deadline)| start + deadline <= world.now);
    let too_many = |max: i64| account.failed_indexes.len() as i64 > max;
    if account.fails_job.is_some() {
        Some(Completion::PodFailurePolicy)
    } else if account.failed > job.backoff_limit {
        Some(Completion::BackoffLimitExceeded)
    } else if overdue {
        Some(Completion::DeadlineExceeded)
    } else if job.failed_indexes_max.is_some_and(too_many) {
        Some(Completion::MaxFailedIndexesExceeded)
    } else {
        None
    }
}

/// How a Job has completed; `None` while pods are active or successes are missing.
pub(super) fn completed(world: &World, id: JobId, account: &Account, active: i64) -> Option<Completion> {
    let job = world.store.jobs.get(id)?;
    let done = match job.completions {
        Some(completions) => account.succeeded + account.failed_indexes.len() as i64 >= completions,
        None => account.succeeded > 0,
    };
    let end =
        if account.failed_indexes.is_empty() { Completion::Complete } else { Completion::FailedIndexes };
    (done && active == 0 && !job.suspended).then_some(end)
}

/// Reason and message of the Event for the end of a Job; a `FailJob` rule brings its own message.
pub(super) fn event(end: Completion, fails_job: Option<&str>) -> (&'static str, String) {
    let (reason, message) = end.failure().unwrap_or(("Completed", "Job completed"));
    (reason, fails_job.filter(|_| end == Completion::PodFailurePolicy).unwrap_or(message).to_owned())
}

/// Schedules a sync for the deadline or the time to live, and deletes a Job whose time to live is over.
pub(super) fn look_again(world: &mut World, id: JobId) {
    let Some(job) = world.store.jobs.get(id).filter(|job| job.meta.deletion.is_none()) else { return };
    let since = if job.end.is_none() { job.started_at.zip(job.deadline) } else { job.ended_at.zip(job.ttl) };
    let Some(due) = since.map(|(since, span)| since + span) else { return };
    if due > world.now {
        world.queue.at(due, Work::Job(id));
    } else if job.end.is_some() {
        // Its pods go first; nothing refuses.
        drop(apiserver::delete(world, Ref::Job(id), Propagation::Foreground));
    }
}
