//! Restore, after a failure or a cancel: guards are removed, new nodes stay, excess nodes go as far as they drain
//! without force, and what could not be restored is recorded.

use super::shrink::{self, Resized};
use super::turn::Turn;
use super::{finish, late, marks};
use crate::action::{ActionKey, CloudAction};
use crate::node_group::problem::{KeptBecause, Outcome};
use crate::node_group::spec::GroupOwner;
use crate::node_group::wait::On;

pub(super) fn step(turn: &mut Turn<'_>) {
    let marked = marks::clear_all(turn);
    let Resized::Over(kept) = shrink::step(turn, marked) else { return };
    if !target_restored(turn) || !marks::released(turn) {
        return;
    }
    end(turn, kept);
}

fn end(turn: &mut Turn<'_>, kept: Option<KeptBecause>) {
    let outcome = match turn.rollout.failure {
        Some(_) => Outcome::Failed,
        None => Outcome::Cancelled,
    };
    finish::record(turn, outcome, kept);
}

/// Points the group back at the template version from before, if a person asked for that or the target is not proved.
/// Whether nothing is left to do.
fn target_restored(turn: &mut Turn<'_>) -> bool {
    let (Some(group), Some(measured)) = (turn.group(), turn.measured()) else { return true };
    let to = measured.previous_version;
    let wanted = turn.rollout.wishes.restore_target || is_unproved(turn);
    let wanted = wanted && group.versions.contains_key(&to);
    if !wanted || turn.refused_for_good(&ActionKey::PointGroup).is_some() {
        return true;
    }
    if group.version == to {
        let until = late::point_until(turn).filter(|_| measured.target_version != to);
        if until.is_some() {
            turn.wait_all(On::Unanswered, until);
        }
        return until.is_none();
    }
    turn.ask(CloudAction::PointGroup { from: group.version, to });
    turn.wait_all(On::GroupPointed, None);
    false
}

/// Whether the update failed before any node of the target joined, in a group that nobody else would put right: what it
/// launched next would not join either.
fn is_unproved(turn: &Turn<'_>) -> bool {
    let rollout = &turn.rollout;
    rollout.spec.owner == GroupOwner::User && rollout.failure.is_some() && rollout.joined.is_empty()
}
