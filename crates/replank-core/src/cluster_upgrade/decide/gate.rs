//! A gate: a person says that it may go on, and reads before what the check of the cluster finds now.

use super::check::blocking;
use super::turn::Turn;
use crate::cluster_upgrade::plan::What;
use crate::cluster_upgrade::wait::{Finding, On};

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
    match turn.checked() {
        Some(checked) => {
            turn.tell_breaking(checked);
            let found: Vec<_> = blocking(turn.upgrade.spec(), turn.seen, turn.minor()).cloned().collect();
            for finding in found {
                turn.wait_for_a_person(On::Finding(Finding::Blocks(finding)), since);
            }
        }
        None => turn.look_soon(),
    }
    turn.is_paused();
}
