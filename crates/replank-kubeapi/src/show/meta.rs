//! `metadata`.

use replank_world::object::{Meta, OwnerRef, Uid};
use serde_json::{Map, Value, json};

use super::View;

/// Metadata of an object that the world acts on.
pub(super) fn meta(view: View<'_>, meta: &Meta) -> Value {
    let mut out = Map::new();
    out.insert("name".into(), json!(*meta.name));
    if let Some(OwnerRef { name, .. }) = meta.owner.as_ref().filter(|owner| generated(owner, &meta.name)) {
        out.insert("generateName".into(), json!(format!("{name}-")));
    }
    if !meta.namespace.is_empty() {
        out.insert("namespace".into(), json!(*meta.namespace));
    }
    out.insert("uid".into(), json!(meta.uid.to_string()));
    out.insert("resourceVersion".into(), json!(meta.version.to_string()));
    if meta.generation > 0 {
        out.insert("generation".into(), json!(meta.generation));
    }
    out.insert("creationTimestamp".into(), view.time(meta.created_at));
    if let Some(deletion) = meta.deletion {
        out.insert("deletionTimestamp".into(), view.time(deletion.until));
        out.insert("deletionGracePeriodSeconds".into(), json!(deletion.grace_seconds));
    }
    texts(&mut out, "labels", view.world.store.labels.get(meta.labels));
    texts(&mut out, "annotations", &meta.annotations);
    let owners = owners(meta);
    if !owners.is_empty() {
        out.insert("ownerReferences".into(), Value::Array(owners));
    }
    if !meta.finalizers.is_empty() {
        let finalizers: Vec<&str> = meta.finalizers.iter().map(|finalizer| &**finalizer).collect();
        out.insert("finalizers".into(), json!(finalizers));
    }
    if let Some(managed) = view.world.store.managed.get(&meta.uid) {
        out.insert("managedFields".into(), Value::clone(managed));
    }
    Value::Object(out)
}

/// Metadata of an object derived from another one: it is created and changes with that.
pub(super) fn derived(view: View<'_>, of: &Meta, namespace: &str, name: &str) -> Value {
    let mut out = json!({
        "name": name, "uid": Uid(of.uid.0 ^ hash(name)).to_string(), "resourceVersion": of.version.to_string(),
        "creationTimestamp": view.time(of.created_at),
    });
    if !namespace.is_empty() {
        out["namespace"] = json!(namespace);
    }
    out
}

/// FNV-1a, 128 bits, with the version bits of a random UUID.
pub(super) fn hash(text: &str) -> u128 {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let mixed = text.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash: u128, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(PRIME)
    });
    // The bits that say "a random UUID" stay as they are.
    mixed & !(0xf << 76) & !(0x3 << 62)
}

fn texts(out: &mut Map<String, Value>, key: &str, entries: &replank_world::vocab::labels::Map) {
    if !entries.is_empty() {
        let entries = entries.iter().map(|(key, value)| (key.to_string(), json!(**value)));
        out.insert(key.into(), Value::Object(entries.collect()));
    }
}

/// Whether the name was generated from the owner's.
fn generated(owner: &OwnerRef, name: &str) -> bool {
    let draws =
        matches!(&*owner.kind, "ReplicaSet" | "DaemonSet" | "Job" | "ReplicationController" | "StatefulSet");
    draws && name.strip_prefix(&*owner.name).is_some_and(|rest| rest.starts_with('-'))
}

/// `ownerReferences`: those that clients set, and the controller that the world knows.
fn owners(meta: &Meta) -> Vec<Value> {
    let controller = meta.owner.as_ref().map(|owner| owner.uid.to_string());
    let is_current = |entry: &&Value| {
        entry["controller"] != true || controller.as_deref().is_some_and(|uid| entry["uid"] == *uid)
    };
    let given = meta.references.iter().flat_map(|given| given.as_array().into_iter().flatten());
    let mut owners: Vec<Value> = given.filter(is_current).cloned().collect();
    if let Some(owner) = &meta.owner
        && !owners.iter().any(|entry| entry["controller"] == true)
    {
        owners.push(owner_reference(owner));
    }
    owners
}

fn owner_reference(owner: &OwnerRef) -> Value {
    json!({
        "apiVersion": owner.api_version(), "kind": *owner.kind, "name": *owner.name, "uid": owner.uid.to_string(),
        "controller": true, "blockOwnerDeletion": true,
    })
}
