//! Volumes: claims get one, and one that can be used on a single node follows its pods from node to node (Kubernetes:
//! the persistent volume and the attach-detach controllers, a dynamic provisioner).

mod attach;
mod bind;
pub(crate) mod prepared;

use std::sync::Arc;

use serde_json::Value;

use super::make;
use crate::object::{Claim, ClaimPhase, Pod, StorageClass};
use crate::store::{ClaimId, NodeId, PodId, Ref};
use crate::world::World;

/// What holds a claim that is deleted while pods use it.
pub(crate) const PROTECTION: &str = "kubernetes.io/pvc-protection";

/// Looks at a claim.
pub(crate) fn sync(world: &mut World, id: ClaimId) {
    let Some(claim) = world.store.claims.get(id) else { return };
    if claim.meta.deletion.is_some() && users(world, id).is_empty() {
        // Kubernetes: the protection controller lets a claim go when nobody uses it.
        return crate::api::remove_finalizer(world, Ref::Claim(id), PROTECTION);
    }
    match claim.phase {
        ClaimPhase::Pending => bind::step(world, id),
        ClaimPhase::Bound { .. } => attach::step(world, id),
        ClaimPhase::Lost => {}
    }
}

/// Whether a kubelet finds the volume of a claim on its node. Until then a pod waits; the claim changes when it comes.
pub(crate) fn ready_on(world: &World, id: ClaimId, node: NodeId) -> bool {
    let Some(claim) = world.store.claims.get(id) else { return false };
    let bound = matches!(claim.phase, ClaimPhase::Bound { .. });
    bound && (!claim.one_node || (claim.attached == Some(node) && claim.under_way.is_none()))
}

/// The pods on nodes that use a claim. Those that ended have let go of it.
fn users(world: &World, id: ClaimId) -> Vec<(PodId, NodeId)> {
    let pods = world.store.index.by_claim.get(&id).into_iter().flatten();
    let user = |pod: &Pod| pod.node.filter(|_| !pod.finished());
    pods.filter_map(|id| Some((*id, world.store.pods.get(*id).and_then(user)?))).collect()
}

/// The class of claims that name none.
fn default_class(world: &World) -> Option<&StorageClass> {
    world.store.storage_classes.iter().map(|(_, class)| class).find(|class| class.is_default)
}

/// Puts a claim in that was given as JSON: its class and its access modes decide.
pub(super) fn create(world: &mut World, namespace: Arc<str>, name: Arc<str>, raw: Arc<Value>) -> ClaimId {
    let spec = &raw["spec"];
    let class = spec["storageClassName"].as_str().map(Arc::from);
    let class = class.or_else(|| default_class(world).map(|class| class.meta.name.clone()));
    let modes = || spec["accessModes"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let shared = modes().any(|mode| matches!(mode, "ReadWriteMany" | "ReadOnlyMany"));
    let mut meta = make::meta(world, namespace, name, None);
    meta.finalizers.push(Arc::from(PROTECTION));
    let claim = Claim {
        meta,
        class,
        phase: ClaimPhase::Pending,
        one_pod: modes().any(|mode| mode == "ReadWriteOncePod"),
        one_node: !shared,
        attached: None,
        under_way: None,
        raw,
    };
    world.add(|store| &mut store.claims, claim, Ref::Claim)
}

#[cfg(test)]
mod tests;
