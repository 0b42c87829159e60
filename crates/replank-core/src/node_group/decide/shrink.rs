//! Sizes home: surplus nodes are drained with the same care and terminated one by one, desired down with each,
//! the maximum last. Shared by the end of a good update and the clean-up of a bad one.

use super::surplus::{self, Surplus};
use super::turn::Turn;
use super::{late, marks, work};
use crate::action::CloudAction;
use crate::node_group::phase::Purpose;
use crate::node_group::problem::KeptBecause;
use crate::node_group::wait::On;
use crate::observed::Group;
use crate::sizes::Sizes;

/// How far the way home is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// Under way.
    NotYet,
    /// It ends here: at the sizes from before, or with more nodes for this reason.
    Over(Option<KeptBecause>),
}

/// Takes the next step home. It is not over while so many nodes still carry `marks`.
pub(super) fn step(turn: &mut Turn<'_>, marks: u32) -> Home {
    let home = resized(turn);
    if marks > 0 && home != Home::NotYet {
        turn.wait_all(On::Unmarking { nodes: marks }, None);
        return Home::NotYet;
    }
    home
}

/// Takes the next step to the sizes from before.
fn resized(turn: &mut Turn<'_>) -> Home {
    if !turn.rollout.work.is_empty() {
        return Home::NotYet;
    }
    if turn.is_paused() {
        turn.wait_all(On::Paused, None);
        return Home::NotYet;
    }
    // Sizes that were never raised are home already.
    let (Some(group), Some(measured), Some(asked)) = (turn.group(), turn.measured(), turn.rollout.asked)
    else {
        return Home::Over(None);
    };
    let (home, sizes) = (measured.home, group.sizes);
    if sizes.desired > asked.desired {
        return Home::Over(Some(KeptBecause::Growing));
    }
    if let Some(until) = late::raise_until(turn, sizes) {
        turn.wait_all(On::Unanswered, Some(until));
        return Home::NotYet;
    }
    if sizes.desired <= home.desired {
        return settle_max(turn, group, home, asked).map_or(Home::NotYet, |()| Home::Over(None));
    }
    let unlaunched = sizes.desired.saturating_sub(turn.standing_count());
    if unlaunched > 0 {
        let desired = home.desired.max(sizes.desired - unlaunched);
        return resize(turn, group, Sizes { desired, ..sizes });
    }
    match surplus::next(turn) {
        Surplus::NotYet => Home::NotYet,
        Surplus::Goes(instance) if marks::is_opening(turn, &instance) => {
            turn.wait_all(On::Unmarking { nodes: 1 }, None);
            Home::NotYet
        }
        Surplus::Goes(instance) => {
            work::take_in(turn, &instance, Purpose::Surplus);
            Home::NotYet
        }
        Surplus::Stays(because) => {
            settle_max(turn, group, home, asked).map_or(Home::NotYet, |()| Home::Over(Some(because)))
        }
    }
}

/// Brings the maximum home, but never below desired; `None` while it is not there yet. A larger one that someone
/// else set in the meantime is left alone.
fn settle_max(turn: &mut Turn<'_>, group: &Group, home: Sizes, asked: Sizes) -> Option<()> {
    let sizes = group.sizes;
    let max = home.max.max(sizes.desired);
    if sizes.max > asked.max || sizes.max <= max {
        return Some(());
    }
    turn.ask(CloudAction::SetSizes { from: sizes, to: Sizes { max, ..sizes } });
    turn.wait_all(On::SizesTaken, None);
    None
}

fn resize(turn: &mut Turn<'_>, group: &Group, to: Sizes) -> Home {
    turn.ask(CloudAction::SetSizes { from: group.sizes, to });
    turn.wait_all(On::SizesTaken, None);
    Home::NotYet
}
