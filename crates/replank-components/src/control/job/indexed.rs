//! Indexed Jobs (`completionMode: Indexed`): each index has to succeed once.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{self, Account};
use super::policy::{Verdict, verdict};
use replank_world::object::{Job, Pod};
use replank_world::queue::Work;
use replank_world::store::{JobId, PodId};
use replank_world::time::Time;
use replank_world::world::World;

/// Annotation and label with the pod's completion index.
pub(super) const INDEX: &str = "batch.kubernetes.io/job-completion-index";

/// The completed indexes, those of newly succeeded pods included.
pub(super) fn done<'a>(job: &Job, won: impl Iterator<Item = &'a Pod>) -> BTreeSet<i64> {
    let range = 0..job.completions.unwrap_or(0);
    let new = won.filter_map(|pod| pod.ordinal).filter(|index| range.contains(index));
    job.completed.iter().copied().chain(new).collect()
}

/// Failures of each index and the indexes that failed for good, newly failed pods included (Kubernetes:
/// `backoffLimitPerIndex`). Unchanged when the Job has no such limit.
pub(super) fn failures<'a>(
    job: &Job,
    lost: impl Iterator<Item = &'a Pod>,
) -> (BTreeMap<i64, (i64, Time)>, BTreeSet<i64>) {
    let (mut failures, mut failed) = (job.index_failures.clone(), job.failed_indexes.clone());
    let Some(limit) = job.backoff_per_index else { return (failures, failed) };
    for (pod, index) in lost.filter_map(|pod| Some((pod, pod.ordinal?))) {
        let verdict = verdict(job, pod);
        let known = failures.entry(index).or_insert((0, account::ended_at(pod)));
        let counts = i64::from(verdict != Verdict::Ignored);
        *known = (known.0 + counts, known.1.max(account::ended_at(pod)));
        if verdict == Verdict::FailsIndex || known.0 > limit {
            failed.insert(index);
        }
    }
    (failures, failed)
}

/// The lowest `count` indexes that are neither over nor active nor in back-off; schedules a sync for the end of
/// the first back-off.
pub(super) fn next(world: &mut World, id: JobId, count: i64, account: &Account) -> Vec<i64> {
    let Some(job) = world.store.jobs.get(id) else { return Vec::new() };
    let index = |pod: &PodId| world.store.pods.get(*pod).and_then(|pod| pod.ordinal);
    let busy: BTreeSet<i64> = account.active.iter().filter_map(index).collect();
    let over = |index: &i64| account.done.contains(index) || account.failed_indexes.contains(index);
    let free = (0..job.completions.unwrap_or(0)).filter(|index| !over(index) && !busy.contains(index));
    let (mut next, mut look_at) = (Vec::new(), None::<Time>);
    for index in free {
        if next.len() as i64 >= count {
            break;
        }
        let pause = account.index_failures.get(&index).and_then(|(count, last)| {
            account::retry_at(world, (*count as u32, Some(*last))).filter(|due| *due > world.now)
        });
        match pause.filter(|_| job.backoff_per_index.is_some()) {
            Some(due) => look_at = Some(look_at.map_or(due, |at| at.min(due))),
            None => next.push(index),
        }
    }
    if let Some(at) = look_at {
        world.queue.at(at, Work::Job(id));
    }
    next
}
