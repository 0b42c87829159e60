//! `ControllerRevisions` of StatefulSets and DaemonSets: their past templates, as objects that clients list and
//! roll back to (Kubernetes: `pkg/controller/history`).

use std::sync::Arc;

use serde_json::json;

use super::make;
use replank_world::object::PodTemplate;
use replank_world::revisions::Revision;
use replank_world::store::{Other, OtherId, Ref, Verb};
use replank_world::vocab::labels::Map;
use replank_world::world::World;

/// The label that names a pod's revision.
pub(crate) const POD_HASH: &str = "controller-revision-hash";
/// The label with the hash on a StatefulSet's revisions.
const SET_HASH: &str = "controller.kubernetes.io/hash";
/// Default of `revisionHistoryLimit`.
const HISTORY: u64 = 10;

/// Records the template of an owner as its newest revision. An earlier equal one is renumbered instead.
pub(crate) fn note(world: &mut World, owner: Ref, template: &Arc<PodTemplate>) {
    let there = |one: &Revision| world.store.others.get(one.at).is_some();
    let mut all = world.revisions.of_owner.remove(&owner).unwrap_or_default();
    all.retain(there);
    let next = all.last().map_or(0, |last| last.number) + 1;
    let known = all.iter().position(|one| Arc::ptr_eq(&one.template, template));
    match known {
        Some(last) if last + 1 == all.len() => {}
        Some(earlier) => {
            let one = all.remove(earlier);
            renumber(world, one.at, next);
            all.push(Revision { number: next, ..one });
        }
        None => {
            if let Some(at) = make_object(world, owner, template, next) {
                all.push(Revision { template: template.clone(), number: next, at });
            }
        }
    }
    world.revisions.of_owner.insert(owner, all);
}

/// Forgets a deleted owner. The objects are deleted by the garbage collector.
pub(crate) fn forget(world: &mut World, owner: Ref) {
    world.revisions.of_owner.remove(&owner);
}

/// Deletes the oldest revisions beyond `revisionHistoryLimit` that no pod uses.
pub(crate) fn forget_old(world: &mut World, owner: Ref) {
    let (Some(all), Some(limit)) = (world.revisions.of_owner.get(&owner), limit(world, owner)) else {
        return;
    };
    if all.len() <= limit + 1 {
        return;
    }
    let store = &world.store;
    let used = |one: &Revision| {
        let mut pods = store.index.pods_of(owner).filter_map(|pod| store.pods.get(pod));
        pods.any(|pod| pod.template.id == one.template.id || pod.template.raw == one.template.raw)
    };
    let old: Vec<OtherId> =
        all.iter().take(all.len() - 1).filter(|one| !used(one)).map(|one| one.at).collect();
    for at in old.iter().take(old.len().saturating_sub(limit)) {
        world.remove(Ref::Other(*at));
    }
    if let Some(all) = world.revisions.of_owner.get_mut(&owner) {
        all.retain(|one| world.store.others.get(one.at).is_some());
    }
}

fn limit(world: &World, owner: Ref) -> Option<usize> {
    let raw = match owner {
        Ref::StatefulSet(id) => &world.store.stateful_sets.get(id)?.raw,
        Ref::DaemonSet(id) => &world.store.daemon_sets.get(id)?.raw,
        _ => return None,
    };
    Some(raw["spec"]["revisionHistoryLimit"].as_u64().unwrap_or(HISTORY) as usize)
}

fn renumber(world: &mut World, at: OtherId, number: i64) {
    let Some(object) = world.store.others.get_mut(at) else { return };
    object.raw.edit(|value| value["revision"] = json!(number));
    world.changed(Ref::Other(at), Verb::Modified);
}

/// Creates the `ControllerRevision` object; `None` when its name is taken.
fn make_object(world: &mut World, owner: Ref, template: &PodTemplate, number: i64) -> Option<OtherId> {
    const VERSION: &str = "apps/v1";
    const KIND: &str = "ControllerRevision";
    let meta = world.store.meta(owner)?;
    let hash = make::hash_of(template);
    let name: Arc<str> = Arc::from(format!("{}-{hash}", meta.name));
    let namespace = meta.namespace.clone();
    if world.store.others.find_in("apps", KIND, &namespace, &name).is_some() {
        return None;
    }
    let (controller, annotations) = (make::owner_of(owner.kind(), meta, owner), meta.annotations.clone());
    let label = if matches!(owner, Ref::StatefulSet(_)) { SET_HASH } else { POD_HASH };
    let mut labels = Map::clone(&template.labels);
    labels.insert(Arc::from(label), Arc::from(hash));
    let mut content = template.raw.once().into_owned();
    content["$patch"] = json!("replace");
    let raw = json!({
        "apiVersion": VERSION, "kind": KIND, "metadata": {"name": *name, "namespace": *namespace},
        "data": {"spec": {"template": content}}, "revision": number,
    });
    let mut meta = make::unnumbered_meta(world, namespace, name, Some(controller));
    meta.annotations = annotations;
    let object = Other { meta, api_version: Arc::from(VERSION), kind: Arc::from(KIND), raw: raw.into() };
    Some(crate::enter::keep(world, object, &labels))
}
