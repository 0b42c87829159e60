//! The control plane: one minor, once its check is passed. It can be neither paused nor stopped.

use super::turn::Turn;
use crate::cluster_upgrade::decision::Action;
use crate::cluster_upgrade::observed::State;
use crate::cluster_upgrade::problem::Stop;
use crate::cluster_upgrade::wait::On;
use crate::version::Minor;

pub(super) fn step(turn: &mut Turn<'_>) {
    let to = turn.minor();
    let Some(seen) = turn.control_plane() else { return };
    match &seen.state {
        State::AtRest if seen.minor == to => return turn.pass(),
        // It never goes past by itself: somebody else moved it.
        State::AtRest if is_past(turn, seen.minor) => return turn.stop(Stop::MovedOn { minor: seen.minor }),
        State::AtRest => {}
        State::Busy { .. } if turn.has_begun() => {}
        State::Busy { .. } => return turn.wait(On::ClusterBusy { state: seen.state.clone() }, None),
    }
    if turn.is_spoilt() {
        return;
    }
    if !turn.is_begun() {
        return;
    }
    let update = turn.work().map(|work| work.update.clone());
    if update.is_none() {
        turn.act(Action::StartControlPlane { to });
    }
    let limit = turn.upgrade.spec().limits.control_plane;
    let (since, until) = (turn.upgrade.present().began_at, turn.deadline(limit));
    turn.wait_until(On::ControlPlane { to, update }, since, until);
    turn.is_paused();
}

/// Whether the control plane is on the other side of the step's minor.
pub(super) fn is_past(turn: &Turn<'_>, minor: Minor) -> bool {
    if turn.upgrade.spec().is_rollback() { minor < turn.minor() } else { minor > turn.minor() }
}
