//! Binding, attaching and detaching volumes.

use std::sync::Arc;

use serde_json::Value;

use super::make;
use crate::object::{Claim, ClaimPhase};
use crate::store::{ClaimId, Ref};
use crate::world::World;

/// Looks at a claim.
pub(crate) fn sync(_world: &mut World, _id: ClaimId) {}

/// Puts a claim in that was given as JSON: its class and its access modes decide.
pub(super) fn create(world: &mut World, namespace: Arc<str>, name: Arc<str>, raw: Arc<Value>) -> ClaimId {
    let spec = &raw["spec"];
    let class = match spec["storageClassName"].as_str() {
        Some(name) => Some(Arc::from(name)),
        None => {
            let classes = world.store.storage_classes.iter();
            classes
                .map(|(_, class)| class)
                .find(|class| class.is_default)
                .map(|class| class.meta.name.clone())
        }
    };
    let modes = || spec["accessModes"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let shared = modes().any(|mode| matches!(mode, "ReadWriteMany" | "ReadOnlyMany"));
    let claim = Claim {
        meta: make::meta(world, namespace, name, None),
        class,
        phase: ClaimPhase::Pending,
        one_pod: modes().any(|mode| mode == "ReadWriteOncePod"),
        one_node: !shared,
        attached: None,
        detaching_until: None,
        raw,
    };
    world.add(|store| &mut store.claims, claim, Ref::Claim)
}
