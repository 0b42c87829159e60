//! A gate: a person says that it may go on.

use super::turn::Turn;
use crate::cluster_upgrade::plan::What;
use crate::cluster_upgrade::wait::On;

pub(super) fn step(turn: &mut Turn<'_>) {
    if !turn.has_begun() {
        turn.begin();
    }
    // What comes first is the check, which changes nothing: the step behind it is what a person lets happen.
    let behind = turn.upgrade.steps().iter().skip(turn.upgrade.at() as usize + 1);
    let next = behind.map(|step| step.what.clone()).find(|what| *what != What::Check);
    let on = On::Gate { next: next.unwrap_or(What::Check), minor: turn.minor() };
    let since = turn.upgrade.present().began_at;
    turn.wait_for_a_person(on, since);
    turn.is_paused();
}
