//! Binding a claim to a volume: one that was made beforehand, else one that is made for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{prepared, users};
use crate::object::{BindingMode, ClaimPhase, VolumeStep, Zonal};
use crate::queue::Work;
use crate::store::{ClaimId, Ref, Verb};
use crate::time::Span;
use crate::world::World;

/// What a provisioner takes (EBS: `CreateVolume` until the volume is available).
const PROVISIONING: Span = Span::secs(2);

/// Binds a claim when its class does so, or when its first pod has a node.
pub(super) fn step(world: &mut World, id: ClaimId) {
    let node = users(world, id).first().map(|(_, node)| *node);
    if let Some((volume, zonal, attached)) = prepared::fitting(world, id, node)
        && let Some(claim) = world.store.claims.get_mut(id)
    {
        claim.one_node &= attached;
        (claim.phase, claim.under_way) = (ClaimPhase::Bound { volume: volume.clone(), zonal }, None);
        world.store.index.volumes_taken.insert(volume);
        world.changed(Ref::Claim(id), Verb::Modified);
        return;
    }
    let Some(claim) = world.store.claims.get(id) else { return };
    let classes = &world.store.storage_classes;
    let class = match &claim.class {
        Some(name) => classes.find("", name).and_then(|class| classes.get(class)),
        // Kubernetes gives claims without a class the default one, also later.
        None => super::default_class(world),
    };
    let Some(binding) = class.filter(|class| class.provisions).map(|class| class.binding) else { return };
    let zone = match binding {
        BindingMode::Immediate => any_zone(world, &claim.meta.name),
        BindingMode::WaitForFirstConsumer => match users(world, id).first() {
            Some((_, node)) => world.store.nodes.get(*node).map(|node| node.zone.clone()),
            None => return,
        },
    };
    let now = world.now;
    let Some(claim) = world.store.claims.get_mut(id) else { return };
    let (_, due) = *claim.under_way.get_or_insert((VolumeStep::Provisioning, now + PROVISIONING));
    if due > now {
        world.queue.at(due, Work::Claim(id));
        return;
    }
    let zonal = match zone.filter(|zone| claim.one_node && !zone.is_empty()) {
        Some(zone) => Zonal::Zone(zone),
        None => Zonal::Anywhere,
    };
    let volume: Arc<str> = Arc::from(format!("pvc-{}", claim.meta.uid));
    (claim.phase, claim.under_way) = (ClaimPhase::Bound { volume, zonal }, None);
    world.changed(Ref::Claim(id), Verb::Modified);
}

/// A zone for a volume that is bound before any pod: one of those that have nodes.
fn any_zone(world: &World, claim: &str) -> Option<Arc<str>> {
    let zones: BTreeSet<&Arc<str>> = world.store.nodes.iter().map(|(_, node)| &node.zone).collect();
    let draw = world.chance.draw("volume zone", claim, 0) as usize;
    zones.iter().nth(draw % zones.len().max(1)).map(|zone| (*zone).clone())
}
