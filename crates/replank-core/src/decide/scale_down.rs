//! Scale down: back to the sizes from before, and the update is done.
//!
//! EKS: "managed node update behavior", fourth phase. It stops when an autoscaler is growing the group.

use super::shrink::{self, Home};
use super::{finish, marks, turn::Turn};
use crate::problem::Outcome;
use crate::wait::On;

pub(super) fn step(turn: &mut Turn<'_>) {
    if turn.is_cancelled() {
        return;
    }
    let marked = marks::clear_strays(turn);
    let kept = match shrink::step(turn) {
        Home::NotYet => return,
        Home::Reached => None,
        Home::Kept(because) => Some(because),
    };
    if marked > 0 {
        return turn.wait_all(On::Unmarking { nodes: marked }, None);
    }
    finish::record(turn, Outcome::Succeeded, kept);
}
