//! Replacing whole objects (PUT, and PATCH once merged): metadata and spec. Status and uid are not taken over.

use replank_core::names::api_group;
use std::sync::Arc;

use serde_json::Value;

use super::update::resource_of;
use super::{references, replace_spec, said};
use crate::notify;
use replank_formats::manifest;
use replank_world::api::Outcome;
use replank_world::object::{Node, Pod};
use replank_world::refusal::Refusal;
use replank_world::store::{NodeId, PodId, Ref, Verb};
use replank_world::vocab::labels::Map;
use replank_world::vocab::taint::{Effect, Taint};
use replank_world::world::World;

/// The parts of `metadata` that clients may write.
struct Written {
    labels: Map,
    annotations: Map,
    finalizers: Vec<Arc<str>>,
    owners: Value,
    managed: Option<Arc<Value>>,
}

/// Replaces metadata and, where `spec` says that it differs, spec of an existing object.
pub(super) fn replace(world: &mut World, object: &Value, spec: bool) -> Result<Outcome, Refusal> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (kind, meta) = (text(&object["kind"]), &object["metadata"]);
    let (namespace, name) = (text(&meta["namespace"]), text(&meta["name"]));
    let version = text(&object["apiVersion"]);
    let group = api_group(&version);
    let at = world.store.find_in(group, &kind, &namespace, &name);
    let at = at.ok_or_else(|| Refusal::not_found(resource_of(&kind), &name))?;
    references::check(&kind, &name, &meta["ownerReferences"])?;
    let written = written(meta);
    match at {
        Ref::Node(id) => node(world, id, object, written)?,
        Ref::Pod(id) => pod(world, id, object, written, spec)?,
        _ => {
            if spec || matches!(at, Ref::Other(_)) {
                let given = manifest::admit(object, &world.known)?;
                replace_spec::replace(world, at, given)?;
            }
            write_meta(world, at, written);
            if spec && let Some(meta) = world.store.meta_mut(at) {
                meta.generation += 1;
            }
        }
    }
    if let Some(status) = object.get("status").filter(|_| !matches!(at, Ref::Other(_))) {
        said::replace(world, at, status);
    }
    // Owners and state stand in the same write as the rest.
    world.changed(at, Verb::Modified);
    Ok(let_go(world, at))
}

fn written(meta: &Value) -> Written {
    let finalizers = meta["finalizers"].as_array().into_iter().flatten();
    Written {
        labels: texts(&meta["labels"]),
        annotations: texts(&meta["annotations"]),
        owners: meta["ownerReferences"].clone(),
        finalizers: finalizers.filter_map(|finalizer| finalizer.as_str().map(Arc::from)).collect(),
        managed: meta["managedFields"]
            .as_array()
            .filter(|managed| !managed.is_empty())
            .map(|_| Arc::new(meta["managedFields"].clone())),
    }
}

fn write_meta(world: &mut World, at: Ref, written: Written) {
    let Written { labels, annotations, finalizers, owners, managed } = written;
    let labels = world.label_set(&labels);
    let Some(meta) = world.store.meta_mut(at) else { return };
    meta.labels = labels;
    if *meta.annotations != annotations {
        meta.annotations = Arc::new(annotations);
    }
    meta.finalizers = finalizers;
    let uid = meta.uid;
    match managed {
        Some(managed) => drop(world.store.managed.insert(uid, managed)),
        None => drop(world.store.managed.remove(&uid)),
    }
    references::replace(world, at, &owners);
}

/// Removes an object that only waited for its last finalizer.
fn let_go(world: &mut World, at: Ref) -> Outcome {
    let free = world.store.meta(at).is_some_and(|meta| {
        meta.finalizers.is_empty() && meta.deletion.is_some_and(|deletion| deletion.grace_seconds == 0)
    });
    // A namespace waits for what is in it, and a pod for its kubelet.
    if free && !matches!(at, Ref::Pod(_)) && !is_namespace(world, at) {
        world.remove(at);
    }
    Outcome::Written(at)
}

fn is_namespace(world: &World, at: Ref) -> bool {
    matches!(at, Ref::Other(id) if world.store.others.get(id).is_some_and(|other| &*other.kind == "Namespace"))
}

