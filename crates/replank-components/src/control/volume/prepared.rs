//! Pre-provisioned volumes, and which of them a claim gets (Kubernetes: `FindMatchingVolume`).

use std::sync::Arc;

use serde_json::{Value, json};

use replank_formats::manifest;
use replank_world::object::{BindingMode, Claim, ClaimPhase, Node, StorageClass, Zonal};
use replank_world::store::{ClaimId, NodeId, Other, OtherId, Ref, Verb};
use replank_world::vocab::labels::Map;
use replank_world::vocab::quantity;
use replank_world::world::World;

/// A pre-provisioned volume that a claim could be bound to.
#[derive(Clone, Debug)]
pub(crate) struct Candidate<'a> {
    /// Name of the `PersistentVolume`.
    pub(crate) name: &'a Arc<str>,
    /// The nodes that can use it.
    pub(crate) reach: Zonal,
    /// Whether it has to be attached to a node (EBS and the like, not NFS or local).
    pub(crate) attached: bool,
    /// Capacity in bytes.
    capacity: i64,
    /// Whether its `claimRef` names the claim.
    is_meant: bool,
}

/// The claim's storage class, if it exists.
pub(crate) fn class_of<'a>(world: &'a World, claim: &Claim) -> Option<&'a StorageClass> {
    let classes = &world.store.storage_classes;
    classes.get(classes.find("", claim.class.as_deref()?)?)
}

/// Whether a claim waits for its first pod (`WaitForFirstConsumer`). One that names its volume does not
/// (Kubernetes: `GetPodVolumeClaims`).
pub(crate) fn waits(world: &World, claim: &Claim) -> bool {
    class_of(world, claim).is_some_and(|class| class.binding == BindingMode::WaitForFirstConsumer)
        && named(claim).is_none()
}

/// `spec.volumeName` of a claim.
pub(crate) fn named(claim: &Claim) -> Option<&str> {
    claim.raw["spec"]["volumeName"].as_str().filter(|name| !name.is_empty())
}

/// The storage that a claim requests, in bytes.
pub(crate) fn size(claim: &Claim) -> i64 {
    storage(&claim.raw["spec"]["resources"]["requests"])
}

/// The available volumes that a claim could be bound to, smallest first; if one of them names the claim, that one
/// alone.
pub(crate) fn candidates<'a>(world: &'a World, claim: &Claim) -> Vec<Candidate<'a>> {
    let (name, size) = (named(claim), size(claim));
    let volumes = world.store.others.of("", "PersistentVolume").map(|(_, volume)| volume);
    let free = volumes.filter(|volume| !world.store.index.volumes_taken.contains(&volume.meta.name));
    let mut found: Vec<Candidate<'_>> = free
        .filter(|volume| name.is_none_or(|name| *name == *volume.meta.name) && volume.meta.deletion.is_none())
        .filter_map(|volume| candidate(claim, volume, size))
        .collect();
    if let Some(at) = found.iter().position(|volume| volume.is_meant) {
        return vec![found.swap_remove(at)];
    }
    found.sort_by_key(|volume| volume.capacity);
    found
}

fn candidate<'a>(claim: &Claim, volume: &'a Other, size: i64) -> Option<Candidate<'a>> {
    let spec = &volume.raw["spec"];
    let is_meant = spec["claimRef"].is_object();
    if is_meant && !is_for(&spec["claimRef"], claim) {
        return None;
    }
    let mode = |of: &Value| of["volumeMode"].as_str().unwrap_or("Filesystem").to_owned();
    let capacity = storage(&spec["capacity"]);
    if capacity < size || mode(spec) != mode(&claim.raw["spec"]) {
        return None;
    }
    let class = spec["storageClassName"].as_str().unwrap_or_default();
    let fits = class == claim.class.as_deref().unwrap_or_default()
        && offers_modes(spec, &claim.raw["spec"])
        && is_selected(claim, volume);
    (is_meant || fits).then(|| Candidate {
        name: &volume.meta.name,
        reach: manifest::reach(&volume.raw),
        attached: manifest::is_attached(&volume.raw),
        capacity,
        is_meant,
    })
}

