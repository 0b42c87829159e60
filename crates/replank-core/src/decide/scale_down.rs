//! Scale down: back to the sizes from before, and the update is done.
//!
//! EKS: "managed node update behavior", fourth phase. It stops when an autoscaler is growing the group.

use super::shrink::{self, Home};
use super::{finish, marks, turn::Turn};
use crate::problem::Outcome;

pub(super) fn step(turn: &mut Turn<'_>) {
    if turn.is_cancelled() {
        return;
    }
    marks::clear_strays(turn);
    match shrink::step(turn) {
        Home::NotYet => {}
        Home::Reached => finish::record(turn, Outcome::Succeeded, None),
        Home::Kept(because) => finish::record(turn, Outcome::Succeeded, Some(because)),
    }
}
