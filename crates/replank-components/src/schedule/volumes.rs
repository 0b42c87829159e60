//! Volume filters (Kubernetes: `VolumeRestrictions`, `NodeVolumeLimits`, `VolumeBinding`), and binding with the
//! choice of a node.

use std::sync::Arc;

use crate::control::volume::prepared::{self, Candidate};
use crate::kubernetes::components;
use replank_world::object::{Claim, ClaimPhase, Node, Pod, StorageClass, Volume, Zonal};
use replank_world::store::{ClaimId, NodeId, PodId, Ref, Verb};
use replank_world::vocab::labels::Map;
use replank_world::world::World;

use super::filter::Seeker;
use super::reason::Reason;

/// A claim that is bound when the node of its first pod is chosen.
pub(super) struct Unbound<'a> {
    id: ClaimId,
    /// Pre-provisioned volumes it could be bound to, smallest first.
    candidates: Vec<Candidate<'a>>,
    /// Its class, when that can provision a volume.
    class: Option<&'a StorageClass>,
}

/// What a claim is bound to on a node.
enum Gets<'c, 'a> {
    Prepared(&'c Candidate<'a>),
    Made,
}

/// The unbound claims of a pod that wait for its node, smallest request first (Kubernetes: `byPVCSize`).
pub(super) fn unbound<'a>(world: &'a World, pod: &Pod) -> Vec<Unbound<'a>> {
    let claims = pod.claims.iter().filter_map(|id| Some((*id, world.store.claims.get(*id)?)));
    let waits = |claim: &Claim| claim.phase == ClaimPhase::Pending && prepared::waits(world, claim);
    let mut waiting: Vec<_> = claims.filter(|(_, claim)| waits(claim)).collect();
    waiting.sort_by_key(|(_, claim)| prepared::size(claim));
    let one = |(id, claim): (ClaimId, &'a Claim)| Unbound {
        id,
        candidates: prepared::candidates(world, claim),
        class: prepared::class_of(world, claim).filter(|class| class.provisions),
    };
    waiting.into_iter().map(one).collect()
}

/// The volume for each claim on a node; `None` when one of them has none (Kubernetes: `findMatchingVolumes`,
/// `checkVolumeProvisions`).
fn gets<'c, 'a>(
    unbound: &'c [Unbound<'a>],
    node: &Node,
    labels: &Map,
) -> Option<Vec<(ClaimId, Gets<'c, 'a>)>> {
    let (mut chosen, mut all): (Vec<&Arc<str>>, _) = (Vec::new(), Vec::new());
    for claim in unbound {
        let one = match prepared::choose(&claim.candidates, node, labels, &chosen) {
            Some(volume) => {
                chosen.push(volume.name);
                Gets::Prepared(volume)
            }
            None if claim.class.is_some_and(|class| class.allows(labels)) => Gets::Made,
            None => return None,
        };
        all.push((claim.id, one));
    }
    Some(all)
}

impl Seeker<'_> {
    /// The reasons of the first volume filter that excludes a node.
    pub(super) fn volumes(&self, at: NodeId, node: &Node, without: &[PodId]) -> Vec<Reason> {
        if self.pod.claims.is_empty() {
            return Vec::new();
        }
        let store = &self.world.store;
        let claims = || self.pod.claims.iter().filter_map(|id| Some((*id, store.claims.get(*id)?)));
        if claims().any(|(id, claim)| claim.one_pod && self.used_elsewhere(id, without)) {
            return vec![Reason::OnePod];
        }
        let attached = |pod: &Pod| pod.claims.iter().filter(|id| self.takes_slot(**id)).count() as u32;
        let own = attached(self.pod);
        let there: u32 = if own == 0 { 0 } else { self.here(at, without).map(attached).sum() };
        if own > 0 && own + there > node.volumes_max {
            return vec![Reason::VolumeLimit];
        }
        let labels = store.labels.get(node.meta.labels);
        let mut reasons = Vec::new();
        for (_, claim) in claims() {
            match &claim.phase {
                ClaimPhase::Lost => return vec![Reason::VolumeGone],
                ClaimPhase::Bound { zonal, .. } if !zonal.takes(node, labels) => {
                    reasons = vec![Reason::VolumeElsewhere];
                }
                ClaimPhase::Bound { .. } | ClaimPhase::Pending => {}
            }
        }
        if gets(&self.unbound, node, labels).is_none() {
            reasons.push(Reason::NoVolume);
        }
        reasons
    }

    /// Whether a claim counts against the node's volume limit; a volume that is not attached does not.
    fn takes_slot(&self, id: ClaimId) -> bool {
        let Some(claim) = self.world.store.claims.get(id).filter(|claim| claim.one_node) else {
            return false;
        };
        claim.phase != ClaimPhase::Pending
            || prepared::class_of(self.world, claim).is_none_or(|class| class.provisions)
    }

    fn used_elsewhere(&self, id: ClaimId, without: &[PodId]) -> bool {
        let users = self.world.store.index.by_claim.get(&id).into_iter().flatten();
        let others = users.filter(|other| **other != self.id && !without.contains(other));
        others
            .filter_map(|other| self.world.store.pods.get(*other))
            .any(|other| other.node.is_some() && !other.finished())
    }
}

