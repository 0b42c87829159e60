//! Picks of the strategy `REPLACE`: an old node goes when a new Ready one already stands for it.
//!
//! The surge is shared by nodes in drain and nodes that boot: while one wave drains, what the one before left is
//! launched. Old nodes that do not go and new ones that serve are never fewer than the original size, so the group never
//! has less room than before.

use super::launches::Launches;
use super::replace_node;
use super::retire::{self, Leave};
use super::turn::Turn;
use super::{choice, room};
use crate::names::InstanceId;
use crate::node_group::event::Measured;
use crate::node_group::phase::Phase;
use crate::node_group::wait::{On, Wait};
use crate::observed::Group;

/// Whether old nodes are left that nothing but a hold keeps from being picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Picks {
    /// Every free slot was used, or a wait says why not.
    Made,
    /// A slot is free and no node may be picked.
    NoneLeft,
}

/// Picks as many nodes as `free`, which [`free_slots`] counted. `open` rejects nodes that may not be picked.
pub(super) fn pick(
    turn: &mut Turn<'_>,
    group: &Group,
    measured: &Measured,
    launches: Launches,
    open: fn(&Turn<'_>, &InstanceId) -> bool,
) -> Picks {
    let free = free_slots(turn, group, measured, launches);
    let is_lacking = retire::standing(turn) > 0 && room::is_lacking(turn, launches.missing);
    if free == 0 || is_lacking {
        return Picks::Made;
    }
    let mut busy = choice::busy(turn);
    for _ in 0..free {
        let choice = choice::next(turn, &busy, &|id| open(turn, id));
        let Some((instance, chosen)) = choice else { return Picks::NoneLeft };
        let Leave::As(purpose) = retire::next(turn, group, measured, launches, &instance) else {
            return Picks::Made;
        };
        busy.extend(choice::budgets(turn, &instance).cloned());
        replace_node::take_in_as(turn, &instance, purpose, Some(chosen));
        if turn.rollout.phase() != Phase::Upgrade {
            return Picks::Made;
        }
    }
    Picks::Made
}

/// How many nodes may be picked now: within the batch, and no more than new nodes stand in for.
///
/// Where no surge is left to count on it goes on as with `DEFAULT`, whose replacements are counted after the fact:
/// somebody lowered the size, or all that is missing are new nodes that somebody closed or that were lost.
fn free_slots(turn: &mut Turn<'_>, group: &Group, measured: &Measured, launches: Launches) -> u32 {
    let Launches { missing, idle, .. } = launches;
    let leaving = turn.rollout.work.keys().filter(|id| turn.is_leaving(id)).count() as u32;
    let in_work = turn.rollout.work.len() as u32;
    let active = in_work - leaving;
    let surge = group.sizes.desired.saturating_sub(measured.original.desired);
    let is_used_up = surge <= missing && missing == idle;
    let standing = if is_used_up {
        measured.batch.saturating_sub(active + leaving.max(missing))
    } else {
        surge.saturating_sub(active + missing)
    };
    if standing == 0 && active < measured.batch && missing > 0 {
        let since = Some(turn.rollout.missing.1);
        let on = On::Replacements { missing, batch: measured.batch };
        turn.wait(Wait { node: None, on, since, again: None, until: None });
    }
    standing.min(measured.batch.saturating_sub(in_work))
}
