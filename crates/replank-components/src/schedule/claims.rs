//! What becomes of waiting pods when claims and volumes change, and claims that nobody has seen.

use std::sync::Arc;

use crate::kubernetes::{components, components_mut};
use replank_world::object::{ClaimPhase, Volume};
use replank_world::store::{ClaimId, PodId};
use replank_world::world::World;

use super::retry::wake;

/// Takes a claim to be there that the world does not have, as of a cluster that was not seen whole.
pub fn take_claim_to_be_there(world: &mut World, namespace: &str, name: &str) {
    let claim = (Arc::from(namespace), Arc::from(name));
    components_mut(&mut world.state).scheduler.unseen_claims.insert(claim);
}

/// Retries the pods that use a changed claim, those included that waited for it to be made.
pub(crate) fn claim_changed(world: &mut World, id: ClaimId) {
    if !components(&world.state).scheduler.waiting.is_content() {
        if let Some(claim) = world.store.claims.get(id) {
            let (namespace, name) = (claim.meta.namespace.clone(), claim.meta.name.clone());
            let names = |pod: &PodId| {
                let pod = world.store.pods.get(*pod).filter(|pod| pod.meta.namespace == namespace);
                pod.is_some_and(|pod| {
                    !pod.claims.contains(&id)
                        && pod.template.spec.volumes.contains(&Volume::Claim(name.clone()))
                })
            };
            let waiting = components(&world.state).scheduler.waiting.of(None);
            let users: Vec<PodId> = waiting.into_iter().filter(names).collect();
            users.into_iter().for_each(|pod| world.use_claim(pod, id));
        }
        let users = world.store.index.by_claim.get(&id).into_iter().flatten().copied().collect();
        wake(world, users);
    }
}

/// Retries pods with pending claims after a change of volumes or storage classes.
pub(crate) fn volumes_changed(world: &mut World) {
    if components(&world.state).scheduler.waiting.is_content() {
        return;
    }
    let lacks = |id: &PodId| {
        let claims = world.store.pods.get(*id).into_iter().flat_map(|pod| &pod.claims);
        let mut claims = claims.filter_map(|claim| world.store.claims.get(*claim));
        claims.any(|claim| claim.phase == ClaimPhase::Pending)
    };
    let pods: Vec<PodId> =
        components(&world.state).scheduler.waiting.of(None).into_iter().filter(lacks).collect();
    wake(world, pods);
}