/// Whether a `claimRef` refers to this claim (Kubernetes: `IsVolumeBoundToClaim`); with a uid it refers to no
/// later claim of the same name.
fn is_for(reference: &Value, claim: &Claim) -> bool {
    let uid = reference["uid"].as_str().filter(|uid| !uid.is_empty());
    reference["name"] == *claim.meta.name
        && reference["namespace"] == *claim.meta.namespace
        && uid.is_none_or(|uid| *uid == claim.meta.uid.to_string())
}

fn offers_modes(volume: &Value, claim: &Value) -> bool {
    let modes = |of: &Value| -> Vec<String> {
        let modes = of["accessModes"].as_array().into_iter().flatten().filter_map(Value::as_str);
        modes.map(str::to_owned).collect()
    };
    let offered = modes(volume);
    modes(claim).iter().all(|mode| offered.contains(mode))
}

/// The first candidate that can be used on a node and is not in `chosen`.
pub(crate) fn choose<'c, 'a>(
    candidates: &'c [Candidate<'a>],
    node: &Node,
    labels: &Map,
    chosen: &[&Arc<str>],
) -> Option<&'c Candidate<'a>> {
    let mut free = candidates.iter().filter(|volume| !chosen.contains(&volume.name));
    free.find(|volume| volume.reach.takes(node, labels))
}

/// The volume a claim is bound to now, given the node of its first pod: name, reach, whether it is attached. A
/// claim that waits for its first pod gets none without a node, unless a volume names it.
pub(crate) fn fitting(world: &World, id: ClaimId, node: Option<NodeId>) -> Option<(Arc<str>, Zonal, bool)> {
    let claim = world.store.claims.get(id)?;
    let candidates = candidates(world, claim);
    let volume = match node.and_then(|node| world.store.nodes.get(node)) {
        Some(node) => choose(&candidates, node, world.store.labels.get(node.meta.labels), &[])?,
        None => candidates.first().filter(|volume| volume.is_meant || !waits(world, claim))?,
    };
    Some((volume.name.clone(), volume.reach.clone(), volume.attached))
}

/// Binds a claim to a volume and writes the `claimRef`.
pub(crate) fn take(world: &mut World, id: ClaimId, volume: Arc<str>, zonal: Zonal, attached: bool) {
    let Some(claim) = world.store.claims.get_mut(id) else { return };
    claim.one_node &= attached;
    (claim.phase, claim.under_way) = (ClaimPhase::Bound { volume: volume.clone(), zonal }, None);
    if let Some(at) = note_claim(world, id) {
        world.changed(Ref::Other(at), Verb::Modified);
    }
    world.store.index.volumes_taken.insert(volume);
    world.changed(Ref::Claim(id), Verb::Modified);
}

/// Writes the `claimRef` of a bound claim into its volume, where that is an object of the world. The caller
/// records the change.
pub(crate) fn note_claim(world: &mut World, id: ClaimId) -> Option<OtherId> {
    let Claim { meta, phase: ClaimPhase::Bound { volume, .. }, .. } = world.store.claims.get(id)? else {
        return None;
    };
    let reference = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": *meta.name, "namespace": *meta.namespace,
        "uid": meta.uid.to_string(),
    });
    let at = world.store.others.find_in("", "PersistentVolume", "", volume)?;
    let kept = world.store.others.get_mut(at)?.raw.edit(|raw| {
        raw["spec"].as_object_mut().map(|spec| spec.insert("claimRef".into(), reference)).is_some()
    });
    kept.then_some(at)
}

fn storage(amounts: &Value) -> i64 {
    let text = match &amounts["storage"] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return 0,
    };
    quantity::units(&text).unwrap_or(0)
}

/// Whether the selector of a claim matches a volume's labels.
fn is_selected(claim: &Claim, volume: &Other) -> bool {
    let selector = &claim.raw["spec"]["selector"];
    let labels = &volume.raw["metadata"]["labels"];
    let wanted = selector["matchLabels"].as_object();
    let terms = selector["matchExpressions"].as_array().into_iter().flatten();
    let labels_of = || -> Map {
        let entries = labels.as_object().into_iter().flatten();
        entries.filter_map(|(key, value)| Some((key.as_str().into(), value.as_str()?.into()))).collect()
    };
    let of_labels = wanted.into_iter().flatten().all(|(key, value)| labels[key] == *value);
    of_labels
        && terms
            .into_iter()
            .all(|term| manifest::requirement(term).is_some_and(|term| term.matches(&labels_of())))
}
