//! The policy, one page: what each kind of step does next.
//!
//! [`decide`] is total and pure. A step never calls another; what they share is the [`turn`](Turn).

mod add_ons;
mod cancel;
mod check;
mod control_plane;
mod done;
mod fargate;
mod gate;
mod node_groups;
mod own_add_ons;
mod own_control_plane;
mod turn;

use jiff::Timestamp;

use super::decision::Decision;
use super::observed::Observation;
use super::plan::What;
use super::progress::Upgrade;
use super::wait::On;
use crate::observed::Read;

pub use check::findings;

use turn::Turn;

/// Decides what `upgrade` does next in the cluster as `seen` at `now`.
///
/// The present step takes its turn, and the next one at once when it is over.
pub fn decide(upgrade: &Upgrade, seen: &Observation, now: Timestamp) -> Decision {
    let mut turn = Turn::new(upgrade, seen, now);
    if upgrade.end().is_some() {
        return turn.finish();
    }
    // Of a cluster that is gone nothing can be read any more; where nothing is under way, nothing has to be.
    if upgrade.cancelled_at().is_some() && (upgrade.present().began_at.is_none() || upgrade.is_at_gate()) {
        cancel::step(&mut turn);
        return turn.finish();
    }
    match &seen.read {
        Read::Fresh if seen.control_plane.is_some() => {}
        Read::Fresh | Read::Never => {
            turn.wait(On::Reading { why: "nothing was seen yet".to_owned() }, None);
            return turn.finish();
        }
        Read::Unreadable { since, why } => {
            turn.wait(On::Reading { why: why.clone() }, Some(*since));
            return turn.finish();
        }
    }
    if upgrade.cancelled_at().is_some() {
        cancel::step(&mut turn);
        return turn.finish();
    }
    loop {
        let at = turn.upgrade.at();
        if turn.is_stopped() {
            return turn.finish();
        }
        match turn.what() {
            None => done::step(&mut turn),
            Some(What::Gate) => gate::step(&mut turn),
            Some(What::Check) => check::step(&mut turn),
            Some(What::ControlPlane | What::RollBack) => control_plane::step(&mut turn),
            Some(What::OwnControlPlane) => own_control_plane::step(&mut turn),
            Some(What::AddOn(name)) => add_ons::step(&mut turn, &name),
            Some(What::OwnAddOn(name)) => own_add_ons::step(&mut turn, &name),
            Some(What::NodeGroup(name)) => node_groups::step(&mut turn, &name),
            Some(What::Fargate) => fargate::step(&mut turn),
        }
        if turn.upgrade.at() == at {
            return turn.finish();
        }
    }
}