/// The first claim that a pod names and that is not there.
pub(super) fn missing<'a>(world: &World, pod: &'a Pod) -> Option<&'a Arc<str>> {
    let named = pod.template.spec.volumes.iter().filter_map(|volume| match volume {
        Volume::Claim(name) => Some(name),
        Volume::ClaimTemplate(_) | Volume::EmptyDir | Volume::HostPath => None,
    });
    let namespace = &pod.meta.namespace;
    let unseen = &components(&world.state).scheduler.unseen_claims;
    let is_there = |name: &Arc<str>| {
        world.store.claims.find(namespace, name).is_some()
            || unseen.contains(&(namespace.clone(), name.clone()))
    };
    named.into_iter().find(|name| !is_there(name))
}

/// Why a pod is unschedulable before any node is considered: a claim does not exist, or one with immediate binding,
/// or of a class that does not exist, is not bound (Kubernetes: `IsDelayBindingMode`).
pub(super) fn before_nodes(world: &World, pod: &Pod) -> Option<Arc<str>> {
    if let Some(name) = missing(world, pod) {
        return Some(format!("persistentvolumeclaim \"{name}\" not found").into());
    }
    let immediate = |id: &ClaimId| {
        let claim = world.store.claims.get(*id);
        claim.is_some_and(|claim| claim.phase == ClaimPhase::Pending && !prepared::waits(world, claim))
    };
    pod.claims.iter().any(immediate).then(|| "pod has unbound immediate PersistentVolumeClaims".into())
}

/// Binds the claims of a pod that waited for its node.
pub(super) fn bind(world: &mut World, id: PodId, node: NodeId) {
    let Some(pod) = world.store.pods.get(id).filter(|pod| !pod.claims.is_empty()) else { return };
    let Some(node) = world.store.nodes.get(node) else { return };
    let unbound = unbound(world, pod);
    let labels = world.store.labels.get(node.meta.labels);
    let own = |(id, gets): (ClaimId, Gets<'_, '_>)| match gets {
        Gets::Prepared(volume) => (id, Some((volume.name.clone(), volume.reach.clone(), volume.attached))),
        Gets::Made => (id, None),
    };
    let gets: Vec<_> = gets(&unbound, node, labels).into_iter().flatten().map(own).collect();
    let zone = node.zone.clone();
    for (at, prepared) in gets {
        match prepared {
            Some((volume, zonal, attached)) => prepared::take(world, at, volume, zonal, attached),
            None => make(world, at, &zone),
        }
    }
}

/// Binds a claim to a volume provisioned in this zone.
fn make(world: &mut World, at: ClaimId, zone: &Arc<str>) {
    let Some(claim) = world.store.claims.get_mut(at) else { return };
    let volume = format!("pvc-{}", claim.meta.uid).into();
    let zonal = if claim.one_node { Zonal::Zone(zone.clone()) } else { Zonal::Anywhere };
    claim.phase = ClaimPhase::Bound { volume, zonal };
    world.changed(Ref::Claim(at), Verb::Modified);
}

#[cfg(test)]
mod tests;
