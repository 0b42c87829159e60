//! The end of an update, successful or not.

use super::turn::Turn;
use crate::node_group::event::Fact;
use crate::node_group::problem::{KeptBecause, Outcome};

/// Records the end. Original sizes that were not restored are noted for the next update of the group, unless somebody
/// else is growing it: then the sizes are theirs.
pub(super) fn record(turn: &mut Turn<'_>, outcome: Outcome, kept: Option<KeptBecause>) {
    let original = turn.measured().map(|measured| measured.original);
    let owed = kept.as_ref().is_some_and(|because| *because != KeptBecause::Growing);
    turn.note(Fact::Finished { outcome, unrestored: original.filter(|_| owed), kept });
}
