//! The endpoint slice controller (Kubernetes: `pkg/controller/endpointslice`): keeps the endpoints of services.
//!
//! A sync looks only at the pods that changed since the last one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::kubernetes::components_mut;
use replank_world::object::{Phase, Pod};
use replank_world::queue::Work;
use replank_world::store::{PodId, Ref, ServiceId, Users, Verb};
use replank_world::world::World;

/// What the next sync of each service has to look at: names of changed pods, or all of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Endpoints {
    pods: BTreeMap<ServiceId, BTreeSet<Arc<str>>>,
    whole: BTreeSet<ServiceId>,
}

/// A pod changed: the services that select it are synced.
pub(crate) fn pod_changed(world: &mut World, id: PodId, users: &Users) {
    for service in &users.services {
        let Some(pod) = world.store.pods.get(id) else { return };
        components_mut(&mut world.state)
            .endpoints
            .pods
            .entry(*service)
            .or_default()
            .insert(pod.meta.name.clone());
        world.soon(Work::Endpoints(*service));
    }
}

/// A service was created, changed or removed: all of its pods are looked at.
pub(crate) fn service_changed(world: &mut World, id: ServiceId, verb: Verb) {
    if verb == Verb::Deleted {
        components_mut(&mut world.state).endpoints.pods.remove(&id);
        components_mut(&mut world.state).endpoints.whole.remove(&id);
        return world.queue.cancel(Work::Endpoints(id));
    }
    components_mut(&mut world.state).endpoints.whole.insert(id);
    world.soon(Work::Endpoints(id));
}

/// Brings the endpoints of a service up to date with the pods that changed since the last time.
pub(crate) fn sync(world: &mut World, id: ServiceId) {
    let pods = components_mut(&mut world.state).endpoints.pods.remove(&id).unwrap_or_default();
    let whole = components_mut(&mut world.state).endpoints.whole.remove(&id);
    let Some(service) = world.store.services.get(id) else { return };
    let (namespace, always) = (service.meta.namespace.clone(), service.publishes_unready);
    let names = if whole {
        let selected = world.selected_by(Ref::Service(id)).into_iter();
        let present = selected.filter_map(|pod| Some(world.store.pods.get(pod)?.meta.name.clone()));
        present.chain(service.endpoints.keys().cloned()).collect()
    } else {
        pods
    };
    let sets = world.store.index.sets_of.get(&Ref::Service(id));
    let mut news = Vec::new();
    for name in names {
        let pod = world.store.pods.find(&namespace, &name).and_then(|pod| world.store.pods.get(pod));
        let pod = pod.filter(|pod| sets.is_some_and(|sets| sets.contains(&pod.meta.labels)));
        let now = pod.and_then(|pod| endpoint(pod, always));
        if service.endpoints.get(&name).copied() != now {
            news.push((name, now));
        }
    }
    if news.is_empty() {
        return;
    }
    if let Some(service) = world.store.services.get_mut(id) {
        for (name, now) in news {
            let _ = match now {
                Some(endpoint) => service.endpoints.insert(name, endpoint),
                None => service.endpoints.remove(&name),
            };
        }
    }
    world.changed(Ref::Service(id), Verb::Modified);
    // Its own write is no reason to look again.
    components_mut(&mut world.state).endpoints.whole.remove(&id);
    world.queue.cancel(Work::Endpoints(id));
}

/// Conditions ready, serving and terminating of a pod's endpoint; `None` for a pod that does not run. `always` is
/// `publishNotReadyAddresses`.
fn endpoint(pod: &Pod, always: bool) -> Option<[bool; 3]> {
    if pod.phase != Phase::Running {
        return None;
    }
    let (serving, terminating) = (pod.ready.is, pod.terminating());
    Some([always || serving && !terminating, serving, terminating])
}

#[cfg(test)]
mod tests;
