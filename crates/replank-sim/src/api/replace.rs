//! Whole objects that replace what is there (PUT, and PATCH once it is worked out).

use std::sync::Arc;

use serde_json::Value;

use super::act::Outcome;
use super::update::named;
use crate::object::Node;
use crate::refusal::Refusal;
use crate::store::{NodeId, Ref};
use crate::vocab::labels::Map;
use crate::vocab::taint::{Effect, Taint};
use crate::world::World;

/// Replaces what clients may write of an object; its status and its identity stay. Nothing is written when nothing
/// changes.
pub(super) fn replace(world: &mut World, object: &Value) -> Result<Outcome, Refusal> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (kind, meta) = (text(&object["kind"]), &object["metadata"]);
    let (namespace, name) = (text(&meta["namespace"]), text(&meta["name"]));
    match named(world, &kind, &namespace, &name)? {
        Ref::Node(id) => node(world, id, object),
        _ => Err(Refusal::new(405, "MethodNotAllowed", "this kind cannot be replaced")),
    }
}

fn node(world: &mut World, id: NodeId, object: &Value) -> Result<Outcome, Refusal> {
    let Some(node) = world.store.nodes.get(id) else { return Ok(Outcome::Unchanged) };
    let taints = taints(node, object)?;
    let (labels, annotations) =
        (texts(&object["metadata"]["labels"]), texts(&object["metadata"]["annotations"]));
    let unschedulable = object["spec"]["unschedulable"] == true;
    let same = *world.store.labels.get(node.meta.labels).as_ref() == labels
        && *node.meta.annotations == annotations
        && unschedulable == node.unschedulable
        && taints == node.taints;
    if same {
        return Ok(Outcome::Unchanged);
    }
    let labels = world.label_set(&labels);
    world.edit_node(id, |node| {
        node.unschedulable = unschedulable;
        node.taints = taints;
        node.meta.labels = labels;
        node.meta.annotations = Arc::new(annotations);
    });
    Ok(Outcome::Written(Ref::Node(id)))
}

/// The taints of a node object. One that is there already keeps its time.
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

/// Labels or annotations.
fn texts(value: &Value) -> Map {
    let entries = value.as_object().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((Arc::from(key.as_str()), Arc::from(value.as_str()?)))).collect()
}
