//! A quick test whether pods could move off a node, without moving anything.

use crate::kubernetes::{components, components_mut};
use replank_world::object::{Node, Pod};
use replank_world::store::{NodeId, PodId};
use replank_world::vocab::quantity::Resources;
use replank_world::world::World;

use super::filter::Seeker;
use super::volumes::before_nodes;
use super::{Class, seeker};

/// Whether every pod of `moved` certainly finds a node other than `leaving`.
///
/// A yes holds whatever the order and the scores: each pod has a node that would take it together with all the
/// others. A no only means that a full simulation is needed. Constraints between pods are evaluated with all pods
/// in their present places; when more than one of `moved` has such constraints the answer is no.
pub fn surely_found(world: &mut World, leaving: NodeId, moved: &[PodId]) -> bool {
    // What is remembered of classes is renewed while it is asked; it is put back below.
    let mut node_classes = std::mem::take(&mut components_mut(&mut world.state).scheduler.node_classes);
    let pods: Vec<&Pod> = moved.iter().filter_map(|id| world.store.pods.get(*id)).collect();
    let classes: Vec<Class> =
        pods.iter().map(|pod| node_classes.class(&pod.template, &world.store)).collect();
    let mut all = Resources::default();
    pods.iter().for_each(|pod| all.add(&pod.template.spec.requests, 1));
    let mut picky = 0;
    let found = moved.iter().zip(classes).all(|(id, class)| {
        let Some(seeker) = seeker(world, *id, class) else { return true };
        picky += u32::from(seeker.is_picky());
        let mut open = node_classes.open(class).iter().copied().filter(|at| *at != leaving);
        picky <= 1
            && before_nodes(world, seeker.pod).is_none()
            && open.any(|at| takes(&seeker, at, moved) && has_room_for(world, at, &all, moved.len() as u32))
    });
    components_mut(&mut world.state).scheduler.node_classes = node_classes;
    found
}

fn takes(seeker: &Seeker<'_>, at: NodeId, moved: &[PodId]) -> bool {
    let node = seeker.world.store.nodes.get(at);
    node.is_some_and(|node| seeker.reasons_without(at, node, moved).is_empty())
}

/// Whether all of them would fit on this one node.
fn has_room_for(world: &World, at: NodeId, wanted: &Resources, pods: u32) -> bool {
    let Some(Node { used, allocatable, pods_max, .. }) = world.store.nodes.get(at) else { return false };
    components(&world.state).scheduler.held(at) + pods <= *pods_max && wanted.fits(used, allocatable)
}
