//! Scale down: back to the sizes from before, and the update is done.
//!
//! EKS: "managed node update behavior", fourth phase. It stops when an autoscaler is growing the group.

use super::shrink::{self, Home};
use super::{marks, turn::Turn};
use crate::event::Fact;
use crate::problem::{KeptBecause, Outcome};

pub(super) fn step(turn: &mut Turn<'_>) {
    if turn.is_cancelled() {
        return;
    }
    marks::clear_strays(turn);
    match shrink::step(turn) {
        Home::NotYet => {}
        Home::Reached => finish(turn, Outcome::Succeeded, None),
        Home::Kept(because) => finish(turn, Outcome::Succeeded, Some(because)),
    }
}

/// Records the end. Sizes that someone else is growing are theirs by now and not owed any more.
pub(super) fn finish(turn: &mut Turn<'_>, outcome: Outcome, kept: Option<KeptBecause>) {
    let home = turn.measured().map(|measured| measured.home);
    let owed = kept.as_ref().is_some_and(|because| *because != KeptBecause::Growing);
    turn.note(Fact::Finished { outcome, unrestored: home.filter(|_| owed), kept });
}
