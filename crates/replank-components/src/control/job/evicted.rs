//! What the eviction of a Job's pod would mean for the Job, by the rules by which it is counted afterwards.

use super::policy::{Met, Verdict, deciding, verdict};
use replank_core::node_group::plan::{JobEffect, JobLoss};
use replank_world::api::EVICTED;
use replank_world::object::{Deletion, Job, Pod};
use replank_world::store::{JobId, PodId, Ref};
use replank_world::world::World;

/// The Job of a pod.
pub fn job_of(world: &World, pod: PodId) -> Option<JobId> {
    match world.store.pods.get(pod)?.meta.owner.as_ref()?.at? {
        Ref::Job(job) => Some(job),
        _ => None,
    }
}

/// What the eviction of that pod means for its Job when `before` other pods of it have been evicted and counted until then;
/// `None` for pods of no Job.
pub fn loss(world: &World, pod: PodId, before: u32) -> Option<JobLoss> {
    let job = world.store.jobs.get(job_of(world, pod)?)?;
    let pod = as_evicted(world.store.pods.get(pod)?, world);
    let (index, failures, limit) = count(job, &pod, before);
    let (effect, by_limit) = match verdict(job, &pod) {
        Verdict::Ignored => (JobEffect::Ignored, false),
        Verdict::FailsJob(_) => (JobEffect::FailsJob, false),
        Verdict::FailsIndex => (JobEffect::FailsIndex, false),
        Verdict::Counts if failures <= limit => (JobEffect::Counts, false),
        Verdict::Counts if index.is_some() => (JobEffect::FailsIndex, true),
        Verdict::Counts => (JobEffect::FailsJob, true),
    };
    let decided = deciding(job, &pod).filter(|_| !by_limit);
    let rule = decided.as_ref().map(|(number, ..)| *number as u32 + 1);
    let exit_code = decided.and_then(|(.., met)| match met {
        Met::ExitCode(code) => u32::try_from(code).ok(),
        Met::Condition(_) => None,
    });
    Some(JobLoss { job: job.meta.name.clone(), effect, rule, exit_code, failures, limit, index })
}

/// The pod as it is when an eviction has stopped it.
fn as_evicted(pod: &Pod, world: &World) -> Pod {
    let mut pod = pod.clone();
    let now = world.now;
    pod.meta.deletion = pod.meta.deletion.or(Some(Deletion { asked_at: now, until: now, grace_seconds: 0 }));
    pod.disruption = Some(EVICTED);
    pod
}

/// The index that has a limit of its own, failures with this one, and the limit.
fn count(job: &Job, pod: &Pod, before: u32) -> (Option<u32>, u32, u32) {
    let whole = |number: i64| u32::try_from(number.max(0)).unwrap_or(u32::MAX);
    match (job.backoff_per_index, pod.ordinal) {
        (Some(limit), Some(index)) => {
            let failed = job.index_failures.get(&index).map_or(0, |(count, _)| *count);
            (Some(whole(index)), whole(failed) + 1, whole(limit))
        }
        _ => (None, whole(job.failed) + before + 1, whole(job.backoff_limit)),
    }
}
