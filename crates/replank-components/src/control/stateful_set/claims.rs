//! The claims of StatefulSet members (Kubernetes: `stateful_set_utils`) and their deletion
//! (`persistentVolumeClaimRetentionPolicy`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::control::{adopt, make, volume};
use replank_world::object::{AsGiven, Fate};
use replank_world::queue::Work;
use replank_world::store::{ClaimId, PodId, Ref, StatefulSetId};
use replank_world::time::Span;
use replank_world::world::World;

/// How often a terminating claim of an earlier member is checked.
const STALE: Span = Span::secs(1);

/// The claims of a member, created where missing: `<template>-<set>-<ordinal>`. `None` while one of them is about
/// to be deleted with an earlier member.
pub(super) fn of_member(
    world: &mut World,
    id: StatefulSetId,
    ordinal: i64,
) -> Option<BTreeMap<Arc<str>, ClaimId>> {
    let set = world.store.stateful_sets.get(id)?;
    let (namespace, fate) = (set.meta.namespace.clone(), set.claims_when_deleted);
    let owner = make::owner_of("StatefulSet", &set.meta, Ref::StatefulSet(id));
    let mut claims = BTreeMap::new();
    for (template, raw, name) in names(world, id, ordinal) {
        let known = world.store.claims.find(&namespace, &name);
        let stale = known.and_then(|claim| world.store.claims.get(claim)).is_some_and(|claim| {
            let of_pod = claim.meta.owner.as_ref().is_some_and(|owner| &*owner.kind == "Pod");
            claim.meta.deletion.is_some() || of_pod
        });
        if stale {
            world.after(STALE, Work::StatefulSet(id));
            return None;
        }
        let claim = match known {
            Some(claim) => claim,
            None => volume::create(world, namespace.clone(), name, raw),
        };
        let is_owned = world.store.claims.get(claim).is_some_and(|claim| claim.meta.owner.is_some());
        if fate == Fate::Delete && !is_owned {
            adopt::own(world, Ref::Claim(claim), owner.clone());
        }
        claims.insert(template, claim);
    }
    Some(claims)
}

/// Makes a member that is being scaled away the owner of its claims, if `whenScaled` is `Delete`.
pub(super) fn condemn(world: &mut World, id: StatefulSetId, pod: PodId) {
    let Some(set) = world.store.stateful_sets.get(id) else { return };
    let (namespace, fate) = (set.meta.namespace.clone(), set.claims_when_scaled);
    let Some(member) = world.store.pods.get(pod) else { return };
    let (Some(ordinal), owner) = (member.ordinal, make::owner_of("Pod", &member.meta, Ref::Pod(pod))) else {
        return;
    };
    if fate == Fate::Retain {
        return;
    }
    for (_, _, name) in names(world, id, ordinal) {
        if let Some(claim) = world.store.claims.find(&namespace, &name) {
            adopt::own(world, Ref::Claim(claim), owner.clone());
        }
    }
}

/// Template name, claim as given, and claim name of each claim of a member.
fn names(world: &World, id: StatefulSetId, ordinal: i64) -> Vec<(Arc<str>, AsGiven, Arc<str>)> {
    let Some(set) = world.store.stateful_sets.get(id) else { return Vec::new() };
    let name = |template: &str| Arc::from(format!("{template}-{}-{ordinal}", set.meta.name));
    set.claims.iter().map(|(template, raw)| (template.clone(), raw.clone(), name(template))).collect()
}
