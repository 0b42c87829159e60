//! Instances that never become nodes: those not registered in time are removed, and launches that fail are given
//! up (Cluster Autoscaler 1.34.5: `static_autoscaler.go`, `clusterstate.go`, placeholders of the AWS provider).

use std::sync::Arc;

use super::status;
use super::view::{self, Known};
use crate::kubernetes::components_mut;
use replank_world::cloud::GroupNo;
use replank_world::event_log::Severity;
use replank_world::time::{Span, Time};
use replank_world::world::World;

/// First and longest back-off of a group whose launches fail (flags `--initial-node-group-backoff-duration`,
/// `--max-node-group-backoff-duration`).
const PAUSES: (Span, Span) = (Span::secs(300), Span::secs(1_800));
/// After this time without a failure the back-off starts from the beginning (flag
/// `--node-group-backoff-reset-timeout`).
const PAUSES_RESET: Span = Span::secs(10_800);

/// The back-off of a group after failed launches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pause {
    failed_at: Time,
    length: Span,
}

impl Pause {
    /// Whether the back-off lasts at `now`.
    pub(super) fn lasts(self, now: Time) -> bool {
        self.failed_at + self.length > now
    }
}

/// Removes instances, and placeholders for missing ones, that did not register within
/// `--max-node-provision-time`, down to the group's minimum.
pub(super) fn remove_unregistered(world: &mut World) {
    let groups = view::all(world);
    let (now, provision) = (world.now, components_mut(&mut world.state).autoscaler.settings.provision);
    let before = std::mem::take(&mut components_mut(&mut world.state).autoscaler.memory.unregistered);
    for (number, known) in groups {
        let since = |id: Arc<str>| (before.get(&id).copied().unwrap_or(now), id);
        let unregistered: Vec<(Time, Arc<str>)> =
            unregistered(world, &known).into_iter().map(since).collect();
        let old = unregistered.iter().filter(|(since, _)| *since + provision < now).map(|(_, id)| id.clone());
        let room = known.sizes.desired.saturating_sub(known.sizes.min) as usize;
        let old: Vec<Arc<str>> = old.take(room).collect();
        components_mut(&mut world.state)
            .autoscaler
            .memory
            .unregistered
            .extend(unregistered.into_iter().map(|(at, id)| (id, at)));
        remove(world, number, &old);
    }
}

/// Ids of a group's instances without a node, and of a placeholder for each instance that is requested and not
/// launched.
fn unregistered(world: &World, known: &Known) -> Vec<Arc<str>> {
    let instances = known.members.iter().map(|number| world.cloud.instance(*number));
    let nodeless = instances
        .filter(|instance| instance.stands() && !world.store.index.by_instance.contains_key(&instance.id));
    let mut found: Vec<Arc<str>> = nodeless.map(|instance| instance.id.clone()).collect();
    // Placeholders of a group whose launches fail are given up at once instead.
    let placeholders = if known.fails { 0 } else { known.placeholders };
    let first = known.members.len() as u32;
    found.extend(
        (first..first + placeholders).map(|nth| Arc::from(format!("i-placeholder-{}-{nth}", known.name))),
    );
    found
}

fn remove(world: &mut World, number: GroupNo, old: &[Arc<str>]) {
    if old.iter().any(|id| world.cloud.find(id).is_none()) {
        ask_for_what_is_there(world, number);
    }
    for id in old {
        let answer = if world.cloud.find(id).is_some() { view::delete(world, number, id) } else { Ok(()) };
        let zone = world.cloud.find(id).map(|found| world.cloud.instance(found).zone.clone());
        let name = format!("aws:///{}/{id}", zone.unwrap_or_default());
        let (severity, reason, message) = match answer {
            Ok(()) => (Severity::Normal, "DeleteUnregistered", format!("Removed unregistered node {name}")),
            Err(why) => {
                let message = format!("Failed to remove node {name}: {why}");
                (Severity::Warning, "DeleteUnregisteredFailed", message)
            }
        };
        status::say(world, severity, reason, &message);
    }
}

/// Lowers the size of groups with failed launches to what they have, and starts their back-off.
pub(super) fn give_up_launches(world: &mut World) {
    let view = &components_mut(&mut world.state).autoscaler.memory.view;
    let failing = view.groups().filter(|(_, known)| known.fails && known.placeholders > 0);
    let failing: Vec<(GroupNo, Known)> = failing.map(|(number, known)| (number, known.clone())).collect();
    for (number, known) in failing {
        if known.is_asked {
            pause(world, number, &known);
        }
        if known.sizes.desired > known.sizes.min {
            ask_for_what_is_there(world, number);
        }
    }
}

/// Sets the desired size of a group to the number of its present instances.
fn ask_for_what_is_there(world: &mut World, number: GroupNo) {
    let there = world.cloud.instances_of(number).count() as u32;
    // Below the minimum the cloud refuses, and it asks again in the next round.
    let _refused = view::set_desired(world, number, there);
    components_mut(&mut world.state).autoscaler.memory.view.grow_old();
}

fn pause(world: &mut World, number: GroupNo, known: &Known) {
    let now = world.now;
    let pauses = &mut components_mut(&mut world.state).autoscaler.memory.pauses;
    let length = match pauses.get(&number) {
        Some(pause) if pause.lasts(now) => return,
        Some(pause) if pause.failed_at + PAUSES_RESET > now => Span((pause.length.0 * 2).min(PAUSES.1.0)),
        Some(_) | None => PAUSES.0,
    };
    pauses.insert(number, Pause { failed_at: now, length });
    let message = format!(
        "Failed adding {} nodes to group {} due to OutOfResource.placeholder-cannot-be-fulfilled; source errors: AWS \
         cannot provision any more instances for this node group",
        known.placeholders, known.name
    );
    status::say(world, Severity::Warning, "ScaleUpFailed", &message);
}
