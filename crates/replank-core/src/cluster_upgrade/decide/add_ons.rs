//! An add-on: to the version that the service takes for the minor, unless it is there or ahead of it.

use super::turn::Turn;
use crate::cluster_upgrade::decision::Action;
use crate::cluster_upgrade::observed::{Offered, Stands, State, Work};
use crate::cluster_upgrade::problem::Stop;
use crate::cluster_upgrade::wait::On;
use crate::names::AddOnName;

pub(super) fn step(turn: &mut Turn<'_>, name: &AddOnName) {
    let minor = turn.minor();
    // One that was removed meanwhile is nobody's to move.
    let Some(add_on) = turn.seen.add_ons.get(name) else { return turn.pass() };
    let offered = add_on.offered.get(&minor).filter(|offered| !offered.default.is_empty());
    let Some(offered) = offered else {
        return turn.stop(Stop::NoAddOnVersion { add_on: name.clone(), minor });
    };
    let is_running = matches!(turn.work(), Some(Work { stands: Stands::Running(_), .. }));
    if !is_running && is_there(&add_on.version, offered) {
        return turn.pass();
    }
    if turn.is_spoilt() {
        return;
    }
    if !turn.has_begun() {
        if let Some(seen) = turn.control_plane().filter(|seen| seen.state != State::AtRest) {
            return turn.wait(On::ClusterBusy { state: seen.state.clone() }, None);
        }
        if turn.is_paused() {
            return;
        }
        turn.begin();
    }
    let (version, update) = (offered.default.clone(), turn.work().map(|work| work.update.clone()));
    if update.is_none() {
        turn.act(Action::StartAddOn { add_on: name.clone(), version: version.clone() });
    }
    let limit = turn.upgrade.spec().limits.add_on;
    let (since, until) = (turn.upgrade.present().began_at, turn.deadline(limit));
    turn.wait_until(On::AddOn { add_on: name.clone(), version, update }, since, until);
    turn.is_paused();
}

/// Whether a version is the one that the service takes, or a later one for the same minor, which somebody chose.
pub(super) fn is_there(version: &str, offered: &Offered) -> bool {
    let place = |wanted: &str| offered.versions.iter().position(|version| version == wanted);
    version == offered.default
        || place(version).zip(place(&offered.default)).is_some_and(|(is, least)| is >= least)
}
