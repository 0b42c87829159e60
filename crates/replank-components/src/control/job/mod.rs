//! The job controller (Kubernetes: `pkg/controller/job`). A terminating pod counts as failed at once, its
//! replacement waits for the back-off, and a finalizer holds every pod until it is counted.

mod account;
mod ended;
pub mod evicted;
mod indexed;
mod pods;
mod policy;

use std::sync::Arc;

use super::make;
use replank_core::behaviour::Behaviour;
use replank_world::object::{Job, Pod, PodReplacement};
use replank_world::queue::Work;
use replank_world::store::{JobId, PodId, Ref, Verb};
use replank_world::time::Span;
use replank_world::world::World;

use account::Account;

/// Finalizer that holds a pod until it is in the Job's status.
pub(crate) const TRACKING: &str = "batch.kubernetes.io/job-tracking";
/// Changes of pods are batched for this long before a Job is synced (Kubernetes: `syncJobBatchPeriod`).
pub(crate) const BATCH: Span = Span::secs(1);

/// Syncs a Job; when it is gone, releases its pods.
pub(crate) fn sync(world: &mut World, id: JobId) {
    let Some(job) = world.store.jobs.get(id) else { return pods::release_orphans(world, id) };
    let deleting = job.meta.deletion.is_some();
    if let Some(template) = make::numbered(world, &job.template.clone())
        && let Some(job) = world.store.jobs.get_mut(id)
    {
        job.template = template;
    }
    ended::note_start(world, id);
    let Some(account) = account::of(world, id) else { return };
    let Some(job) = world.store.jobs.get(id) else { return };
    let mut end = job.end.or_else(|| ended::failed(world, job, &account));
    let mut active = account.active.len() as i64;
    if end.is_some() {
        // The pods of a finished job are counted on, not given back.
        account.active.iter().for_each(|pod| make::delete(world, *pod));
        active = 0;
    } else if !deleting {
        active = manage(world, id, &account);
        end = ended::completed(world, id, &account, active);
    }
    let ready = account.active.iter().filter(|pod| is(world, **pod, |pod| pod.ready.is)).count() as i64;
    // The API server refuses a status with more ready pods than active ones, and during the back-off the controller of
    // some versions says 0 active: nothing is counted and no pod let go until a replacement is made (kubernetes issue
    // 139428).
    let refused = active == 0 && ready > 0 && end.is_none() && !deleting;
    if !refused {
        account::settle(world, id, account, end);
    }
    ended::look_again(world, id);
}

/// Creates and deletes pods as parallelism and completions ask; returns the number of active pods afterwards, for
/// the status.
fn manage(world: &mut World, id: JobId, account: &Account) -> i64 {
    let Some(job) = world.store.jobs.get(id) else { return 0 };
    let active = account.active.len() as i64;
    if job.suspended {
        account.active.iter().for_each(|pod| pods::give_back(world, *pod));
        return 0;
    }
    let wanted = match job.completions {
        Some(completions) => {
            let left = completions - account.succeeded - account.failed_indexes.len() as i64;
            left.clamp(0, job.parallelism)
        }
        // A work queue: once one pod has found it empty, no new ones are made.
        None if account.succeeded > 0 => active.min(job.parallelism),
        None => job.parallelism,
    };
    if active > wanted {
        let surplus = pods::surplus(world, &account.active, (active - wanted) as usize);
        for pod in surplus {
            pods::give_back(world, pod);
        }
        return wanted;
    }
    let terminating = if job.replacement == PodReplacement::Failed { account.terminating } else { 0 };
    let missing = wanted - terminating - active;
    if missing <= 0 {
        return active;
    }
    // With a limit for each index each has a pause of its own.
    let retry_at = account.retry_at.filter(|_| job.backoff_per_index.is_none());
    if let Some(due) = retry_at.filter(|due| *due > world.now) {
        world.queue.at(due, Work::Job(id));
        return if world.known.version.has(Behaviour::JobHoldsEvicted) { 0 } else { active };
    }
    active + pods::create(world, id, missing, account)
}

/// Whether a pod counts as failed. With `podReplacementPolicy: Failed` a terminating pod does not yet: it may
/// still succeed.
fn failed(job: &Job, pod: &Pod) -> bool {
    use replank_world::object::Phase;
    match pod.phase {
        Phase::Failed => true,
        Phase::Succeeded => false,
        Phase::Pending | Phase::Running => {
            job.replacement == PodReplacement::TerminatingOrFailed && pod.terminating()
        }
    }
}

fn is(world: &World, pod: PodId, test: impl Fn(&Pod) -> bool) -> bool {
    world.store.pods.get(pod).is_some_and(test)
}

fn tracked(pod: &Pod) -> bool {
    pod.meta.finalizers.iter().any(|finalizer| **finalizer == *TRACKING)
}

fn write(world: &mut World, id: JobId, edit: impl FnOnce(&mut Job) -> bool) {
    let Some(job) = world.store.jobs.get_mut(id) else { return };
    if edit(job) {
        world.changed(Ref::Job(id), Verb::Modified);
    }
}

fn tracking() -> Vec<Arc<str>> {
    vec![Arc::from(TRACKING)]
}

#[cfg(test)]
mod tests;
