//! What clients say of the state of an object beside what the world knows: conditions of their own, resources that a
//! device brings. Readiness gates of pods and what nodes offer follow it; the rest is kept and shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::kubelet;
use crate::store::{NodeId, Ref};
use crate::world::World;

/// Takes down what is said of an object. Whoever calls notes the change.
pub(super) fn replace(world: &mut World, at: Ref, status: &Value) {
    let Some(uid) = world.store.meta(at).map(|meta| meta.uid) else { return };
    if status.as_object().is_none_or(serde_json::Map::is_empty) {
        world.store.said.remove(&uid);
    } else {
        world.store.said.insert(uid, Arc::new(status.clone()));
    }
    match at {
        Ref::Pod(id) => kubelet::gates_turned(world, id),
        Ref::Node(id) => offer(world, id, status),
        _ => {}
    }
}

/// A node offers what was said that it has (Kubernetes: extended resources, which the kubelet takes over).
fn offer(world: &mut World, id: NodeId, status: &Value) {
    let Some(capacity) = status["capacity"].as_object() else { return };
    let counted = capacity.iter().filter_map(|(name, count)| {
        let count = count.as_str().map_or_else(|| count.as_i64(), |text| text.parse().ok())?;
        Some((Arc::<str>::from(name.as_str()), count))
    });
    let extended: BTreeMap<Arc<str>, i64> = counted.filter(|(name, _)| name.contains('/')).collect();
    if let Some(node) = world.store.nodes.get_mut(id) {
        node.allocatable.extended = extended;
    }
}
