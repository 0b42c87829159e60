//! A control plane that its owner moves: it is waited for, and nothing is done about it.

use super::control_plane::is_past;
use super::turn::Turn;
use crate::cluster_upgrade::problem::Stop;
use crate::cluster_upgrade::wait::On;

pub(super) fn step(turn: &mut Turn<'_>) {
    let to = turn.minor();
    let Some(seen) = turn.control_plane() else { return };
    if seen.minor == to {
        return turn.pass();
    }
    if is_past(turn, seen.minor) {
        return turn.stop(Stop::MovedOn { minor: seen.minor });
    }
    if !turn.is_begun() {
        return;
    }
    let version = seen.version.clone();
    turn.wait(On::ControlPlaneByOwner { version, to }, turn.upgrade.present().began_at);
    turn.is_paused();
}
