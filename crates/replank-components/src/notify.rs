//! Who looks at what when it changes.

use crate::control::{
    adopt, budget, daemon_set, endpoints, garbage, job, make, operator, pod_gc, taint_eviction, volume,
};
use crate::{fargate, kubelet, schedule};
use replank_world::object::OwnerRef;
use replank_world::queue::Work;
use replank_world::store::{NodeId, PodId, Ref, Users, Verb};
use replank_world::world::World;

/// Schedules the controllers that react to a change of `at`. A deleted object is still in its table.
pub(crate) fn written(world: &mut World, at: Ref, verb: Verb) {
    match at {
        Ref::Pod(id) => pod_changed(world, id, verb),
        Ref::Node(id) => node_changed(world, id, verb),
        Ref::Budget(id) => {
            selector_changed(world, at, verb);
            world.soon(Work::Budget(id));
        }
        Ref::Service(id) => {
            selector_changed(world, at, verb);
            endpoints::service_changed(world, id, verb);
        }
        Ref::ReplicaSet(id) => {
            let owner = world.store.replica_sets.get(id).and_then(|set| set.meta.owner.as_ref()?.at);
            world.soon(Work::ReplicaSet(id));
            tell_owner(world, owner);
        }
        Ref::Deployment(id) => world.soon(Work::Deployment(id)),
        Ref::StatefulSet(id) => world.soon(Work::StatefulSet(id)),
        Ref::DaemonSet(id) => world.soon(Work::DaemonSet(id)),
        Ref::Job(id) => {
            let owner = world.store.jobs.get(id).and_then(|job| job.meta.owner.as_ref()?.at);
            world.soon(Work::Job(id));
            tell_owner(world, owner);
        }
        Ref::CronJob(id) => world.soon(Work::CronJob(id)),
        Ref::Claim(id) => {
            if verb == Verb::Deleted {
                volume::claim_gone(world, id);
            }
            world.soon(Work::Claim(id));
            schedule::claim_changed(world, id);
            kubelet::claim_changed(world, id);
        }
        Ref::StorageClass(_) => volume::class_changed(world, verb),
        Ref::Other(id) => {
            volume::other_changed(world, id, verb);
            make::other_changed(world, id, verb);
        }
    }
    if verb == Verb::Deleted {
        garbage::owner_gone(world, at);
    }
}

fn pod_changed(world: &mut World, id: PodId, verb: Verb) {
    let Some(pod) = world.store.pods.get(id) else { return };
    let (is_owned, owner) = (pod.meta.owner.is_some(), pod.meta.owner.as_ref().and_then(|owner| owner.at));
    // Most pods have none, and an empty one costs nothing.
    let claims = pod.claims.clone();
    let node = pod.node;
    if !is_owned {
        adopt::pod_changed(world, id, verb);
    }
    let Some(users) = world.users_of(id) else { return };
    budget::pod_changed(world, id, &users);
    endpoints::pod_changed(world, id, &users);
    claims.iter().for_each(|claim| world.soon(Work::Claim(*claim)));
    match owner {
        Some(Ref::DaemonSet(set)) => daemon_set::pod_changed(world, id, set, verb),
        Some(Ref::Job(job)) => world.after(job::BATCH, Work::Job(job)),
        _ => tell_owner(world, owner),
    }
    schedule::pod_changed(world, id, verb);
    kubelet::pod_changed(world, id, verb);
    fargate::pod_changed(world, id, verb);
    pod_gc::pod_changed(world, id, verb);
    if verb == Verb::Deleted {
        operator::pod_gone(world, id);
        taint_eviction::pod_gone(world, id);
    } else if node.is_some() {
        taint_eviction::pod_changed(world, id);
    }
}

fn node_changed(world: &mut World, id: NodeId, verb: Verb) {
    schedule::node_changed(world, id, verb);
    world.soon(Work::NodeLifecycle(id));
    world.soon(Work::DaemonsOn(id));
    taint_eviction::node_changed(world, id);
    pod_gc::node_changed(world, id);
    if verb == Verb::Added {
        kubelet::node_added(world, id);
        pod_gc::node_added(world, id);
    }
    if verb == Verb::Deleted {
        kubelet::node_gone(world, id);
        taint_eviction::node_gone(world, id);
        pod_gc::node_gone(world, id);
    }
}

fn tell_owner(world: &mut World, owner: Option<Ref>) {
    let work = match owner {
        Some(Ref::ReplicaSet(id)) => Work::ReplicaSet(id),
        Some(Ref::Deployment(id)) => Work::Deployment(id),
        Some(Ref::StatefulSet(id)) => Work::StatefulSet(id),
        Some(Ref::DaemonSet(id)) => Work::DaemonSet(id),
        Some(Ref::Job(id)) => Work::Job(id),
        Some(Ref::CronJob(id)) => Work::CronJob(id),
        _ => return,
    };
    world.soon(work);
}

/// A pod got other labels: budgets and services that selected it before sync too.
pub(crate) fn pod_relabelled(world: &mut World, id: PodId, before: &Users) {
    budget::pod_changed(world, id, before);
    endpoints::pod_changed(world, id, before);
}

/// An object left its owner: the owner is synced.
pub(crate) fn owned_left(world: &mut World, owner: Ref) {
    tell_owner(world, Some(owner).filter(|at| world.store.meta(*at).is_some()));
}

/// Sets or removes the controller of an object, and keeps indices and the daemon set controller in step. The
/// caller records the change.
pub(crate) fn belongs_to(world: &mut World, at: Ref, owner: Option<OwnerRef>) {
    let before = world.store.meta(at).and_then(|meta| meta.owner.as_ref()).and_then(|owner| owner.at);
    if let Some(owned) = before.and_then(|before| world.store.index.owned.get_mut(&before)) {
        owned.remove(&at);
    }
    let after = owner.as_ref().and_then(|owner| owner.at);
    if let Some(after) = after {
        world.store.index.owned.entry(after).or_default().insert(at);
    }
    let is_owned = owner.is_some();
    if let Some(meta) = world.store.meta_mut(at) {
        meta.owner = owner;
    }
    if let Ref::Pod(pod) = at {
        if let Some(Ref::DaemonSet(set)) = before {
            daemon_set::pod_changed(world, pod, set, Verb::Deleted);
        }
        if let Some(Ref::DaemonSet(set)) = after {
            daemon_set::pod_changed(world, pod, set, Verb::Added);
        }
        if is_owned {
            adopt::taken(world, pod);
        } else {
            adopt::orphaned(world, pod);
        }
    }
    if let Some(before) = before {
        owned_left(world, before);
    }
}

/// Updates the index of selectors when a budget or service is created or removed; whoever changes a selector in
/// place calls `forget_users`.
fn selector_changed(world: &mut World, at: Ref, verb: Verb) {
    match verb {
        Verb::Added => world.selector_added(at),
        Verb::Deleted => world.selector_removed(at),
        Verb::Modified => {}
    }
}

/// Volumes or classes came or changed.
pub(crate) fn volumes_changed(world: &mut World) {
    schedule::volumes_changed(world);
}

/// What is said of the readiness gates of a pod is otherwise.
pub(crate) fn gates_turned(world: &mut World, id: PodId) {
    kubelet::gates_turned(world, id);
}
