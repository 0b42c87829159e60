//! Volumes: binding of claims, and attaching to nodes (Kubernetes: the persistent volume and attach-detach
//! controllers, with a dynamic provisioner).

mod attach;
mod bind;
pub(crate) mod prepared;

use std::sync::Arc;

use serde_json::Value;

use super::make;
use replank_world::object::{AsGiven, Claim, ClaimPhase, PROTECTION, Pod, StorageClass, VOLUME_PROTECTION};
use replank_world::queue::Work;
use replank_world::store::{ClaimId, NodeId, OtherId, PodId, Ref, Verb};
use replank_world::world::World;

/// Syncs a claim: releases, binds, attaches or detaches it.
pub(crate) fn sync(world: &mut World, id: ClaimId) {
    let Some(claim) = world.store.claims.get(id) else { return };
    if claim.meta.deletion.is_some() && users(world, id).is_empty() {
        // Kubernetes: the protection controller lets a claim go when nobody uses it.
        return crate::apiserver::remove_finalizer(world, Ref::Claim(id), PROTECTION);
    }
    match claim.phase {
        ClaimPhase::Pending => bind::step(world, id),
        ClaimPhase::Bound { .. } => attach::step(world, id),
        ClaimPhase::Lost => {}
    }
}

/// Whether a kubelet finds the claim's volume on this node. A change of the claim wakes pods that wait.
pub(crate) fn ready_on(world: &World, id: ClaimId, node: NodeId) -> bool {
    let Some(claim) = world.store.claims.get(id) else { return false };
    let bound = matches!(claim.phase, ClaimPhase::Bound { .. });
    bound && (!claim.one_node || (claim.attached == Some(node) && claim.under_way.is_none()))
}

/// The pods on nodes that use a claim, and their nodes; finished pods do not count.
fn users(world: &World, id: ClaimId) -> Vec<(PodId, NodeId)> {
    let pods = world.store.index.by_claim.get(&id).into_iter().flatten();
    let user = |pod: &Pod| pod.node.filter(|_| !pod.finished());
    pods.filter_map(|id| Some((*id, world.store.pods.get(*id).and_then(user)?))).collect()
}

/// A storage class was created or changed: pending claims are synced, and those without a class may get it as the
/// default.
pub(crate) fn class_changed(world: &mut World, verb: Verb) {
    if verb == Verb::Deleted {
        return;
    }
    let default = default_class(world).map(|class| class.meta.name.clone());
    for claim in pending(world) {
        // Kubernetes gives claims without a class the default one, also later (`assignDefaultStorageClass`).
        if let (Some(name), Some(it)) = (&default, world.store.claims.get_mut(claim))
            && it.class.is_none()
        {
            it.class = Some(name.clone());
            world.changed(Ref::Claim(claim), Verb::Modified);
        }
        world.soon(Work::Claim(claim));
    }
    crate::notify::volumes_changed(world);
}

/// An untyped object changed: for a `PersistentVolume`, pending claims are synced.
pub(crate) fn other_changed(world: &mut World, id: OtherId, verb: Verb) {
    let Some(volume) = world.store.others.get(id).filter(|_| verb != Verb::Deleted) else { return };
    if &*volume.kind != "PersistentVolume" || !volume.group().is_empty() {
        return;
    }
    let (name, is_owned) = (volume.meta.name.clone(), volume.raw["spec"]["claimRef"]["uid"].is_string());
    let leaves = volume.meta.deletion.is_some();
    if leaves && !claims_of(world, &name).any(|_| true) {
        return crate::apiserver::remove_finalizer(world, Ref::Other(id), VOLUME_PROTECTION);
    }
    if !is_owned && !claims_of(world, &name).any(|_| true) {
        // Somebody took the old claim's identity out of it, or all of the claim: it is available again.
        world.store.index.volumes_taken.remove(&name);
    }
    for claim in pending(world) {
        world.soon(Work::Claim(claim));
    }
    crate::notify::volumes_changed(world);
}

/// The claims that are bound to a volume.
fn claims_of<'a>(world: &'a World, volume: &'a str) -> impl Iterator<Item = ClaimId> + 'a {
    let bound =
        move |claim: &Claim| matches!(&claim.phase, ClaimPhase::Bound { volume: of, .. } if **of == *volume);
    world.store.claims.iter().filter(move |(_, claim)| bound(claim)).map(|(id, _)| id)
}

/// A claim was removed: its volume is deleted too, if its reclaim policy is `Delete`. Otherwise it stays released
/// and is not available to others.
pub(crate) fn claim_gone(world: &mut World, id: ClaimId) {
    let Some(claim) = world.store.claims.get(id) else { return };
    let ClaimPhase::Bound { volume, .. } = &claim.phase else { return };
    let Some(at) = world.store.others.find_in("", "PersistentVolume", "", volume) else { return };
    let Some(raw) = world.store.others.get(at).map(|volume| &volume.raw) else { return };
    let deletes = raw["spec"]["persistentVolumeReclaimPolicy"] == "Delete";
    if deletes && replank_formats::manifest::is_attached(raw) {
        return world.remove(Ref::Other(at));
    }
    // Kubernetes: the protection controller lets a volume go that is released.
    let leaves = world.store.meta(Ref::Other(at)).is_some_and(|meta| meta.deletion.is_some());
    if leaves {
        crate::apiserver::remove_finalizer(world, Ref::Other(at), VOLUME_PROTECTION);
    }
}

fn pending(world: &World) -> Vec<ClaimId> {
    let claims = world.store.claims.iter();
    claims.filter(|(_, claim)| claim.phase == ClaimPhase::Pending).map(|(id, _)| id).collect()
}

/// The class of claims that name none: the newest default class (Kubernetes: `GetDefaultClass`).
pub(crate) fn default_class(world: &World) -> Option<&StorageClass> {
    let defaults = world.store.storage_classes.iter().map(|(_, class)| class);
    let defaults = defaults.filter(|class| class.is_default);
    defaults.max_by(|one, other| {
        let age = |class: &StorageClass| class.meta.created_at;
        age(one).cmp(&age(other)).then_with(|| other.meta.name.cmp(&one.meta.name))
    })
}

/// Creates a claim from its JSON: class and access modes are read from it.
pub(crate) fn create(world: &mut World, namespace: Arc<str>, name: Arc<str>, raw: AsGiven) -> ClaimId {
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
