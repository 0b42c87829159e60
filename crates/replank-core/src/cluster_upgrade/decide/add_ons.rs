//! An add-on: to the version that the service takes for the minor, unless it is there or ahead of it.

use super::turn::Turn;
use crate::cluster_upgrade::decision::Action;
use crate::cluster_upgrade::observed::{AddOn, Offered, Stands, State, Work};
use crate::cluster_upgrade::problem::Stop;
use crate::cluster_upgrade::wait::On;
use crate::names::AddOnName;

pub(super) fn step(turn: &mut Turn<'_>, name: &AddOnName) {
    let Some((add_on, offered)) = offered(turn, name) else { return };
    let is_running = matches!(turn.work(), Some(Work { stands: Stands::Running(_), .. }));
    if !is_running && is_there(&add_on.version, offered) {
        return turn.pass();
    }
    if turn.is_spoilt() {
        return;
    }
    let busy = turn.control_plane().filter(|seen| seen.state != State::AtRest);
    if let Some(seen) = busy.filter(|_| !turn.has_begun()) {
        return turn.wait(On::ClusterBusy { state: seen.state.clone() }, None);
    }
    if !turn.is_begun() {
        return;
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

/// The add-on and what is offered for the minor of the step. Passes the step of one that was removed meanwhile, which is
/// nobody's to move, and stops it where nothing is offered.
pub(super) fn offered<'a>(turn: &mut Turn<'a>, name: &AddOnName) -> Option<(&'a AddOn, &'a Offered)> {
    let (seen, minor) = (turn.seen, turn.minor());
    let Some(add_on) = seen.add_ons.get(name) else {
        turn.pass();
        return None;
    };
    let offered = add_on.offered.get(&minor).filter(|offered| !offered.default.is_empty());
    if offered.is_none() {
        turn.stop(Stop::NoAddOnVersion { add_on: name.clone(), minor });
    }
    Some((add_on, offered?))
}

/// Whether a version is the one that the service takes, or a later one for the same minor, which somebody chose.
pub(super) fn is_there(version: &str, offered: &Offered) -> bool {
    let place = |wanted: &str| offered.versions.iter().position(|version| version == wanted);
    version == offered.default
        || place(version).zip(place(&offered.default)).is_some_and(|(is, least)| is >= least)
}