fn node(world: &mut World, id: NodeId, object: &Value, written: Written) -> Result<(), Refusal> {
    let Some(node) = world.store.nodes.get(id) else { return Ok(()) };
    let taints = taints(node, object)?;
    let unschedulable = object["spec"]["unschedulable"] == true;
    let cordons = (unschedulable != node.unschedulable).then_some(unschedulable);
    let by = object["metadata"]["managedFields"].as_array().and_then(|entries| cordoner(entries));
    write_meta(world, Ref::Node(id), written);
    if let Some(node) = world.store.nodes.get_mut(id) {
        node.unschedulable = unschedulable;
        node.taints = taints;
    }
    super::node::cordoned(world, id, cordons, by.as_ref());
    Ok(())
}

/// The field manager of `spec.unschedulable`; `None` on an uncordoned node, where the field is absent.
fn cordoner(entries: &[Value]) -> Option<Arc<str>> {
    let has = |entry: &&Value| entry.pointer("/fieldsV1/f:spec/f:unschedulable").is_some();
    entries.iter().find(has).and_then(|entry| entry["manager"].as_str()).map(Arc::from)
}

/// The taints of a node object; a taint that is there already keeps its `timeAdded`.
fn taints(node: &Node, object: &Value) -> Result<Vec<Taint>, Refusal> {
    let mut taints = Vec::new();
    for (at, taint) in object["spec"]["taints"].as_array().into_iter().flatten().enumerate() {
        let text = |key: &str| taint[key].as_str().unwrap_or_default();
        let effects = [Effect::NoSchedule, Effect::PreferNoSchedule, Effect::NoExecute];
        let Some(effect) = effects.into_iter().find(|effect| effect.as_str() == text("effect")) else {
            let why = format!(
                "Unsupported value: \"{}\": supported values: \"NoExecute\", \"NoSchedule\", \"PreferNoSchedule\"",
                text("effect")
            );
            let name = &node.meta.name;
            let message = format!("Node \"{name}\" is invalid: metadata.taints[{at}].effect: {why}");
            return Err(Refusal::new(422, "Invalid", message));
        };
        let new = Taint::new(text("key"), text("value"), effect);
        let known = node.taints.iter().find(|known| Taint { added_at: None, ..Taint::clone(known) } == new);
        taints.push(known.cloned().unwrap_or(new));
    }
    Ok(taints)
}

fn pod(world: &mut World, id: PodId, object: &Value, written: Written, spec: bool) -> Result<(), Refusal> {
    if spec {
        replace_spec::pod(world, id, object)?;
    }
    let Some(pod) = world.store.pods.get(id) else { return Ok(()) };
    let (namespace, before) = (pod.meta.namespace.clone(), pod.meta.labels);
    let after = world.label_set(&written.labels);
    write_meta(world, Ref::Pod(id), written);
    if before == after {
        return Ok(());
    }
    let users = world.users(&namespace, before);
    let sets = world.store.index.by_labels.entry(namespace).or_default();
    if let Some(pods) = sets.get_mut(&before) {
        pods.remove(&id);
        if pods.is_empty() {
            sets.remove(&before);
        }
    }
    sets.entry(after).or_default().insert(id);
    release(world, id);
    notify::pod_relabelled(world, id, &users);
    Ok(())
}

/// Releases a pod whose controller no longer selects it (Kubernetes: `ReleasePod`).
fn release(world: &mut World, id: PodId) {
    let Some(owner) = world.store.pods.get(id).and_then(|pod| pod.meta.owner.as_ref()?.at) else { return };
    let store = &world.store;
    let selector = match owner {
        Ref::ReplicaSet(id) => store.replica_sets.get(id).map(|set| &set.selector),
        Ref::StatefulSet(id) => store.stateful_sets.get(id).map(|set| &set.selector),
        Ref::DaemonSet(id) => store.daemon_sets.get(id).map(|set| &set.selector),
        _ => None,
    };
    let selects = |pod: &Pod| selector.is_none_or(|it| it.matches(store.labels.get(pod.meta.labels)));
    if store.pods.get(id).is_none_or(selects) {
        return;
    }
    references::leave(world, Ref::Pod(id));
    if let Some(owned) = world.store.index.owned.get_mut(&owner) {
        owned.remove(&Ref::Pod(id));
    }
    notify::owned_left(world, owner);
}

/// Parses labels or annotations.
pub(super) fn texts(value: &Value) -> Map {
    let entries = value.as_object().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((Arc::from(key.as_str()), Arc::from(value.as_str()?)))).collect()
}
