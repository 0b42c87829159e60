//! Scale-up: packs pending pods first fit, onto nodes that are starting and then onto new ones.

use std::collections::BTreeMap;

use super::pattern::{self, Pattern};
use super::{NodeReadiness, SOURCE, standing, status, view};
use crate::kubernetes::components_mut;
use replank_world::cloud::GroupNo;
use replank_world::event_log::Severity;
use replank_world::fargate;
use replank_world::object::{Pod, Scheduled};
use replank_world::store::{PodId, Ref};
use replank_world::vocab::quantity::Resources;
use replank_world::vocab::taint::Taint;
use replank_world::world::World;

/// A node that is starting or would be added, with the room left on it.
struct Bin {
    group: GroupNo,
    free: Resources,
    pods_left: u32,
    /// Pending pods packed onto it.
    pods: Vec<PodId>,
}

/// A group that may be grown.
struct Growing {
    group: GroupNo,
    pattern: Pattern,
    /// How many more nodes its maximum allows.
    room: u32,
    /// How many of its nodes are requested and still starting.
    coming: u32,
}

/// Grows groups for pending pods; true when it requested any node.
pub(super) fn grow(world: &mut World) -> bool {
    let pending: Vec<PodId> = world
        .store
        .pods
        .iter()
        .filter(|(_, pod)| is_pending(pod) && !fargate::runs(world, pod))
        .map(|(id, _)| id)
        .collect();
    if pending.is_empty() {
        return false;
    }
    let mut groups = growing(world);
    let coming = groups.iter().flat_map(|it| (0..it.coming).map(|_| bin(it)));
    let mut bins: Vec<Bin> = coming.collect();
    let there = bins.len();
    for id in pending {
        let Some(pod) = world.store.pods.get(id) else { continue };
        let suits = |group: GroupNo| groups.iter().any(|it| it.group == group && takes(&it.pattern, pod));
        if let Some(bin) = bins.iter_mut().find(|bin| suits(bin.group) && fits(bin, pod)) {
            put(bin, id, pod);
            continue;
        }
        for growing in groups.iter_mut().filter(|it| it.room > 0 && takes(&it.pattern, pod)) {
            let mut fresh = bin(growing);
            if fits(&fresh, pod) {
                put(&mut fresh, id, pod);
                bins.push(fresh);
                growing.room -= 1;
                break;
            }
        }
    }
    let mut fresh: BTreeMap<GroupNo, Vec<Bin>> = BTreeMap::new();
    bins.split_off(there).into_iter().for_each(|bin| fresh.entry(bin.group).or_default().push(bin));
    let grown = fresh.into_iter().map(|(group, bins)| raise(world, group, &bins));
    grown.fold(false, |any, grown| any | grown)
}

/// Requests new nodes of a group. The new size is its cached size and the missing nodes, whatever the real size
/// is by now.
fn raise(world: &mut World, group: GroupNo, bins: &[Bin]) -> bool {
    let Some(known) = components_mut(&mut world.state).autoscaler.memory.view.group(group).cloned() else {
        return false;
    };
    let (before, after) = (known.sizes.desired, known.sizes.desired + bins.len() as u32);
    let change = format!("{} {before}->{after} (max: {})", known.name, known.sizes.max);
    let refused = view::set_desired(world, group, after).err();
    if let Some(refusal) = refused {
        let message = format!("Scale-up failed for group {}: {}", known.name, refusal.message);
        status::say(world, Severity::Warning, "FailedToScaleUpGroup", &message);
        return false;
    }
    view::note_asked(world, group);
    for id in bins.iter().flat_map(|bin| &bin.pods) {
        let message = format!("pod triggered scale-up: [{{{change}}}]");
        world.record(Ref::Pod(*id), Severity::Normal, SOURCE, "TriggeredScaleUp", message);
    }
    let message = format!(
        "Scale-up: group {} size set to {after} instead of {before} (max: {})",
        known.name, known.sizes.max
    );
    status::say(world, Severity::Normal, "ScaledUpGroup", &message);
    true
}

fn is_pending(pod: &Pod) -> bool {
    pod.node.is_none()
        && pod.active()
        && matches!(pod.scheduled, Scheduled::Unschedulable(_))
        && pod.pinned.is_none()
}

/// The groups that are not in back-off, with the pattern of their nodes.
fn growing(world: &mut World) -> Vec<Growing> {
    let (memory, now) = (&components_mut(&mut world.state).autoscaler.memory, world.now);
    let open = |group: &GroupNo| memory.pauses.get(group).is_none_or(|pause| !pause.lasts(now));
    let groups: Vec<GroupNo> = memory.view.groups().map(|(number, _)| number).filter(open).collect();
    let growing = groups.into_iter().filter_map(|group| {
        let pattern = pattern::of(world, group)?;
        let sizes = components_mut(&mut world.state).autoscaler.memory.view.group(group)?.sizes;
        let coming = sizes.desired.saturating_sub(there(world, group));
        Some(Growing { group, pattern, room: sizes.max.saturating_sub(sizes.desired), coming })
    });
    growing.collect()
}

/// How many nodes of a group have come up, ready or not (`GetUpcomingNodes`).
fn there(world: &World, group: GroupNo) -> u32 {
    let nodes = view::nodes(world).into_iter().filter(|(_, of)| *of == group);
    let nodes = nodes.filter_map(|(id, _)| world.store.nodes.get(id));
    nodes.filter(|node| standing(world, node) != NodeReadiness::Coming).count() as u32
}

fn bin(growing: &Growing) -> Bin {
    let Pattern { free, pods_left, .. } = &growing.pattern;
    Bin { group: growing.group, free: free.clone(), pods_left: *pods_left, pods: Vec::new() }
}

fn takes(pattern: &Pattern, pod: &Pod) -> bool {
    let spec = &pod.template.spec;
    let hard = |taint: &&Taint| taint.effect != replank_world::vocab::taint::Effect::PreferNoSchedule;
    spec.node_selector.matches(&pattern.labels)
        && spec
            .node_required
            .as_ref()
            .is_none_or(|terms| terms.iter().any(|term| term.matches(&pattern.labels)))
        && pattern.taints.iter().filter(hard).all(|taint| taint.tolerated_by(&spec.tolerations))
}

fn fits(bin: &Bin, pod: &Pod) -> bool {
    let (free, asked) = (&bin.free, &pod.template.spec.requests);
    bin.pods_left > 0
        && asked.cpu_milli <= free.cpu_milli
        && asked.memory_bytes <= free.memory_bytes
        && asked.storage_bytes <= free.storage_bytes
        && asked
            .extended
            .iter()
            .all(|(name, count)| free.extended.get(name).is_some_and(|left| count <= left))
}

fn put(bin: &mut Bin, id: PodId, pod: &Pod) {
    bin.free.add(&pod.template.spec.requests, -1);
    bin.pods_left -= 1;
    bin.pods.push(id);
}
