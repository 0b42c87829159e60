//! Indexed jobs: each index is done once (Kubernetes: `completionMode: Indexed`).

use std::collections::BTreeSet;

use super::account::Account;
use crate::object::{Job, Pod};
use crate::store::PodId;
use crate::world::World;

/// The annotation and label that name a pod's index.
pub(super) const INDEX: &str = "batch.kubernetes.io/job-completion-index";

/// The indexes that are done, those of pods that ended just now included.
pub(super) fn done<'a>(job: &Job, won: impl Iterator<Item = &'a Pod>) -> BTreeSet<i64> {
    let range = 0..job.completions.unwrap_or(0);
    let new = won.filter_map(|pod| pod.ordinal).filter(|index| range.contains(index));
    job.completed.iter().copied().chain(new).collect()
}

/// The lowest indexes that are neither done nor under way.
pub(super) fn next(world: &World, job: &Job, count: i64, account: &Account) -> Vec<i64> {
    let index = |pod: &PodId| world.store.pods.get(*pod).and_then(|pod| pod.ordinal);
    let busy: BTreeSet<i64> = account.active.iter().filter_map(index).collect();
    let free = |index: &i64| !account.done.contains(index) && !busy.contains(index);
    (0..job.completions.unwrap_or(0)).filter(free).take(count.max(0) as usize).collect()
}
