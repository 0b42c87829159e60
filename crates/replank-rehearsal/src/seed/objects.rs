//! Recreates what pods refer to: namespaces, volumes, claims, classes, budgets, services.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::meta::identify;
use super::{Seeding, status};
use replank_components::enter;
use replank_formats::manifest::{self, Given, Object, is_attached, reach};
use replank_world::object::{ClaimPhase, Zonal};
use replank_world::store::Ref;
use replank_world::world::World;

/// Recreates these objects, referenced ones first.
pub(super) fn seed(world: &mut World, seeding: &mut Seeding<'_>) {
    for namespace in seeding.snapshot.of("Namespace") {
        if let Some(name) = namespace["metadata"]["name"].as_str() {
            world.store.index.namespaces.insert(name.into());
        }
    }
    let mut volumes: BTreeMap<&str, (Zonal, bool)> = BTreeMap::new();
    for volume in seeding.snapshot.of("PersistentVolume") {
        if let Some(name) = volume["metadata"]["name"].as_str() {
            volumes.insert(name, (reach(volume), is_attached(volume)));
        }
    }
    for kind in ["PriorityClass", "StorageClass", "PersistentVolume"] {
        for object in seeding.snapshot.of(kind) {
            let _kept = enter(world, seeding, object, |_, _| {});
        }
    }
    for claim in seeding.snapshot.of("PersistentVolumeClaim") {
        let phase = phase(claim, &volumes);
        let _claim = enter(world, seeding, claim, |object, _| {
            if let (Object::Claim(claim), Some((phase, attached))) = (object, phase) {
                claim.phase = phase;
                claim.one_node &= attached;
            }
        });
    }
    for budget in seeding.snapshot.of("PodDisruptionBudget") {
        let _budget = enter(world, seeding, budget, |object, given| {
            if let Object::Budget(budget) = object {
                budget.status = status::budget(given);
            }
        });
    }
    for service in seeding.snapshot.of("Service") {
        let _service = enter(world, seeding, service, |_, _| {});
    }
}

/// Phase of a claim and whether its volume is attached to nodes; `None` when pending. A volume that is not in the
/// snapshot is usable everywhere.
fn phase(claim: &Value, volumes: &BTreeMap<&str, (Zonal, bool)>) -> Option<(ClaimPhase, bool)> {
    if claim["status"]["phase"] == "Lost" {
        return Some((ClaimPhase::Lost, true));
    }
    if claim["status"]["phase"] == "Pending" {
        return None;
    }
    let name = claim["spec"]["volumeName"].as_str().filter(|name| !name.is_empty())?;
    let (zonal, attached) = volumes.get(name).cloned().unwrap_or((Zonal::Anywhere, true));
    Some((ClaimPhase::Bound { volume: name.into(), zonal }, attached))
}

/// Parses an object as the API server would, gives it its uid and stores it. A refusal is noted.
pub(super) fn enter(
    world: &mut World,
    seeding: &mut Seeding<'_>,
    object: &Value,
    complete: impl FnOnce(&mut Object, &Value),
) -> Option<Ref> {
    let mut given = match admit(world, object) {
        Ok(given) => given,
        Err(why) => {
            seeding.refuse(object, why);
            return None;
        }
    };
    identify(world, seeding, object, given.object.meta_mut());
    complete(&mut given.object, object);
    let uid = given.object.meta_mut().uid;
    if !given.namespace.is_empty() {
        world.store.index.namespaces.insert(given.namespace.clone());
    }
    match enter::enter(world, given) {
        Ok(at) => {
            seeding.by_uid.extend(at.map(|at| (uid, at)));
            at
        }
        Err(refusal) => {
            seeding.refuse(object, refusal.message);
            None
        }
    }
}

/// Parses an object, after removing fields that the server sets and refuses from clients.
fn admit(world: &World, object: &Value) -> Result<Given, String> {
    let read = |object: &Value| manifest::admit(object, &world.known).map_err(|refusal| refusal.message);
    if object["kind"] == "Job" && object["spec"]["manualSelector"] != true {
        let mut object = object.clone();
        if let Some(spec) = object["spec"].as_object_mut() {
            spec.shift_remove("selector");
        }
        return read(&object);
    }
    read(object)
}

/// The names of the claims a pod uses, those of ephemeral volumes included.
pub(super) fn claim_names(pod: &Value) -> Vec<Arc<str>> {
    let name = pod["metadata"]["name"].as_str().unwrap_or_default();
    let volumes = pod["spec"]["volumes"].as_array().into_iter().flatten();
    let named = volumes.filter_map(|volume| {
        let claim = volume["persistentVolumeClaim"]["claimName"].as_str().map(Arc::from);
        // Kubernetes: a claim of a generic ephemeral volume is named after its pod.
        let own = || Some(Arc::from(format!("{name}-{}", volume["name"].as_str()?)));
        claim.or_else(|| if volume["ephemeral"].is_object() { own() } else { None })
    });
    named.collect()
}
