//! Its view of the Auto Scaling groups: up to a minute old, plus its own changes (AWS provider of Cluster
//! Autoscaler 1.34.5: `aws_manager.go`, `auto_scaling_groups.go`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use replank_core::sizes::Sizes;

use crate::kubernetes::{components, components_mut};
use replank_world::cloud::GroupNo;
use replank_world::cloud::InstanceNo;
use replank_world::refusal::Refusal;
use replank_world::store::NodeId;
use replank_world::time::{Span, Time};
use replank_world::world::World;

/// The age at which the view is refreshed (`refreshInterval`).
const REFRESHES: Span = Span::secs(60);

/// The cached groups, and when they were read.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    seen_at: Option<Time>,
    groups: BTreeMap<GroupNo, Known>,
}

/// A cached group.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// Name of the Auto Scaling group.
    pub(super) name: Arc<str>,
    /// Minimum, desired and maximum size.
    pub(super) sizes: Sizes,
    /// Its instances, terminating ones included.
    pub(super) members: BTreeSet<InstanceNo>,
    /// How many instances were requested and missing: each counts as a placeholder.
    pub(super) placeholders: u32,
    /// Whether a launch failed since it last set the size itself.
    pub(super) fails: bool,
    /// Whether it requested more nodes that are still starting.
    pub(super) is_asked: bool,
    resized_at: Option<Time>,
}

/// A copy of every group that is known.
pub(super) fn all(world: &World) -> Vec<(GroupNo, Known)> {
    let view = &components(&world.state).autoscaler.memory.view;
    view.groups().map(|(number, known)| (number, known.clone())).collect()
}

impl View {
    /// The groups by number.
    pub(super) fn groups(&self) -> impl Iterator<Item = (GroupNo, &Known)> {
        self.groups.iter().map(|(number, known)| (*number, known))
    }

    /// The cached group of that number.
    pub(super) fn group(&self, number: GroupNo) -> Option<&Known> {
        self.groups.get(&number)
    }

    /// Forces a refresh in the next loop.
    pub(super) fn grow_old(&mut self) {
        self.seen_at = None;
    }
}

/// Reads the groups of the cluster again if the view is old. EKS tags the group of every node group for
/// discovery.
pub(super) fn refresh(world: &mut World) {
    let view = &components_mut(&mut world.state).autoscaler.memory.view;
    if view.seen_at.is_some_and(|at| at + REFRESHES > world.now) {
        return;
    }
    let cloud = &world.cloud;
    let standing =
        cloud.groups().filter(|(number, group)| cloud.group_of(&group.spec.nodegroup) == Some(*number));
    let groups = standing.map(|(number, group)| {
        let before = view.groups.get(&number);
        let resized_at = before.and_then(|known| known.resized_at);
        let since = |at: Time| resized_at.is_none_or(|resized_at| at >= resized_at);
        let members: BTreeSet<InstanceNo> = cloud.instances_of(number).collect();
        let placeholders = group.spec.sizes.desired.saturating_sub(members.len() as u32);
        let known = Known {
            name: group.spec.name.clone(),
            sizes: group.spec.sizes,
            members,
            placeholders,
            fails: group.activities.failures().any(|failure| since(Time::from(failure.at))),
            is_asked: placeholders > 0 && before.is_some_and(|known| known.is_asked),
            resized_at,
        };
        (number, known)
    });
    let groups = groups.collect();
    components_mut(&mut world.state).autoscaler.memory.view = View { seen_at: Some(world.now), groups };
}

/// The group of a node, if the view has its instance.
pub(super) fn group_of(world: &World, id: NodeId) -> Option<GroupNo> {
    let number = world.cloud.find(&world.store.nodes.get(id)?.instance)?;
    let group = world.cloud.instance(number).group;
    let known = components(&world.state).autoscaler.memory.view.group(group)?;
    known.members.contains(&number).then_some(group)
}

/// The nodes of its groups, oldest first.
pub(super) fn nodes(world: &World) -> Vec<(NodeId, GroupNo)> {
    let nodes = world.store.nodes.iter().map(|(id, _)| id);
    nodes.filter_map(|id| Some((id, group_of(world, id)?))).collect()
}

/// `SetDesiredCapacity`, computed from the cached sizes. The error is that of Auto Scaling.
pub(super) fn set_desired(world: &mut World, number: GroupNo, desired: u32) -> Result<(), Refusal> {
    let sizes = Sizes { desired, ..world.cloud.group(number).spec.sizes };
    world.ask_cloud(|cloud, moment| cloud.set_sizes(moment, number, sizes))?;
    let now = world.now;
    if let Some(known) = components_mut(&mut world.state).autoscaler.memory.view.groups.get_mut(&number) {
        known.sizes.desired = desired;
        known.resized_at = Some(now);
    }
    Ok(())
}

/// Notes that a group was asked for more nodes.
pub(super) fn note_asked(world: &mut World, number: GroupNo) {
    if let Some(known) = components_mut(&mut world.state).autoscaler.memory.view.groups.get_mut(&number) {
        known.is_asked = true;
    }
}

/// Terminates an instance and decrements the desired size (`DeleteNodes`). Fails by itself when the cached size
/// is at the minimum.
pub(super) fn delete(world: &mut World, number: GroupNo, instance: &str) -> Result<(), String> {
    let Some(known) = components_mut(&mut world.state).autoscaler.memory.view.group(number).cloned() else {
        return Err(format!("picked node that doesn't belong to a node group: {instance}"));
    };
    let failed = |why: &str| format!("failed to delete nodes from group {}: {why}", known.name);
    if known.sizes.desired <= known.sizes.min {
        return Err(failed("min size reached, nodes will not be deleted"));
    }
    if world.cloud.find(instance).is_some_and(|found| !world.cloud.instance(found).stands()) {
        // It goes already, on whosever wish.
        return Ok(());
    }
    if let Err(refusal) = world.ask_cloud(|cloud, moment| cloud.terminate(moment, instance, true)) {
        return Err(failed(&refusal.message));
    }
    let view = &mut components_mut(&mut world.state).autoscaler.memory.view;
    if let Some(known) = view.groups.get_mut(&number) {
        known.sizes.desired -= 1;
    }
    view.grow_old();
    Ok(())
}
