//! Raising the sizes of the group.

use super::turn::Turn;
use crate::action::{ActionKey, CloudAction};
use crate::node_group::problem::{FailureCode, Why};
use crate::node_group::wait::On;
use crate::observed::Group;
use crate::sizes::Sizes;

/// `from` with desired and maximum raised by the same number (EKS).
pub(super) fn raised(from: Sizes, by: u32) -> Sizes {
    Sizes { min: from.min, desired: from.desired + by, max: from.max.max(from.desired) + by }
}

/// Asks for the sizes. Whether the group has them; one that somebody made larger has them too. A permanent refusal
/// fails the update.
pub(super) fn sized(turn: &mut Turn<'_>, group: &Group, asked: Sizes) -> bool {
    if group.sizes.desired >= asked.desired {
        return true;
    }
    if let Some(message) = turn.refused_for_good(&ActionKey::SetSizes) {
        let resources = vec![turn.rollout.spec.group.to_string()];
        let why = Why::Refused { act: "raise the sizes of the scaling group".into(), message };
        turn.fail(FailureCode::NodeCreationFailure, why, resources);
        return false;
    }
    let from = group.sizes;
    let to = Sizes { min: from.min, desired: asked.desired, max: from.max.max(asked.max) };
    turn.ask(CloudAction::SetSizes { from, to });
    turn.wait_all(On::SizesTaken, None);
    false
}
