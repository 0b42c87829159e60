//! Parts of `status` that clients write and the world does not model. Readiness gates of pods and extended
//! resources of nodes follow from them; the rest is stored and shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::notify;
use replank_world::store::{NodeId, Ref};
use replank_world::world::World;

/// Stores the status parts that a client wrote. The caller records the change.
pub(super) fn replace(world: &mut World, at: Ref, status: &Value) {
    let Some(uid) = world.store.meta(at).map(|meta| meta.uid) else { return };
    if status.as_object().is_none_or(serde_json::Map::is_empty) {
        world.store.said.remove(&uid);
    } else {
        world.store.said.insert(uid, Arc::new(status.clone()));
    }
    match at {
        Ref::Pod(id) => notify::gates_turned(world, id),
        Ref::Node(id) => offer(world, id, status),
        _ => {}
    }
}

/// Takes extended resources from the written capacity into the node's allocatable, as the kubelet does.
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
