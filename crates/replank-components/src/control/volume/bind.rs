//! Binding a claim: to a matching pre-provisioned volume, otherwise to one provisioned for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{prepared, users};
use replank_world::event_log::Severity;
use replank_world::object::{BindingMode, ClaimPhase, StorageClass, VolumeStep, Zonal};
use replank_world::queue::Work;
use replank_world::store::{ClaimId, Ref, Verb};
use replank_world::time::Span;
use replank_world::vocab::selector::Test;
use replank_world::world::World;

/// How long provisioning takes (EBS: from `CreateVolume` until the volume is available).
const PROVISIONING: Span = Span::secs(2);

/// Binds a claim if it can be bound now: at once, or with binding mode `WaitForFirstConsumer` when its first pod
/// has a node.
pub(super) fn step(world: &mut World, id: ClaimId) {
    let node = users(world, id).first().map(|(_, node)| *node);
    if let Some((volume, zonal, attached)) = prepared::fitting(world, id, node) {
        return prepared::take(world, id, volume, zonal, attached);
    }
    let Some(claim) = world.store.claims.get(id) else { return };
    if prepared::named(claim).is_some() {
        return;
    }
    let Some(class) = prepared::class_of(world, claim).filter(|class| class.provisions) else {
        return say(world, id, node.is_some());
    };
    let zone = match (class.binding, node) {
        (BindingMode::Immediate, _) => any_zone(world, class, &claim.meta.name),
        (BindingMode::WaitForFirstConsumer, Some(node)) => {
            world.store.nodes.get(node).map(|node| node.zone.clone())
        }
        (BindingMode::WaitForFirstConsumer, None) => return,
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

/// The zone of a volume that is bound before any pod: drawn from the zones with nodes that the class allows, else
/// the first zone the class names.
fn any_zone(world: &World, class: &StorageClass, claim: &str) -> Option<Arc<str>> {
    let nodes = world.store.nodes.iter().map(|(_, node)| node);
    let allowed = nodes.filter(|node| class.allows(world.store.labels.get(node.meta.labels)));
    let zones: BTreeSet<&Arc<str>> = allowed.map(|node| &node.zone).collect();
    let draw = world.chance.draw("volume zone", claim, 0) as usize;
    let named = || {
        let terms = class.allowed.iter().flat_map(|term| &term.requirements);
        let zones = terms.filter(|it| it.key.ends_with("/zone")).filter_map(|it| match &it.test {
            Test::In(zones) => zones.first(),
            Test::NotIn(_) | Test::Exists | Test::DoesNotExist | Test::Gt(_) | Test::Lt(_) => None,
        });
        zones.into_iter().next()
    };
    zones.iter().nth(draw % zones.len().max(1)).copied().or_else(named).cloned()
}

/// Records on the claim why it is not bound (Kubernetes: `syncUnboundClaim`, `provisionClaim`).
fn say(world: &mut World, id: ClaimId, has_node: bool) {
    const SOURCE: &str = "persistentvolume-controller";
    let Some(claim) = world.store.claims.get(id) else { return };
    let about = Ref::Claim(id);
    let (severity, reason, message) = match &claim.class {
        Some(class) if class.is_empty() => NO_CLASS,
        None => NO_CLASS,
        Some(class) if world.store.storage_classes.find("", class).is_none() => {
            let message = format!("storageclass.storage.k8s.io \"{class}\" not found");
            return world.record(about, Severity::Warning, SOURCE, "ProvisioningFailed", message);
        }
        Some(_) if prepared::waits(world, claim) && !has_node => (
            Severity::Normal,
            "WaitForFirstConsumer",
            "waiting for first consumer to be created before binding",
        ),
        Some(_) => (
            Severity::Warning,
            "ProvisioningFailed",
            "no volume plugin matched name: kubernetes.io/no-provisioner",
        ),
    };
    world.record(about, severity, SOURCE, reason, message);
}

const NO_CLASS: (Severity, &str, &str) = (
    Severity::Normal,
    "FailedBinding",
    "no persistent volumes available for this claim and no storage class is set",
);
