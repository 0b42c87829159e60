//! What a shrinking group must keep: the last serving node in each zone where it had one, and nodes whose pods
//! would not fit elsewhere or whose zone's volumes no other node could use.

use std::collections::BTreeSet;

use replank_core::names::{InstanceId, NodeName};
use replank_core::observed::Placement;

use super::{Case, Invariant, InvariantChecker, Objection, SEEN_AFTER, outside};
use replank_world::object::{Node, NodeReady};
use replank_world::world::World;

/// The zones in which the group has a Ready node.
pub(super) fn zones(case: &Case, world: &World) -> BTreeSet<String> {
    let serving = world.store.nodes.iter().map(|(_, node)| node).filter(|node| node.ready == NodeReady::True);
    serving.filter(|node| outside::belongs(case, world, node)).map(|node| node.zone.to_string()).collect()
}

/// Checks an instance that is terminated with its place in the group.
pub(super) fn judge(checker: &InvariantChecker, world: &World, instance: &InstanceId) -> Vec<Objection> {
    vec![last_in_zone(checker, world, instance), unasked(checker, world, instance)]
}

fn last_in_zone(checker: &InvariantChecker, world: &World, instance: &InstanceId) -> Objection {
    let case = &checker.case;
    let id = *world.store.index.by_instance.get(instance.as_str())?;
    let leaving = world.store.nodes.get(id).filter(|node| node.ready == NodeReady::True)?;
    let zones = checker.zones.as_ref().filter(|zones| zones.contains(&*leaving.zone))?;
    if case.meddled || zones.len() as u32 > case.home.desired {
        return None;
    }
    let serves = |node: &Node| node.ready == NodeReady::True || world.now - node.ready_since < SEEN_AFTER;
    let others = world.store.nodes.iter().filter(|(other, node)| *other != id && node.zone == leaving.zone);
    let mut others = others.filter(|(_, node)| outside::belongs(case, world, node) && serves(node));
    others.next().is_none().then(|| {
        (
            Invariant::Zone,
            format!("instance {instance}, the last that serves in {}, was taken for good", leaving.zone),
        )
    })
}

/// A node is removed only after the scheduler was asked and found a place for each of its pods.
fn unasked(checker: &InvariantChecker, world: &World, instance: &InstanceId) -> Objection {
    let id = *world.store.index.by_instance.get(instance.as_str())?;
    let node = world.store.nodes.get(id).filter(|node| node.ready == NodeReady::True)?;
    let name = NodeName::new(node.meta.name.clone());
    let words = match checker.placements.get(&name) {
        Some(Placement::Found) => return None,
        Some(placement) => format!("node {name} was taken for good although it was needed: {placement:?}"),
        None => format!("node {name} was taken for good, and nobody asked where its pods would go"),
    };
    Some((Invariant::Place, words))
}
