//! Takes over what admission added to the pods of a controller (sidecars, namespace defaults), so that its new
//! pods get the same.

use std::sync::Arc;

use serde_json::Value;

use super::Seeding;
use replank_formats::manifest::{self, Object};
use replank_world::object::{PodSpec, PodTemplate, Volume};
use replank_world::store::{Ref, Store};
use replank_world::world::World;

/// Compares one pod of each controller with its template, and extends the template if the pod has more.
pub(super) fn look(world: &mut World, seeding: &mut Seeding<'_>, at: Ref, pod: &Value) {
    if !seeding.looked_at.insert(at) {
        return;
    }
    let Some(template) = slot(&mut world.store, at).map(|template| template.clone()) else { return };
    let Some(found) = spec(world, pod) else { return };
    let known = &template.spec;
    let scratch = |spec: &PodSpec| spec.volumes.contains(&Volume::EmptyDir);
    let same = found.requests == known.requests
        && found.host_ports == known.host_ports
        && found.pre_stop == known.pre_stop
        && found.grace_seconds == known.grace_seconds
        && scratch(&found) == scratch(known);
    if same {
        return;
    }
    let mut changed = PodTemplate::clone(&template);
    if scratch(&found) && !scratch(known) {
        changed.spec.volumes.push(Volume::EmptyDir);
    }
    let spec = &mut changed.spec;
    (spec.requests, spec.nonzero, spec.best_effort) = (found.requests, found.nonzero, found.best_effort);
    (spec.host_ports, spec.pre_stop, spec.grace_seconds) =
        (found.host_ports, found.pre_stop, found.grace_seconds);
    let entered = world.enter_template(changed);
    if let Some(slot) = slot(&mut world.store, at) {
        *slot = entered;
    }
    if let Some(meta) = world.store.meta(at) {
        let name = format!("{} {}/{}", at.kind(), meta.namespace, meta.name);
        let what = "pods that ask for more than their template (sidecars, defaults): new ones are taken to do so too";
        seeding.assumed.entry(what).or_default().push(name);
    }
}

/// The template of a controller.
fn slot(store: &mut Store, at: Ref) -> Option<&mut Arc<PodTemplate>> {
    match at {
        Ref::ReplicaSet(id) => store.replica_sets.get_mut(id).map(|set| &mut set.template),
        Ref::StatefulSet(id) => store.stateful_sets.get_mut(id).map(|set| &mut set.template),
        Ref::DaemonSet(id) => store.daemon_sets.get_mut(id).map(|set| &mut set.template),
        Ref::Job(id) => store.jobs.get_mut(id).map(|job| &mut job.template),
        _ => None,
    }
}

fn spec(world: &World, pod: &Value) -> Option<PodSpec> {
    match manifest::admit(pod, &world.known).ok()?.object {
        Object::Pod(pod) => Some(pod.template.spec.clone()),
        _ => None,
    }
}
