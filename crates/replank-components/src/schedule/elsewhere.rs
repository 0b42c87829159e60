//! Whether a pod could move to another node now: the scheduler's filters, for the Cluster Autoscaler's
//! simulation.

use std::collections::BTreeMap;

use crate::kubernetes::{components, components_mut};
use replank_world::store::{NodeId, PodId};
use replank_world::vocab::quantity::Resources;
use replank_world::world::World;

use super::node_classes::{Wanted, has_room};
use super::seeks;

/// Resources that planned moves take on each node, in addition to what is there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Promised {
    by_node: BTreeMap<NodeId, (Resources, u32)>,
}

impl Promised {
    /// Adds a pod with these requests to a node.
    pub(crate) fn add(&mut self, node: NodeId, asked: &Resources) {
        let (sum, pods) = self.by_node.entry(node).or_default();
        sum.add(asked, 1);
        *pods += 1;
    }
}

/// The first node other than its own that would take a pod, among those that `may_take` accepts.
pub(crate) fn elsewhere(
    world: &mut World,
    id: PodId,
    promised: &Promised,
    may_take: impl Fn(NodeId) -> bool,
) -> Option<NodeId> {
    let pod = world.store.pods.get(id)?;
    let class = components_mut(&mut world.state).scheduler.node_classes.class(&pod.template, &world.store);
    let seeker = seeks(world, id, class, true)?;
    let own = seeker.pod.node;
    let open = components(&world.state).scheduler.node_classes.open(class).iter().copied();
    let mut open = open.filter(|at| Some(*at) != own && may_take(*at));
    open.find(|at| {
        let Some(node) = world.store.nodes.get(*at) else { return false };
        let beside = promised.by_node.get(at).is_none_or(|(sum, pods)| {
            let mut requests = seeker.pod.template.spec.requests.clone();
            requests.add(sum, 1);
            let wanted = Wanted { requests, nonzero: Resources::default(), best_effort: false };
            has_room(&wanted, node, components(&world.state).scheduler.held(*at) + pods)
        });
        beside && seeker.reasons(*at, node).is_empty()
    })
}
