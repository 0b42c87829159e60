//! After a cancel: what is under way ends first. A control plane and an add-on of the service cannot be stopped, a child
//! can, and an add-on of its owner is put back.

use super::turn::Turn;
use crate::cluster_upgrade::decision::Action;
use crate::cluster_upgrade::event::Fact;
use crate::cluster_upgrade::observed::{Stands, Work};
use crate::cluster_upgrade::plan::What;
use crate::cluster_upgrade::problem::Outcome;
use crate::cluster_upgrade::wait::On;

pub(super) fn step(turn: &mut Turn<'_>) {
    let since = turn.upgrade.cancelled_at();
    if let Some(Work { update, stands: Stands::Running(_) }) = turn.work() {
        let update = update.clone();
        match turn.what() {
            Some(What::NodeGroup(group)) if turn.upgrade.spec().is_of_service(&group) => {
                return turn.wait(On::ChildEnding { group, update }, since);
            }
            Some(What::NodeGroup(group)) => {
                turn.act(Action::CancelChild { update: update.clone() });
                return turn.wait(On::ChildEnding { group, update }, since);
            }
            Some(What::ControlPlane | What::RollBack) => {
                return turn.wait(On::ControlPlane { to: turn.minor(), update: Some(update) }, since);
            }
            Some(What::AddOn(add_on)) => {
                let offered = turn.seen.add_ons.get(&add_on).and_then(|it| it.offered.get(&turn.minor()));
                let version = offered.map_or(String::new(), |offered| offered.default.clone());
                return turn.wait(On::AddOn { add_on, version, update: Some(update) }, since);
            }
            Some(What::OwnAddOn(add_on)) => {
                let why = "the upgrade was cancelled".to_owned();
                turn.act(Action::UndoOwnAddOn { add_on: add_on.clone(), why: why.clone() });
                return turn.wait(On::OwnAddOn { add_on, version: String::new(), why }, since);
            }
            Some(What::Gate | What::Check | What::OwnControlPlane | What::Fargate) | None => {}
        }
    }
    turn.note(Fact::Finished { outcome: Outcome::Cancelled });
}
