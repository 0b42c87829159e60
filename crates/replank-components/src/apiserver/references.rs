//! Owner references in requests: validation as in the API server, and registration for the garbage collector.

use std::sync::Arc;

use serde_json::Value;

use crate::notify;
use replank_formats::manifest;
use replank_world::object::OwnerRef;
use replank_world::queue::Work;
use replank_world::refusal::Refusal;
use replank_world::store::{Ref, read_references};
use replank_world::world::World;

/// Refuses invalid owner references with 422 (Kubernetes: `validateOwnerReferences`).
pub(super) fn check(kind: &str, name: &str, given: &Value) -> Result<(), Refusal> {
    let refused = |field: &str, why: String| {
        let message = format!("{kind} \"{name}\" is invalid: metadata.ownerReferences{field}: {why}");
        let causes = vec![("FieldValueInvalid", format!("metadata.ownerReferences{field}: {why}"))];
        Err(Refusal { causes, ..Refusal::new(422, "Invalid", message) })
    };
    let mut controllers = Vec::new();
    for entry in given.as_array().into_iter().flatten() {
        let text = |key: &str| entry[key].as_str().unwrap_or_default();
        for (key, what) in [("apiVersion", "version"), ("kind", "kind"), ("name", "name"), ("uid", "uid")] {
            if text(key).is_empty() {
                let why = format!("Invalid value: \"\": {what} must not be empty");
                return refused(&format!(".{key}"), why);
            }
        }
        if entry["controller"] == true {
            controllers.push(text("name"));
        }
    }
    if let [first, second, ..] = controllers[..] {
        let why = format!(
            "Invalid value: \"controller\": Only one reference can have Controller set to true. Found \"true\" in \
             references for {first} and {second}"
        );
        return refused("", why);
    }
    Ok(())
}

/// The reference with `controller: true`, resolved to the object it means.
pub(super) fn controller(world: &World, namespace: &str, given: &Value) -> Option<OwnerRef> {
    let controller = read_references(given).into_iter().find(|owner| owner.is_controller)?;
    let (kind, name) = (controller.kind, controller.name);
    let near = world.store.find(&kind, namespace, &name);
    let found = near.or_else(|| world.store.find(&kind, "", &name));
    let is_meant = |at: &Ref| world.store.meta(*at).map(|meta| meta.uid) == controller.uid;
    let at = found.filter(is_meant);
    let kind = manifest::owner_kind(&controller.api_version, &kind);
    Some(OwnerRef { kind, name, uid: controller.uid?, at })
}

/// Indexes the owner references of a new object, and schedules a check that the owners exist.
pub(super) fn entered(world: &mut World, at: Ref) {
    let Some(given) = world.store.meta(at).and_then(|meta| meta.references.clone()) else { return };
    world.store.references.insert(at, &given);
    world.soon(Work::Garbage(at));
}

/// Removes the controller of an object from its references. The caller records the change.
pub(super) fn leave(world: &mut World, at: Ref) {
    let Some(meta) = world.store.meta_mut(at) else { return };
    meta.owner = None;
    let Some(before) = meta.references.take() else { return };
    let rest = before.as_array().into_iter().flatten().filter(|entry| entry["controller"] != true);
    let rest: Vec<Value> = rest.cloned().collect();
    meta.references = (!rest.is_empty()).then(|| Arc::new(Value::Array(rest)));
    world.store.references.remove(at, &before);
    entered(world, at);
}

/// Replaces the owner references of an object. The caller records the change.
pub(super) fn replace(world: &mut World, at: Ref, given: &Value) {
    let Some(meta) = world.store.meta(at) else { return };
    let (namespace, known, before) = (meta.namespace.clone(), meta.owner.clone(), meta.references.clone());
    let controller = controller(world, &namespace, given);
    let is_same = controller.as_ref().map(|owner| owner.uid) == known.map(|owner| owner.uid);
    let count = given.as_array().map_or(0, Vec::len);
    if before.is_none() && is_same && count == usize::from(controller.is_some()) {
        // What the world says of itself comes back as it was shown.
        return;
    }
    if before.as_deref() == Some(given) {
        return;
    }
    if let Some(before) = before {
        world.store.references.remove(at, &before);
    }
    if let Some(meta) = world.store.meta_mut(at) {
        meta.references = (count > 0).then(|| Arc::new(given.clone()));
    }
    entered(world, at);
    if !is_same {
        notify::belongs_to(world, at, controller);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::controller;
    use crate::apiserver::testing::world;

    #[test]
    fn a_namesake_of_a_kind_is_none_of_it() {
        let kind = |api_version: &str| {
            let owner = json!([{"apiVersion": api_version, "kind": "DaemonSet", "name": "agent", "controller": true,
                "uid": "6f1f0d6e-0000-4000-8000-000000000001"}]);
            controller(&world().0, "shop", &owner).map(|owner| owner.kind.to_string())
        };
        assert_eq!(kind("apps/v1").as_deref(), Some("DaemonSet"));
        assert_eq!(kind("apps.kruise.io/v1alpha1").as_deref(), Some("DaemonSet.apps.kruise.io"));
    }
}
