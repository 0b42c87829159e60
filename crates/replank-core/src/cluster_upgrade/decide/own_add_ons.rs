//! An add-on that is its owner's: its objects are put as its version wants them, and put back when its pods do not follow in
//! time.

use super::add_ons::{is_there, offered};
use super::turn::Turn;
use crate::cluster_upgrade::decision::Action;
use crate::cluster_upgrade::observed::{Stands, Work};
use crate::cluster_upgrade::wait::On;
use crate::names::AddOnName;

pub(super) fn step(turn: &mut Turn<'_>, name: &AddOnName) {
    let Some((add_on, offered)) = offered(turn, name) else { return };
    let minor = turn.minor();
    let (add_on_name, version) = (name.clone(), offered.default.clone());
    match turn.work() {
        Some(Work { stands: Stands::Succeeded, .. }) => return turn.pass(),
        None if is_there(&add_on.version, offered) => return turn.pass(),
        Some(_) | None => {}
    }
    if turn.is_spoilt() {
        return;
    }
    if !turn.is_begun() {
        return;
    }
    let Some(rollout) = add_on.rollout.as_ref().filter(|_| turn.work().is_some()) else {
        turn.act(Action::StartOwnAddOn { add_on: add_on_name.clone(), version: version.clone(), to: minor });
        let on = On::OwnAddOn { add_on: add_on_name, version, why: String::new() };
        return turn.wait(on, turn.upgrade.present().began_at);
    };
    let until = rollout.since + turn.upgrade.spec().limits.rollout;
    if rollout.is_given_up || turn.now >= until {
        turn.act(Action::UndoOwnAddOn { add_on: add_on_name.clone(), why: rollout.why.clone() });
    }
    let on = On::OwnAddOn { add_on: add_on_name, version, why: rollout.why.clone() };
    turn.wait_until(on, Some(rollout.since), Some(until));
    turn.is_paused();
}
