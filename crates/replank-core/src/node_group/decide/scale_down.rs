//! Scale down: back to the original sizes, and the update is done.
//!
//! EKS: "managed node update behavior", fourth phase. It ends early when an autoscaler is growing the group.

use super::shrink::{self, Resized};
use super::{finish, marks, turn::Turn};
use crate::node_group::problem::Outcome;

pub(super) fn step(turn: &mut Turn<'_>) {
    if turn.is_cancelled() {
        return;
    }
    let marked = marks::clear_strays(turn);
    let Resized::Over(kept) = shrink::step(turn, marked) else { return };
    if marks::released(turn) {
        finish::record(turn, Outcome::Succeeded, kept);
    }
}
