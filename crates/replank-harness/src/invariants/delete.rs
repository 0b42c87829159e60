//! No plain deletion of a pod without force, and none before its node was drained for the drain limit and the
//! pod's eviction was tried.

use replank_core::action::PodId;

use super::{Invariant, InvariantChecker, Objection, pod};
use replank_world::time::Span;
use replank_world::world::World;

/// The drain limit begins when a node is picked; its cordon may follow this much later.
const MARKS_TAKE: Span = Span::secs(30);

pub(super) fn judge(checker: &InvariantChecker, world: &World, id: &PodId) -> Objection {
    let name = &id.name;
    if !checker.case.force {
        return Some((Invariant::Delete, format!("pod {name} was deleted without force")));
    }
    let node = &pod::node(world, id)?.meta.name;
    let polite = Span(Span::from(checker.case.drain).0 - MARKS_TAKE.0);
    let closed_at = checker.drains.get(&**node).and_then(|drain| drain.closed_at);
    let Some(closed_at) = closed_at.filter(|since| world.now - *since >= polite) else {
        return Some((
            Invariant::Delete,
            format!("pod {name} was deleted before node {node} had its polite time"),
        ));
    };
    // What came to a closed node comes back however often it is asked to leave.
    let is_back = pod::find(world, id)?.meta.created_at > closed_at;
    (!is_back && !checker.asked.contains(&id.uid))
        .then(|| (Invariant::Delete, format!("pod {name} was deleted and never asked to leave politely")))
}
