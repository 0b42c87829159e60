//! The policy, one page: what each phase does next.
//!
//! [`decide`] is total. Whatever the world looks like, it answers with facts, effects, waits and problems.
//! A phase never calls another; what they share are the steps in [`replace_node`], [`drain`], [`launches`], [`joins`],
//! [`marks`], [`point`], [`shrink`], [`excess`] and [`finish`].

mod beside;
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
mod replace_node;
mod restore;
mod scale_down;
mod scale_up;
mod setup;
mod shrink;
mod turn;
mod upgrade;

use jiff::{SignedDuration, Timestamp};

use crate::node_group::decision::Decision;
use crate::node_group::phase::Phase;
use crate::node_group::rollout::Rollout;
use crate::observed::Observation;

pub use beside::beside;
pub use evacuate::{Evacuated, Evacuation, evacuate};

use turn::Turn;

/// So many nodes in work cost so little that nothing has to be gathered for them.
const FEW: usize = 10;
/// The least rest for each node in work beyond those.
const REST_PER_NODE: SignedDuration = SignedDuration::from_millis(10);

/// The least rest between two turns while that many nodes are in work: with a hundred, the most that EKS allows,
/// about a second. A turn looks at every node in work, so without it the cost of an update would grow with the
/// square of what is in work.
pub fn least_rest(in_work: usize) -> SignedDuration {
    REST_PER_NODE * i32::try_from(in_work.saturating_sub(FEW)).unwrap_or(i32::MAX)
}

/// Decides what `rollout` does next in the world as `seen` at `now`.
///
/// Nodes in work go on in every phase; then the phase takes its steps, and the next one at once when it is over.
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
