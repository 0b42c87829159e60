//! Back to the original sizes: excess nodes are drained and terminated one by one, desired decremented with each, the
//! maximum lowered last. Shared by Scale down and Restore.

use super::excess::{self, Excess};
use super::turn::Turn;
use super::{late, marks, replace_node};
use crate::action::CloudAction;
use crate::node_group::event::Fact;
use crate::node_group::phase::Purpose;
use crate::node_group::problem::KeptBecause;
use crate::node_group::spec::GroupOwner;
use crate::node_group::wait::On;
use crate::observed::Group;
use crate::sizes::Sizes;

/// How far the group is on the way back to its original sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Resized {
    /// Not there yet.
    NotYet,
    /// It ends here: at the original sizes, or with more nodes for this reason.
    Over(Option<KeptBecause>),
}

/// Takes the next step to the original sizes. Not over while `marks` nodes still carry marks of the update.
pub(super) fn step(turn: &mut Turn<'_>, marks: u32) -> Resized {
    let resized = resized(turn);
    if marks > 0 && resized != Resized::NotYet {
        turn.wait_all(On::Unmarking { nodes: marks }, None);
        return Resized::NotYet;
    }
    resized
}

fn resized(turn: &mut Turn<'_>) -> Resized {
    if !turn.rollout.work.is_empty() {
        return Resized::NotYet;
    }
    if turn.is_paused() {
        turn.wait_all(On::Paused, None);
        return Resized::NotYet;
    }
    // Sizes that were never raised are the original ones.
    let (Some(group), Some(measured), Some(asked)) = (turn.group(), turn.measured(), turn.rollout.asked)
    else {
        return Resized::Over(None);
    };
    let (original, sizes) = (measured.original, group.sizes);
    if sizes.desired > asked.desired {
        return grown(turn, sizes.desired - asked.desired);
    }
    if let Some(until) = late::raise_until(turn, sizes) {
        turn.wait_all(On::Unanswered, Some(until));
        return Resized::NotYet;
    }
    if sizes.desired <= original.desired {
        return restore_max(turn, group, original, asked).map_or(Resized::NotYet, |()| Resized::Over(None));
    }
    let unlaunched = sizes.desired.saturating_sub(turn.standing_count());
    if unlaunched > 0 {
        let desired = original.desired.max(sizes.desired - unlaunched);
        return resize(turn, group, Sizes { desired, ..sizes });
    }
    match excess::next(turn) {
        Excess::NotYet => Resized::NotYet,
        Excess::Goes(instance) if marks::is_opening(turn, &instance) => {
            turn.wait_all(On::Unmarking { nodes: 1 }, None);
            Resized::NotYet
        }
        Excess::Goes(instance) => {
            replace_node::take_in(turn, &instance, Purpose::Excess);
            Resized::NotYet
        }
        Excess::Stays(because) => restore_max(turn, group, original, asked)
            .map_or(Resized::NotYet, |()| Resized::Over(Some(because))),
    }
}

/// Others asked for more nodes. EKS leaves it at that; a group of the user's comes back to so many more.
fn grown(turn: &mut Turn<'_>, by: u32) -> Resized {
    match turn.rollout.spec.owner {
        GroupOwner::Eks => Resized::Over(Some(KeptBecause::Growing)),
        GroupOwner::User => {
            turn.note(Fact::Grown { by });
            turn.context.wake_at(turn.now);
            Resized::NotYet
        }
    }
}

/// Lowers the maximum to the original one, but not below desired; `None` while that is not done. A larger maximum that
/// somebody else set meanwhile is left alone.
fn restore_max(turn: &mut Turn<'_>, group: &Group, original: Sizes, asked: Sizes) -> Option<()> {
    let sizes = group.sizes;
    let max = original.max.max(sizes.desired);
    if sizes.max > asked.max || sizes.max <= max {
        return Some(());
    }
    turn.ask(CloudAction::SetSizes { from: sizes, to: Sizes { max, ..sizes } });
    turn.wait_all(On::SizesTaken, None);
    None
}

fn resize(turn: &mut Turn<'_>, group: &Group, to: Sizes) -> Resized {
    turn.ask(CloudAction::SetSizes { from: group.sizes, to });
    turn.wait_all(On::SizesTaken, None);
    Resized::NotYet
}
