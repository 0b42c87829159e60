//! Creating the pods of a Job, and deleting those it no longer needs.

use std::cmp::Reverse;
use std::sync::Arc;

use super::account::Account;
use super::{TRACKING, indexed, make, tracked, tracking};
use crate::apiserver;
use replank_world::object::Phase;
use replank_world::store::{JobId, PodId, Ref};
use replank_world::world::World;

/// Creates up to `count` pods; returns how many.
pub(super) fn create(world: &mut World, id: JobId, count: i64, account: &Account) -> i64 {
    let Some(job) = world.store.jobs.get(id) else { return 0 };
    let owner = make::owner_of("Job", &job.meta, Ref::Job(id));
    let (namespace, name, template, mut made) =
        (job.meta.namespace.clone(), job.meta.name.clone(), job.template.clone(), job.made);
    let uid = job.meta.uid.to_string();
    let indexes: Vec<Option<i64>> = if job.indexed {
        indexed::next(world, id, count, account).into_iter().map(Some).collect()
    } else {
        vec![None; count.max(0) as usize]
    };
    let mut created = 0;
    for ordinal in &indexes {
        let index = ordinal.map(|index| index.to_string());
        let base = index.as_ref().map_or_else(|| name.to_string(), |index| format!("{name}-{index}"));
        let pod_name: Arc<str> = make::pod_name(world, &namespace, &base, &mut made);
        let mut labels = vec![
            ("batch.kubernetes.io/controller-uid", uid.as_str()),
            ("batch.kubernetes.io/job-name", &*name),
            ("controller-uid", uid.as_str()),
            ("job-name", &*name),
        ];
        labels.extend(index.as_deref().map(|index| (indexed::INDEX, index)));
        let labels = make::labels_with(world, &template, &labels);
        let mut order = make::Order::new(owner.clone(), namespace.clone(), pod_name, template.clone());
        (order.labels, order.ordinal, order.finalizers) = (labels, *ordinal, tracking());
        if make::pod(world, order).is_err() {
            break;
        }
        created += 1;
    }
    if let Some(job) = world.store.jobs.get_mut(id) {
        job.made = made;
    }
    created
}

/// Deletes a pod that is no longer needed. Its finalizer is removed first, so it does not count as a failure.
pub(super) fn give_back(world: &mut World, pod: PodId) {
    apiserver::remove_finalizer(world, Ref::Pod(pod), TRACKING);
    make::delete(world, pod);
}

/// The `count` active pods to delete after a reduction of parallelism: not bound first, then not running, not
/// Ready, youngest (Kubernetes: `ActivePods`).
pub(super) fn surplus(world: &World, active: &[PodId], count: usize) -> Vec<PodId> {
    let mut pods = active.to_vec();
    pods.sort_by_key(|id| {
        let pod = world.store.pods.get(*id);
        pod.map(|pod| {
            let runs = pod.phase == Phase::Running;
            (pod.node.is_some(), runs, pod.ready.is, Reverse(pod.meta.created_at), Reverse(*id))
        })
    });
    pods.truncate(count);
    pods
}

/// Removes the tracking finalizer from the pods of a Job that is gone.
pub(super) fn release_orphans(world: &mut World, id: JobId) {
    let pods: Vec<PodId> = world.store.index.pods_of(Ref::Job(id)).collect();
    for pod in pods {
        if world.store.pods.get(pod).is_some_and(tracked) {
            apiserver::remove_finalizer(world, Ref::Pod(pod), TRACKING);
        }
    }
}
