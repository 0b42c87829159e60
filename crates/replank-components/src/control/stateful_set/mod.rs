//! The stateful set controller (Kubernetes: `pkg/controller/statefulset`, `updateStatefulSet`). Names are fixed,
//! so a member is created again only when its predecessor is gone.

mod claims;
mod rollout;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{adopt, make, revision};
use replank_world::object::{Phase, Pod, PodManagement, StatefulSet, Volume};
use replank_world::queue::Work;
use replank_world::store::{ClaimId, PodId, Ref, StatefulSetId, Verb};
use replank_world::world::World;

/// Why a sync ends before it has looked at all members.
enum Stop {
    /// It has to wait for a pod; the change of that pod triggers the next sync.
    Wait,
}

/// Syncs a StatefulSet: members, surplus members, rolling update, status.
pub(crate) fn sync(world: &mut World, id: StatefulSetId) {
    let Some(set) = world.store.stateful_sets.get(id) else {
        rollout::forget(world, id);
        return;
    };
    let deleting = set.meta.deletion.is_some();
    if let Some(template) = make::numbered(world, &set.template.clone())
        && let Some(set) = world.store.stateful_sets.get_mut(id)
    {
        set.template = template;
    }
    rollout::know(world, id);
    adopt::pods(world, Ref::StatefulSet(id));
    let pods = pods_by_ordinal(world, id);
    if !deleting {
        // Where it stopped does not matter: whatever changes next is told.
        let _ = step(world, id, &pods);
    }
    write_status(world, id, &pods);
}

fn step(world: &mut World, id: StatefulSetId, pods: &BTreeMap<i64, PodId>) -> Result<(), Stop> {
    let Some(set) = world.store.stateful_sets.get(id) else { return Ok(()) };
    let (first, end) = (set.first, set.first + set.replicas);
    let ordered = set.management == PodManagement::OrderedReady;
    for ordinal in first..end {
        keep(world, id, ordinal, pods.get(&ordinal).copied(), ordered)?;
    }
    let condemned: Vec<PodId> =
        pods.iter().rev().filter(|(at, _)| !(first..end).contains(*at)).map(|(_, pod)| *pod).collect();
    let unhealthy = |pod: &PodId| !is(world, *pod, healthy);
    let first_unhealthy = condemned.iter().rev().copied().find(unhealthy);
    for pod in condemned {
        let (terminating, well) = (is(world, pod, Pod::terminating), available(world, id, pod));
        if terminating {
            if ordered {
                return Err(Stop::Wait);
            }
            continue;
        }
        if ordered && !well && first_unhealthy != Some(pod) {
            return Err(Stop::Wait);
        }
        claims::condemn(world, id, pod);
        make::delete(world, pod);
        if ordered {
            return Err(Stop::Wait);
        }
    }
    rollout::step(world, id, pods)
}

/// Ensures one member: created when missing, replaced when finished; with ordered management the sync stops until
/// it is available.
fn keep(
    world: &mut World,
    id: StatefulSetId,
    ordinal: i64,
    pod: Option<PodId>,
    ordered: bool,
) -> Result<(), Stop> {
    let Some(pod) = pod else {
        create(world, id, ordinal);
        return if ordered { Err(Stop::Wait) } else { Ok(()) };
    };
    if is(world, pod, Pod::finished) {
        make::delete(world, pod);
        return Err(Stop::Wait);
    }
    let well = available(world, id, pod) && !is(world, pod, Pod::terminating);
    if ordered && !well { Err(Stop::Wait) } else { Ok(()) }
}

/// Creates a member and its missing claims; does nothing while another pod has the name.
fn create(world: &mut World, id: StatefulSetId, ordinal: i64) {
    let Some(set) = world.store.stateful_sets.get(id) else { return };
    let StatefulSet { meta, .. } = set;
    let name: Arc<str> = Arc::from(format!("{}-{ordinal}", meta.name));
    let namespace = meta.namespace.clone();
    if world.store.pods.find(&namespace, &name).is_some() {
        return;
    }
    let owner = make::owner_of("StatefulSet", meta, Ref::StatefulSet(id));
    let Some((template, name_of_revision)) = rollout::revision_for(world, id, ordinal) else { return };
    let Some(claims) = claims::of_member(world, id, ordinal) else { return };
    let used = template.spec.volumes.iter().filter_map(|volume| match volume {
        Volume::ClaimTemplate(name) => claims.get(name).copied(),
        Volume::Claim(_) | Volume::EmptyDir | Volume::HostPath => None,
    });
    let claims: Vec<ClaimId> = used.collect();
    let index = ordinal.to_string();
    let labels = make::labels_with(
        world,
        &template,
        &[
            ("statefulset.kubernetes.io/pod-name", &*name),
            ("apps.kubernetes.io/pod-index", index.as_str()),
            (revision::POD_HASH, &*name_of_revision),
        ],
    );
    let mut order = make::Order::new(owner, namespace, name, template);
    (order.labels, order.ordinal, order.claims) = (labels, Some(ordinal), claims);
    // One that is refused has told so; it is tried again when the set or its class changes.
    let _refused = make::pod(world, order);
}

fn pods_by_ordinal(world: &World, id: StatefulSetId) -> BTreeMap<i64, PodId> {
    let pods = world.store.index.pods_of(Ref::StatefulSet(id));
    pods.filter_map(|pod| Some((world.store.pods.get(pod)?.ordinal?, pod))).collect()
}

/// Whether a member has been Ready for `minReadySeconds`; schedules a sync for when it will have been.
fn available(world: &mut World, id: StatefulSetId, pod: PodId) -> bool {
    let min_ready = world.store.stateful_sets.get(id).map(|set| set.min_ready).unwrap_or_default();
    let Some(pod) = world.store.pods.get(pod).filter(|pod| runs(pod)) else { return false };
    let due = pod.ready.since + min_ready;
    if due > world.now {
        world.queue.at(due, Work::StatefulSet(id));
    }
    due <= world.now
}

fn runs(pod: &Pod) -> bool {
    pod.phase == Phase::Running && pod.ready.is
}

fn healthy(pod: &Pod) -> bool {
    runs(pod) && !pod.terminating()
}

fn is(world: &World, pod: PodId, test: impl Fn(&Pod) -> bool) -> bool {
    world.store.pods.get(pod).is_some_and(test)
}

fn write_status(world: &mut World, id: StatefulSetId, pods: &BTreeMap<i64, PodId>) {
    let pods: Vec<PodId> =
        pods.values().copied().filter(|pod| world.store.pods.get(*pod).is_some()).collect();
    let ready = pods.iter().filter(|pod| is(world, **pod, runs)).count() as i64;
    let well = pods.iter().filter(|pod| available(world, id, **pod)).count() as i64;
    let status = [pods.len() as i64, ready, well];
    rollout::complete(world, id, &pods, ready);
    let Some(set) = world.store.stateful_sets.get_mut(id) else { return };
    if set.status != status {
        set.status = status;
        world.changed(Ref::StatefulSet(id), Verb::Modified);
    }
}

#[cfg(test)]
mod tests;
