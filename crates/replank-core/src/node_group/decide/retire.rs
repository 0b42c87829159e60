//! Whether an old node leaves with its place in the group or is replaced (strategy `REPLACE`).
//!
//! As many old nodes as the group is above its original size are the last, and go with their place. Before that the
//! scheduler is asked whether the pods of the node find one elsewhere. Where they do not, the surge covers them: one
//! more node is launched while it allows that, and else the node is replaced, as `DEFAULT` would.

use jiff::Timestamp;

use super::excess::{self, ASK_AGAIN, FRESH};
use super::launches::Launches;
use super::raise::sized;
use super::turn::Turn;
use crate::action::ActionKey;
use crate::names::{InstanceId, NodeName};
use crate::node_group::event::{Fact, Measured};
use crate::node_group::phase::Purpose;
use crate::node_group::wait::{On, Wait};
use crate::observed::{Group, Placed, Placement};
use crate::sizes::Sizes;

/// How an old node leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// It may be picked for this purpose.
    As(Purpose),
    /// Unknown before the next observation, or there is a wait that says why.
    NotYet,
}

/// How `instance`, which is to be picked next, leaves.
pub(super) fn next(
    turn: &mut Turn<'_>,
    group: &Group,
    measured: &Measured,
    launches: Launches,
    instance: &InstanceId,
) -> Leave {
    let is_last = owed(turn, group, measured) >= standing(turn);
    if !is_last || excess::is_last_in_zone(turn, instance) {
        return Leave::As(Purpose::Replace);
    }
    // A node that covers pods without a place has to be up before its room counts.
    let new = group.sizes.desired.saturating_sub(turn.old_count());
    if new > measured.original.desired && launches.missing > launches.idle {
        return Leave::NotYet;
    }
    let node = turn.seen.members.node_of(instance).map(|node| node.name.clone());
    // Without a node there are no pods to find a place for.
    let Some(node) = node else { return Leave::As(Purpose::Retire) };
    let placed = turn.seen.placements.get(&node).cloned();
    match placed {
        Some(placed) if is_fresh(turn, &placed) => match placed.placement {
            Placement::Found => Leave::As(Purpose::Retire),
            Placement::Lacking { .. } | Placement::Stranded { .. } => {
                lacking(turn, group, measured, launches, instance, placed)
            }
            Placement::CannotTell(_) if turn.now >= placed.since + ASK_AGAIN => Leave::As(Purpose::Replace),
            Placement::CannotTell(_) => wait(turn, instance, placed),
        },
        Some(_) | None => ask(turn, node),
    }
}

/// How many old nodes have yet to leave with their place, nodes in work left out. New nodes that somebody closed count
/// as the excess that Scale down removes.
fn owed(turn: &Turn<'_>, group: &Group, measured: &Measured) -> u32 {
    let retiring = turn.rollout.work.values().filter(|work| work.purpose == Purpose::Retire).count() as u32;
    let asked = turn.rollout.asked.map_or(group.sizes.desired, |asked| asked.desired);
    let closed = turn.seen.members.count(|class| turn.is_closed(class));
    let last = asked.saturating_sub(retiring).min(group.sizes.desired);
    last.saturating_sub(measured.original.desired + closed)
}

/// Old nodes that are not in work.
pub(super) fn standing(turn: &Turn<'_>) -> u32 {
    let members = &turn.seen.members;
    let works = |id: &&InstanceId| members.class(id).is_some_and(|class| turn.is_old(class));
    turn.old_count() - turn.rollout.work.keys().filter(works).count() as u32
}

fn is_fresh(turn: &Turn<'_>, placed: &Placed) -> bool {
    let holds = match placed.placement {
        Placement::Found | Placement::CannotTell(_) => FRESH,
        Placement::Lacking { .. } | Placement::Stranded { .. } => ASK_AGAIN,
    };
    // A node that came up since may have room.
    let is_current = placed.placement == Placement::Found || placed.at >= turn.rollout.missing.1;
    turn.now < placed.at + holds && is_current
}

fn ask(turn: &mut Turn<'_>, node: NodeName) -> Leave {
    turn.context.place(node);
    Leave::NotYet
}

/// The pods of the node find no place. What is in work is waited for first, since its pods move too.
fn lacking(
    turn: &mut Turn<'_>,
    group: &Group,
    measured: &Measured,
    launches: Launches,
    instance: &InstanceId,
    placed: Placed,
) -> Leave {
    let asked = turn.rollout.asked.unwrap_or(group.sizes);
    if !turn.rollout.work.is_empty() || launches.missing > 0 {
        return wait(turn, instance, placed);
    }
    if group.sizes.desired + 1 == asked.desired && turn.refused_for_good(&ActionKey::SetSizes).is_none() {
        sized(turn, group, asked);
        return wait(turn, instance, placed);
    }
    let serving = turn.seen.members.count(|class| turn.is_serving(class));
    let is_covered = serving > measured.original.desired;
    let is_highest = asked.desired >= measured.original.desired + measured.increment;
    if is_covered || is_highest || group.sizes.desired != asked.desired {
        return Leave::As(Purpose::Replace);
    }
    let desired = asked.desired + 1;
    let to = Sizes { desired, max: asked.max.max(desired), ..asked };
    turn.note(Fact::SizesAsked { to });
    sized(turn, group, to);
    wait(turn, instance, placed)
}

fn wait(turn: &mut Turn<'_>, instance: &InstanceId, placed: Placed) -> Leave {
    let holds = if let Placement::CannotTell(_) = placed.placement { FRESH } else { ASK_AGAIN };
    let again: Timestamp = placed.at + holds;
    turn.wake_at(again);
    let on = On::Place { instance: instance.clone(), placement: placed.placement, nodes: 1 };
    turn.wait(Wait { node: None, on, since: Some(placed.since), again: Some(again), until: None });
    Leave::NotYet
}
