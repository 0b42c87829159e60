//! Upgrade: old nodes are replaced, at most the batch at a time, as a sliding window.
//!
//! EKS: "managed node update behavior", third phase. A slot is free again when the instance is gone and the group has
//! as many serving nodes as it is asked to have, so missing replacements stop further picks.

use super::launches::{self, Launches};
use super::stand_in::{self, Picks};
use super::turn::Turn;
use super::{marks, point, replace_node};
use crate::names::InstanceId;
use crate::node_group::event::Measured;
use crate::node_group::phase::{Phase, Purpose};
use crate::node_group::pick;
use crate::node_group::spec::Strategy;
use crate::node_group::wait::{On, Wait};
use crate::observed::Hold;

pub(super) fn step(turn: &mut Turn<'_>) {
    if turn.is_cancelled() {
        return;
    }
    let (Some(group), Some(measured)) = (turn.group(), turn.measured()) else { return };
    if !point::at(turn, group, measured.target_version) {
        return;
    }
    let strays = marks::clear_strays(turn);
    marks::keep_new(turn);
    let unguarded = marks::guard_old(turn);
    if unguarded > 0 {
        turn.wait_all(On::Guarding { nodes: unguarded }, None);
    }
    let launches = launches::watch(turn, group, measured.batch);
    if turn.rollout.phase() != Phase::Upgrade {
        return;
    }
    if turn.old_count() == 0 && turn.rollout.work.is_empty() && is_complete(turn, &measured, launches) {
        return turn.enter(Phase::ScaleDown);
    }
    if turn.is_paused() {
        return turn.wait_all(On::Paused, None);
    }
    if launches.failing {
        return;
    }
    match turn.rollout.spec.strategy {
        Strategy::Default | Strategy::Minimal => {
            let free = free_slots(turn, &measured, launches.missing);
            pick(turn, free);
        }
        Strategy::Replace => match stand_in::pick(turn, group, &measured, launches, is_open) {
            Picks::Made => {}
            Picks::NoneLeft => name_holds(turn),
        },
    }
    if strays > 0 && turn.rollout.work.is_empty() {
        turn.wait_all(On::Unmarking { nodes: strays }, None);
    }
}

/// Whether as many nodes serve as the original sizes ask for. Nodes that are lost or closed by somebody else are not
/// waited for when they are no more than the excess: Scale down removes them first.
fn is_complete(turn: &Turn<'_>, measured: &Measured, launches: Launches) -> bool {
    let asked = turn.rollout.asked.map_or(0, |asked| asked.desired);
    let excess = asked.saturating_sub(measured.original.desired);
    launches.missing == 0 || (launches.missing == launches.idle && launches.idle <= excess)
}

/// How many nodes may be picked now. A terminating node and its missing replacement use one slot, not two.
fn free_slots(turn: &mut Turn<'_>, measured: &Measured, missing: u32) -> u32 {
    let leaving = turn.rollout.work.keys().filter(|id| turn.is_leaving(id)).count() as u32;
    let active = turn.rollout.work.len() as u32 - leaving;
    let used = active + leaving.max(missing);
    if used >= measured.batch && active < measured.batch {
        let since = Some(turn.rollout.missing.1);
        let on = On::Replacements { missing, batch: measured.batch };
        turn.wait(Wait { node: None, on, since, again: None, until: None });
    }
    measured.batch.saturating_sub(used)
}

fn pick(turn: &mut Turn<'_>, free: u32) {
    for _ in 0..free {
        let old = |class: &_| turn.is_old(class);
        let open = |id: &_| is_open(turn, id);
        let spec = &turn.rollout.spec;
        let choice = pick::next(spec.order, spec.seed, turn.rollout.picks, turn.seen, &old, &open);
        let Some(instance) = choice.cloned() else { return name_holds(turn) };
        replace_node::take_in(turn, &instance, Purpose::Replace);
        if turn.rollout.phase() != Phase::Upgrade {
            return;
        }
    }
}

/// Whether an old node may be picked: nothing is done with it, and nobody holds it.
fn is_open(turn: &Turn<'_>, id: &InstanceId) -> bool {
    turn.pickable(id) && hold(turn, id).is_none()
}

fn hold(turn: &Turn<'_>, id: &InstanceId) -> Option<Hold> {
    turn.seen.members.node_of(id)?.hold.clone()
}

/// Adds a wait for each old node that only a hold keeps from being picked.
fn name_holds(turn: &mut Turn<'_>) {
    let held: Vec<_> = turn
        .seen
        .members
        .of(|class| turn.is_old(class))
        .filter(|id| turn.pickable(id))
        .filter_map(|id| Some((turn.seen.members.node_of(id)?.name.clone(), hold(turn, id)?)))
        .collect();
    for (node, hold) in held {
        let (on, since, again) = match hold {
            Hold::Person { reason } => (On::Hold { reason }, turn.rollout.phase_since, None),
            // It ends without a change of the node, when its process is killed.
            Hold::Drain { by, since } => {
                let again = turn.now + turn.limits().act_again;
                turn.wake_at(again);
                (On::DrainedByHand { by }, since, Some(again))
            }
        };
        turn.wait(Wait { node: Some(node), on, since: Some(since), again, until: None });
    }
}
