//! The policy on one page: what each phase does next.
//!
//! [`decide`] is total: whatever was seen, it answers with facts, actions, waits and problems. A phase never calls
//! another one; what they share are the steps in [`replace_node`], [`drain`], [`launches`], [`joins`], [`marks`],
//! [`point`], [`raise`], [`shrink`], [`excess`] and [`finish`]. Those of the strategy `REPLACE` are [`stand_in`],
//! [`choice`], [`retire`] and [`room`].

mod assist;
mod beside;
mod choice;
mod context;
mod drain;
mod evacuate;
mod excess;
mod finish;
mod guard;
mod joins;
mod late;
mod launches;
mod marks;
mod members;
mod point;
mod raise;
mod replace_node;
mod restore;
mod retire;
mod room;
mod scale_down;
mod scale_up;
mod setup;
mod shrink;
mod stand_in;
mod turn;
mod upgrade;

use jiff::{SignedDuration, Timestamp};

use crate::node_group::decision::Decision;
use crate::node_group::phase::Phase;
use crate::node_group::rollout::Rollout;
use crate::observed::Observation;

pub use assist::{Assist, Assisted, assist};
pub use beside::beside;
pub use evacuate::{Evacuated, Evacuation, evacuate};

use turn::Turn;

/// Up to so many nodes in work a turn is cheap enough to follow every change at once.
const FEW: usize = 10;
/// How much longer the least rest gets for each node in work beyond [`FEW`].
const REST_PER_NODE: SignedDuration = SignedDuration::from_millis(10);

/// The least rest between two turns while `in_work` nodes are in work: none up to ten, 0.9 seconds for a hundred, the
/// most that EKS allows. A turn looks at every node in work, so without it the cost of an update would grow with the
/// square of their number.
pub fn least_rest(in_work: usize) -> SignedDuration {
    REST_PER_NODE * i32::try_from(in_work.saturating_sub(FEW)).unwrap_or(i32::MAX)
}

/// Decides what `rollout` does next, given what was seen at `now`.
///
/// Nodes in work advance in every phase. Then the phase takes its step, and the next phase at once when it is over.
/// Nothing is decided when a side could not be read or the update is done.
pub fn decide(rollout: &Rollout, seen: &Observation, now: Timestamp) -> Decision {
    let mut turn = Turn::new(rollout, seen, now);
    if rollout.phase() == Phase::Done || turn.is_blind() {
        return turn.finish();
    }
    beside(seen, now).into_iter().for_each(|problem| turn.problem(problem));
    replace_node::advance(&mut turn);
    loop {
        let phase = turn.rollout.phase();
        match phase {
            Phase::Setup => setup::step(&mut turn),
            Phase::ScaleUp => scale_up::step(&mut turn),
            Phase::Guard => guard::step(&mut turn),
            Phase::Upgrade => upgrade::step(&mut turn),
            Phase::ScaleDown => scale_down::step(&mut turn),
            Phase::Restore => restore::step(&mut turn),
            Phase::Done => {}
        }
        if turn.rollout.phase() == phase || turn.rollout.phase() == Phase::Done {
            return turn.finish();
        }
    }
}
