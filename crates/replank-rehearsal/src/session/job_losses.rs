//! Findings about pods of Jobs, completed by what the Jobs of a world say of an eviction.

use std::collections::BTreeMap;

use replank_components::control::job::evicted::{job_of, loss};
use replank_core::node_group::plan::{About, Finding, JobEffect};
use replank_world::shared::Shared;
use replank_world::store::JobId;

/// The findings, with what the eviction of each pod of a Job means for that. Of pods of one Job each is taken to be evicted
/// after those that are named before it.
pub(super) fn with_losses(shared: &Shared, findings: Vec<Finding>) -> Vec<Finding> {
    let world = shared.lock();
    let mut before: BTreeMap<JobId, u32> = BTreeMap::new();
    let told = |finding: Finding| {
        let pod = world.store.pods.find(&finding.pod.namespace, &finding.pod.name);
        let job = pod.and_then(|pod| Some((pod, job_of(&world, pod)?)));
        let Some((pod, job)) = job.filter(|_| finding.about == About::JobInterrupted) else { return finding };
        let counted = before.entry(job).or_default();
        let Some(loss) = loss(&world, pod, *counted) else { return finding };
        *counted += u32::from(loss.effect != JobEffect::Ignored);
        Finding { about: About::JobEvicted(loss), ..finding }
    };
    findings.into_iter().map(told).collect()
}
