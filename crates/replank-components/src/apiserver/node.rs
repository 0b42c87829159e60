//! Patches of nodes: cordon, taints, labels, annotations.

use std::collections::BTreeMap;
use std::sync::Arc;

use replank_world::api::{NodePatch, Outcome};
use replank_world::object::{Node, Uid};
use replank_world::refusal::Refusal;
use replank_world::store::{NodeId, Ref};
use replank_world::vocab::labels::Map;
use replank_world::vocab::taint::{Effect, Taint};
use replank_world::world::World;

/// Patches a node. Fails with 422 when `metadata.uid` differs, and with 409 when `metadata.resourceVersion` does.
pub(super) fn patch(
    world: &mut World,
    name: &str,
    uid: Option<Uid>,
    patch: &NodePatch,
) -> Result<Outcome, Refusal> {
    let Some(id) = world.store.nodes.find("", name) else { return Err(Refusal::not_found("nodes", name)) };
    let Some(node) = world.store.nodes.get(id) else { return Err(Refusal::not_found("nodes", name)) };
    if let Some(meant) = uid
        && meant != node.meta.uid
    {
        let why = format!("Invalid value: \"{meant}\": field is immutable");
        let message = format!("Node \"{name}\" is invalid: metadata.uid: {why}");
        let causes = vec![("FieldValueInvalid", why)];
        return Err(Refusal { causes, ..Refusal::new(422, "Invalid", message) });
    }
    if patch.version.is_some_and(|version| version != node.meta.version) {
        let why =
            "the object has been modified; please apply your changes to the latest version and try again";
        let message = format!("Operation cannot be fulfilled on nodes \"{name}\": {why}");
        return Err(Refusal::new(409, "Conflict", message));
    }
    let taints = taints(node, name, patch)?;
    let labels = world.store.labels.get(node.meta.labels).clone();
    let labels = changed(&labels, &patch.labels);
    let annotations = changed(&node.meta.annotations, &patch.annotations);
    let unschedulable = patch.unschedulable.unwrap_or(node.unschedulable);
    let cordons = (unschedulable != node.unschedulable).then_some(unschedulable);
    let spec_changes = cordons.is_some() || taints != node.taints;
    if !spec_changes && labels.is_none() && annotations.is_none() {
        return Ok(Outcome::Unchanged);
    }
    let labels = labels.map(|labels| world.label_set(&labels));
    world.edit_node(id, |node| {
        node.unschedulable = unschedulable;
        node.taints = taints;
        if let Some(labels) = labels {
            node.meta.labels = labels;
        }
        if let Some(annotations) = annotations {
            node.meta.annotations = Arc::new(annotations);
        }
    });
    cordoned(world, id, cordons, patch.by.as_ref());
    Ok(Outcome::Written(Ref::Node(id)))
}

/// Notes who cordoned or uncordoned a node, and records the kubelet's Event about it.
pub(super) fn cordoned(world: &mut World, id: NodeId, cordons: Option<bool>, by: Option<&Arc<str>>) {
    let now = world.now;
    if let Some(node) = world.store.nodes.get_mut(id).filter(|_| cordons.is_some()) {
        node.cordoned = Some((by.cloned(), now));
    }
    let (Some(is_cordoned), Some(node)) = (cordons, world.store.nodes.get(id).filter(|node| node.alive))
    else {
        return;
    };
    let reason = if is_cordoned { "NodeNotSchedulable" } else { "NodeSchedulable" };
    let name = node.meta.name.clone();
    let message = move |_: &World| format!("Node {name} status is now: {reason}");
    world.record_routine(Ref::Node(id), "kubelet", reason, message);
}

/// The taints of a node after a patch; 422 for an unknown effect.
fn taints(node: &Node, name: &str, patch: &NodePatch) -> Result<Vec<Taint>, Refusal> {
    let mut taints = node.taints.clone();
    for (key, effect) in &patch.remove_taints {
        let goes = |taint: &Taint| {
            taint.key == *key && effect.as_ref().is_none_or(|effect| **effect == *taint.effect.as_str())
        };
        taints.retain(|taint| !goes(taint));
    }
    for (key, value, effect) in &patch.set_taints {
        let effects = [Effect::NoSchedule, Effect::PreferNoSchedule, Effect::NoExecute];
        let Some(effect) = effects.into_iter().find(|known| known.as_str() == &**effect) else {
            let message = format!(
                "Node \"{name}\" is invalid: metadata.taints[0].effect: Unsupported value: \"{effect}\": supported \
                 values: \"NoExecute\", \"NoSchedule\", \"PreferNoSchedule\""
            );
            return Err(Refusal::new(422, "Invalid", message));
        };
        let taint = Taint { key: key.clone(), value: value.clone(), effect, added_at: None };
        match taints.iter_mut().find(|present| present.key == *key && present.effect == effect) {
            Some(present) if present.value == *value => {}
            Some(present) => *present = taint,
            None => taints.push(taint),
        }
    }
    Ok(taints)
}

/// Labels or annotations after a patch; `None` when they do not change.
pub(super) fn changed(before: &Map, patch: &BTreeMap<Arc<str>, Option<Arc<str>>>) -> Option<Map> {
    let mut after = before.clone();
    for (key, value) in patch {
        match value {
            Some(value) => drop(after.insert(key.clone(), value.clone())),
            None => drop(after.remove(key)),
        }
    }
    (after != *before).then_some(after)
}
