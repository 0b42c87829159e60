//! The garbage collector (Kubernetes: `pkg/controller/garbagecollector`): deletes dependents after, or with
//! foreground deletion before, their owner, or orphans them.
//!
//! Every controller reference is taken to block a foreground deletion of its owner.

use crate::apiserver::{self, FOREGROUND, ORPHAN};
use replank_world::api::Propagation;
use replank_world::object::OwnerRef;
use replank_world::queue::Work;
use replank_world::store::{Ref, Verb, read_references};
use replank_world::world::World;

/// Syncs an object: one whose owners are gone is deleted; one in foreground or orphaning deletion has its
/// dependents handled.
pub(crate) fn sync(world: &mut World, at: Ref) {
    let Some(meta) = world.store.meta(at) else { return };
    let waits_as = |finalizer: &str| meta.finalizers.iter().any(|present| &**present == finalizer);
    let (foreground, orphan) = (waits_as(FOREGROUND), waits_as(ORPHAN));
    if meta.deletion.is_some() && orphan {
        return let_go(world, at);
    }
    if meta.deletion.is_some() && foreground {
        return dependents_first(world, at);
    }
    let lost = is_lost(world, at);
    if lost && meta.deletion.is_none() {
        // Without preconditions nothing refuses.
        let _ = apiserver::delete(world, at, Propagation::Background);
    }
}

/// An object is being removed: its dependents are synced, and its owner if that waits in foreground deletion.
pub(crate) fn owner_gone(world: &mut World, at: Ref) {
    let mut owned: Vec<_> = world.store.index.owned_by(at).collect();
    if let Some(uid) = world.store.meta(at).map(|meta| meta.uid) {
        owned.extend(world.store.references.dependents(uid));
    }
    for dependent in owned {
        world.soon(Work::Garbage(dependent));
    }
    let owner = world.store.meta(at).and_then(|meta| meta.owner.as_ref()).and_then(|owner| owner.at);
    let waits = |owner: &Ref| {
        let finalizers = world.store.meta(*owner).map(|meta| meta.finalizers.as_slice());
        finalizers.unwrap_or_default().iter().any(|present| &**present == FOREGROUND)
    };
    if let Some(owner) = owner.filter(waits) {
        world.soon(Work::Garbage(owner));
    }
}

/// Whether the object has owners and none of them exists any more.
fn is_lost(world: &World, at: Ref) -> bool {
    let Some(meta) = world.store.meta(at) else { return false };
    let mut owners: Vec<OwnerRef> = meta.owner.iter().cloned().collect();
    for given in meta.references.iter().flat_map(|given| read_references(given)) {
        let uid = given.uid.unwrap_or_default();
        owners.push(OwnerRef { kind: given.kind, name: given.name, uid, at: None });
    }
    !owners.is_empty() && !owners.iter().any(|owner| is_there(world, at, owner))
}

/// Whether the owner that is named exists: same kind, same namespace or cluster-scoped, same uid.
fn is_there(world: &World, at: Ref, owner: &OwnerRef) -> bool {
    let store = &world.store;
    let Some(meta) = store.meta(at) else { return false };
    let known = owner.at.or_else(|| {
        let near = store.find(&owner.kind, &meta.namespace, &owner.name);
        near.or_else(|| store.find(&owner.kind, "", &owner.name))
    });
    match known.and_then(|owner| store.meta(owner)) {
        Some(found) => found.uid == owner.uid,
        None => false,
    }
}

/// Removes the owner from the dependents of an object, then the finalizer `orphan`.
fn let_go(world: &mut World, at: Ref) {
    let owned: Vec<_> = world.store.index.owned_by(at).collect();
    for dependent in owned {
        if let Some(meta) = world.store.meta_mut(dependent) {
            meta.owner = None;
            if let Some(references) = meta.references.take() {
                world.store.references.remove(dependent, &references);
            }
        }
        if let Some(rest) = world.store.index.owned.get_mut(&at) {
            rest.remove(&dependent);
        }
        world.changed(dependent, Verb::Modified);
        if let Ref::Pod(pod) = dependent {
            super::adopt::orphaned(world, pod);
        }
    }
    world.store.index.owned.remove(&at);
    apiserver::remove_finalizer(world, at, ORPHAN);
}

/// Deletes the dependents of an object; when none is left, removes the finalizer `foregroundDeletion`.
fn dependents_first(world: &mut World, at: Ref) {
    let owned: Vec<_> = world.store.index.owned_by(at).collect();
    if owned.is_empty() {
        return apiserver::remove_finalizer(world, at, FOREGROUND);
    }
    for dependent in owned {
        if world.store.meta(dependent).is_some_and(|meta| meta.deletion.is_none()) {
            let _ = apiserver::delete(world, dependent, Propagation::Foreground);
        }
    }
}

#[cfg(test)]
mod tests;
