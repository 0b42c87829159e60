//! Removing a node: taint and cordon, check again, drain by evictions, terminate the instance. After a failure
//! the taint is removed and the node uncordoned, whoever had cordoned it (Cluster Autoscaler 1.34.5:
//! `core/scaledown/actuation`).
//!
//! Empty nodes are removed in parallel, others one after the other. Each takes its steps independently of the
//! loop.

mod drain;

use drain::Drain;

use super::drainable::{self, Spent};
use super::unneeded::{KEPT, Unneeded};
use super::{NodeReadiness, mark, process, say_of_node, standing, status, unneeded, view};
use crate::kubernetes::{components, components_mut};
use replank_world::cloud::GroupNo;
use replank_world::event_log::Severity;
use replank_world::queue::Work;
use replank_world::store::{NodeId, PodId};
use replank_world::world::World;

/// A node being removed.
#[derive(Clone, Debug)]
pub(super) struct Removal {
    group: GroupNo,
    /// Whether pods have to be evicted.
    drains: bool,
    step: Step,
}

#[cfg(any(test, feature = "testing"))]
impl Removal {
    pub(super) fn drains(&self) -> bool {
        self.drains
    }
}

/// The step a removal has reached.
#[derive(Clone, Debug)]
enum Step {
    /// Tainted; waits `--node-delete-delay-after-taint`.
    Marked,
    /// Its pods are being evicted or have been.
    Drains(Drain),
}

/// Starts to remove nodes that were unneeded for long enough, within the limits on parallel removals.
pub(super) fn start(world: &mut World) {
    let settings = components_mut(&mut world.state).autoscaler.settings;
    let removals = &components_mut(&mut world.state).autoscaler.memory.removals;
    let drains = removals.values().filter(|removal| removal.drains).count();
    let mut room = (settings.parallelism as usize).saturating_sub(removals.len());
    let mut room_to_drain = (settings.drains as usize).saturating_sub(drains);
    let (mut chosen, candidates) =
        (Vec::<(NodeId, GroupNo, bool)>::new(), &components(&world.state).autoscaler.memory.unneeded);
    let by_kind = |wanted: bool| candidates.iter().filter(move |(_, it)| it.drains == wanted);
    for (id, unneeded) in by_kind(false).chain(by_kind(true)) {
        if room == 0 || (unneeded.drains && room_to_drain == 0) {
            continue;
        }
        let Some(group) = ripe(world, *id, *unneeded, &chosen) else { continue };
        chosen.push((*id, group, unneeded.drains));
        room -= 1;
        room_to_drain -= usize::from(unneeded.drains);
    }
    if !chosen.is_empty() {
        components_mut(&mut world.state).autoscaler.memory.deleted_at = Some(world.now);
    }
    for (id, group, drains) in chosen {
        begin(world, id, group, drains);
    }
}

/// The group of a node that may be removed now, provided the group stays at its minimum without it and the
/// `chosen` ones.
fn ripe(
    world: &World,
    id: NodeId,
    unneeded: Unneeded,
    chosen: &[(NodeId, GroupNo, bool)],
) -> Option<GroupNo> {
    let (node, settings) = (world.store.nodes.get(id)?, &components(&world.state).autoscaler.settings);
    let is_kept = node.meta.annotations.get(KEPT).is_some_and(|value| &**value == "true");
    let patience = match standing(world, node) {
        NodeReadiness::Ready => settings.unneeded,
        NodeReadiness::Coming | NodeReadiness::Broken => settings.unready,
    };
    let group = view::group_of(world, id)?;
    let sizes = components(&world.state).autoscaler.memory.view.group(group)?.sizes;
    let under_way =
        components(&world.state).autoscaler.memory.removals.values().filter(|removal| removal.group == group);
    let going = under_way.count() + chosen.iter().filter(|(_, of, _)| *of == group).count();
    let above = sizes.desired as usize > sizes.min as usize + going;
    (!is_kept && unneeded.since + patience < world.now && above).then_some(group)
}

