//! More nodes for pods that none takes: first fit onto nodes that are coming, then onto new ones.

use super::groups;
use crate::cloud::boot;
use crate::cloud::group::GroupNo;
use crate::cloud::settings::Settings;
use crate::object::{NodeReady, Pod, Scheduled};
use crate::store::PodId;
use crate::vocab::labels::Map;
use crate::vocab::quantity::Resources;
use crate::vocab::taint::Taint;
use crate::world::World;

/// A node to be.
struct Bin {
    group: GroupNo,
    free: Resources,
    pods_left: u32,
}

/// What a new node of a group would be.
struct Pattern {
    group: GroupNo,
    labels: Map,
    settings: std::sync::Arc<Settings>,
    room: u32,
}

/// Grows groups for pending pods; whether it did.
pub(super) fn grow(world: &mut World) -> bool {
    let pending: Vec<PodId> =
        world.store.pods.iter().filter(|(_, pod)| is_pending(pod)).map(|(id, _)| id).collect();
    if pending.is_empty() {
        return false;
    }
    let mut patterns: Vec<Pattern> =
        groups(world).into_iter().filter_map(|group| pattern(world, group)).collect();
    let mut bins = Vec::new();
    for pattern in &patterns {
        bins.extend((0..coming(world, pattern.group)).map(|_| bin(world, pattern)));
    }
    let there = bins.len();
    for id in pending {
        let Some(pod) = world.store.pods.get(id) else { continue };
        let suits = |group: GroupNo| patterns.iter().any(|it| it.group == group && takes(it, pod));
        if let Some(bin) = bins.iter_mut().find(|bin| suits(bin.group) && fits(bin, pod)) {
            put(bin, pod);
            continue;
        }
        for pattern in patterns.iter_mut().filter(|it| it.room > 0 && takes(it, pod)) {
            let mut fresh = bin(world, pattern);
            if fits(&fresh, pod) {
                put(&mut fresh, pod);
                bins.push(fresh);
                pattern.room -= 1;
                break;
            }
        }
    }
    let fresh = bins.split_off(there);
    for pattern in &patterns {
        let count = fresh.iter().filter(|bin| bin.group == pattern.group).count() as u32;
        let mut sizes = world.cloud.group(pattern.group).spec.sizes;
        sizes.desired += count;
        if count > 0 {
            // Its room was counted, so this is within the maximum.
            let _within = world.ask_cloud(|cloud, moment| cloud.set_sizes(moment, pattern.group, sizes));
        }
    }
    !fresh.is_empty()
}

fn is_pending(pod: &Pod) -> bool {
    pod.node.is_none()
        && pod.active()
        && matches!(pod.scheduled, Scheduled::Unschedulable(_))
        && pod.pinned.is_none()
}

fn pattern(world: &World, group: GroupNo) -> Option<Pattern> {
    let spec = &world.cloud.group(group).spec;
    let (image, settings) = world.cloud.template(&spec.template)?.version(spec.version).ok()?;
    let labels = boot::labels_of(&world.cloud, group, spec.zones.first()?, &image, &settings, "new");
    let room = spec.sizes.max.saturating_sub(spec.sizes.desired);
    Some(Pattern { group, labels, settings, room })
}

/// How many nodes of a group are wanted and not Ready yet.
fn coming(world: &World, group: GroupNo) -> u32 {
    let ready = world.cloud.instances_of(group).filter(|number| {
        let instance = world.cloud.instance(*number);
        let node = world.store.index.by_instance.get(&instance.id).and_then(|id| world.store.nodes.get(*id));
        instance.stands() && node.is_some_and(|node| node.ready == NodeReady::True)
    });
    world.cloud.group(group).spec.sizes.desired.saturating_sub(ready.count() as u32)
}

fn bin(world: &World, pattern: &Pattern) -> Bin {
    let offer = world.cloud.group(pattern.group).offer(&pattern.settings.instance_type);
    Bin { group: pattern.group, free: offer.allocatable, pods_left: offer.pods_max }
}

fn takes(pattern: &Pattern, pod: &Pod) -> bool {
    let spec = &pod.template.spec;
    let tolerated = |taint: &Taint| taint.tolerated_by(&spec.tolerations);
    spec.node_selector.matches(&pattern.labels)
        && spec
            .node_required
            .as_ref()
            .is_none_or(|terms| terms.iter().any(|term| term.matches(&pattern.labels)))
        && pattern.settings.taints.iter().all(tolerated)
}

fn fits(bin: &Bin, pod: &Pod) -> bool {
    bin.pods_left > 0 && room(&bin.free, &pod.template.spec.requests)
}

fn put(bin: &mut Bin, pod: &Pod) {
    bin.free.add(&pod.template.spec.requests, -1);
    bin.pods_left -= 1;
}

/// Whether requests fit into what is free.
pub(super) fn room(free: &Resources, asked: &Resources) -> bool {
    asked.cpu_milli <= free.cpu_milli
        && asked.memory_bytes <= free.memory_bytes
        && asked.storage_bytes <= free.storage_bytes
        && asked
            .extended
            .iter()
            .all(|(name, count)| free.extended.get(name).is_some_and(|left| count <= left))
}
