//! No plain delete of a pod without force, and none before its node had the whole polite time.

use replank_core::action::PodId;

use super::{Court, Law, Objection, pod};
use crate::time::Span;
use crate::world::World;

/// The polite time begins when a node is picked; its cordon may be asked for a moment later.
const MARKS_TAKE: Span = Span::secs(30);

pub(super) fn judge(court: &Court, world: &World, id: &PodId) -> Objection {
    let name = &id.name;
    if !court.case.force {
        return Some((Law::Delete, format!("pod {name} was deleted without force")));
    }
    let node = pod::node_of(world, id)?;
    let polite = Span(Span::from(court.case.drain).0 - MARKS_TAKE.0);
    let since = court.cordoned_at.get(&node).copied();
    if since.is_none_or(|since| world.now - since < polite) {
        return Some((Law::Delete, format!("pod {name} was deleted before node {node} had its polite time")));
    }
    None
}