fn begin(world: &mut World, id: NodeId, group: GroupNo, drains: bool) {
    let Some(node) = world.store.nodes.get(id) else { return };
    let name = node.meta.name.clone();
    let used = unneeded::utilization(world, id, node);
    mark::close(world, id);
    say_of_node(world, id, Severity::Normal, "ScaleDown", "marked the node as toBeDeleted/unschedulable");
    let (reason, message) = if drains {
        let pods: Vec<String> =
            drain::pods_of(world, id).into_iter().map(|(_, name)| name.to_string()).collect();
        let pods = pods.join(",");
        let message =
            format!("Scale-down: removing node {name}, utilization: {used}, pods to reschedule: {pods}");
        ("ScaleDown", message)
    } else {
        ("ScaleDownEmpty", format!("Scale-down: removing empty node \"{name}\""))
    };
    status::say(world, Severity::Normal, reason, &message);
    components_mut(&mut world.state).autoscaler.memory.unneeded.remove(&id);
    components_mut(&mut world.state)
        .autoscaler
        .memory
        .removals
        .insert(id, Removal { group, drains, step: Step::Marked });
    let pause = components_mut(&mut world.state).autoscaler.settings.delete_delay;
    world.queue.set(world.now + pause, Work::ScaleDown(id));
}

/// Takes the next step in removing a node, if the process lives.
pub(crate) fn step(world: &mut World, id: NodeId) {
    if !process::is_alive(world) {
        return;
    }
    let Some(removal) = components_mut(&mut world.state).autoscaler.memory.removals.remove(&id) else {
        return;
    };
    if world.store.nodes.get(id).is_none() {
        return;
    }
    let outcome = match &removal.step {
        Step::Marked => look_again(world, id, removal.drains),
        Step::Drains(drain) => drain.clone().go_on(world, id),
    };
    let done = match outcome {
        Ok(Next::Rest(drain, pause)) => {
            let removal = Removal { step: Step::Drains(drain), ..removal };
            components_mut(&mut world.state).autoscaler.memory.removals.insert(id, removal);
            world.queue.set(world.now + pause, Work::ScaleDown(id));
            return;
        }
        Ok(Next::Empty) => terminate(world, id, removal.group, removal.drains),
        Err(why) => Err(why),
    };
    if let Err(why) = done {
        give_up(world, id, removal.drains, &why);
    }
}

/// What follows a step of a drain.
enum Next {
    /// Continue after this time.
    Rest(Drain, replank_world::time::Span),
    /// No pod is left that has to leave.
    Empty,
}

/// Checks the pods again after the delay: new ones may have come, and budgets may be used up.
fn look_again(world: &mut World, id: NodeId, drains: bool) -> Result<Next, String> {
    let name = world.store.nodes.get(id).map(|node| node.meta.name.clone()).unwrap_or_default();
    let failed = |why: String| format!("GetPodsToMove for \"{name}\" returned error: {why}");
    let left: Vec<PodId> = drainable::to_move(world, id, &Spent::new()).map_err(failed)?;
    match (drains, left.is_empty()) {
        (false, true) => Ok(Next::Empty),
        (false, false) => Err(format!("failed to delete empty node \"{name}\", new pods scheduled")),
        (true, _) => Drain::begin(world, id).go_on(world, id),
    }
}

fn terminate(world: &mut World, id: NodeId, group: GroupNo, drained: bool) -> Result<(), String> {
    let Some(node) = world.store.nodes.get(id) else { return Ok(()) };
    let (name, instance) = (node.meta.name.clone(), node.instance.clone());
    view::delete(world, group, &instance)?;
    say_of_node(world, id, Severity::Normal, "ScaleDown", "nodes removed by cluster autoscaler");
    let (reason, message) = if drained {
        ("ScaleDown", format!("Scale-down: node {name} removed with drain"))
    } else {
        ("ScaleDownEmpty", format!("Scale-down: empty node {name} removed"))
    };
    status::say(world, Severity::Normal, reason, &message);
    Ok(())
}

/// Gives up: removes the taint and uncordons the node. It then has to be unneeded for the whole time again.
fn give_up(world: &mut World, id: NodeId, drains: bool, why: &str) {
    let what = if drains { "failed to drain and delete node" } else { "failed to delete empty node" };
    say_of_node(world, id, Severity::Warning, "ScaleDownFailed", &format!("{what}: {why}"));
    mark::open(world, id);
}
