//! Only old nodes get the guard taint.

use replank_core::action::MarkNode;

use super::{Case, Invariant, Objection};
use replank_world::world::World;

const IMAGE: &str = "eks.amazonaws.com/nodegroup-image";

pub(super) fn judge(case: &Case, world: &World, mark: &MarkNode) -> Objection {
    if mark.marks.guard != Some(true) {
        return None;
    }
    let node = world.store.nodes.find("", mark.node.as_str()).and_then(|id| world.store.nodes.get(id))?;
    let image = world.store.labels.get(node.meta.labels).get(IMAGE)?;
    (**image == *case.image)
        .then(|| (Invariant::Guard, format!("node {} runs the target and was guarded", mark.node)))
}
