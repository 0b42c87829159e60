//! Volumes that were made beforehand, and which of them a claim gets (Kubernetes: `FindMatchingVolume`).

use std::sync::Arc;

use serde_json::Value;

use crate::manifest;
use crate::object::{BindingMode, Claim, Node, Zonal};
use crate::store::{ClaimId, NodeId, Other};
use crate::vocab::quantity;
use crate::world::World;

/// The volume that fits a claim, where it can be used, and whether it is attached: the one that names the claim, else the smallest that is
/// large enough. One that waits for its first consumer gets a volume only for a node.
pub(crate) fn fitting(world: &World, id: ClaimId, node: Option<NodeId>) -> Option<(Arc<str>, Zonal, bool)> {
    let claim = world.store.claims.get(id)?;
    let classes = &world.store.storage_classes;
    let class = claim.class.as_ref().and_then(|name| classes.get(classes.find("", name)?));
    let waits = class.is_some_and(|class| class.binding == BindingMode::WaitForFirstConsumer);
    let node = node.and_then(|node| world.store.nodes.get(node));
    let named = claim.raw["spec"]["volumeName"].as_str().filter(|name| !name.is_empty());
    let size = storage(&claim.raw["spec"]["resources"]["requests"]);
    let mut best: Option<(i64, &Other, Zonal)> = None;
    let volumes = world.store.others.of("", "PersistentVolume").map(|(_, volume)| volume);
    let free = volumes.filter(|volume| !world.store.index.volumes_taken.contains(&volume.meta.name));
    for volume in free.filter(|volume| named.is_none_or(|name| *name == *volume.meta.name)) {
        let (spec, reach) = (&volume.raw["spec"], manifest::reach(&volume.raw));
        let capacity = storage(&spec["capacity"]);
        let modes = |of: &Value| -> Vec<String> {
            let modes = of["accessModes"].as_array().into_iter().flatten().filter_map(Value::as_str);
            modes.map(str::to_owned).collect()
        };
        let (offered, asked) = (modes(spec), modes(&claim.raw["spec"]));
        let fits = capacity >= size && asked.iter().all(|mode| offered.contains(mode));
        if !fits || node.is_some_and(|node| !reaches(&reach, node)) {
            continue;
        }
        let (to, meta) = (&spec["claimRef"], &claim.meta);
        if to.is_object() {
            if to["name"] == *meta.name && to["namespace"] == *meta.namespace {
                return Some((volume.meta.name.clone(), reach, manifest::is_attached(&volume.raw)));
            }
            continue;
        }
        let unseen = waits && node.is_none();
        let class = spec["storageClassName"].as_str().unwrap_or_default();
        if unseen || class != claim.class.as_deref().unwrap_or_default() || !is_selected(claim, volume) {
            continue;
        }
        if best.as_ref().is_none_or(|(smallest, ..)| capacity < *smallest) {
            best = Some((capacity, volume, reach));
        }
    }
    best.map(|(_, volume, reach)| (volume.meta.name.clone(), reach, manifest::is_attached(&volume.raw)))
}

fn storage(amounts: &Value) -> i64 {
    amounts["storage"].as_str().and_then(|text| quantity::units(text).ok()).unwrap_or(0)
}

fn reaches(reach: &Zonal, node: &Node) -> bool {
    match reach {
        Zonal::Anywhere => true,
        Zonal::Zone(zone) => *zone == node.zone,
        Zonal::Node(name) => *name == node.meta.name,
    }
}

/// Whether the selector of a claim, by labels alone, selects a volume.
fn is_selected(claim: &Claim, volume: &Other) -> bool {
    let wanted = claim.raw["spec"]["selector"]["matchLabels"].as_object();
    let labels = &volume.raw["metadata"]["labels"];
    wanted.into_iter().flatten().all(|(key, value)| labels[key] == *value)
}
