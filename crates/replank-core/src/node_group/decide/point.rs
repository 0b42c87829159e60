//! Which launch template version the scaling group launches from.

use super::turn::Turn;
use crate::action::{ActionKey, CloudAction};
use crate::node_group::problem::{FailureCode, Why};
use crate::node_group::wait::On;
use crate::observed::Group;

/// Asks the group to launch from `version`. Whether it does already; a permanent refusal fails the update.
pub(super) fn at(turn: &mut Turn<'_>, group: &Group, version: u64) -> bool {
    if group.version == version {
        return true;
    }
    if let Some(message) = turn.refused_for_good(&ActionKey::PointGroup) {
        let why = Why::Refused { act: "point the scaling group at the template version".into(), message };
        turn.fail(FailureCode::Unknown, why, vec![group.template.to_string()]);
        return false;
    }
    turn.ask(CloudAction::PointGroup { from: group.version, to: version });
    turn.wait_all(On::GroupPointed, None);
    false
}
