//! The end of an update, good or bad.

use super::turn::Turn;
use crate::node_group::event::Fact;
use crate::node_group::problem::{KeptBecause, Outcome};

/// Records the end. Sizes that someone else is growing are theirs by now and not owed any more.
pub(super) fn record(turn: &mut Turn<'_>, outcome: Outcome, kept: Option<KeptBecause>) {
    let original = turn.measured().map(|measured| measured.original);
    let owed = kept.as_ref().is_some_and(|because| *because != KeptBecause::Growing);
    turn.note(Fact::Finished { outcome, unrestored: original.filter(|_| owed), kept });
}
