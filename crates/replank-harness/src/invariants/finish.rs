//! The end of an update: no marks are left, the sizes are the original ones or the record says why not, and an
//! update that does not end names what it waits for.

use replank_core::node_group::problem::Outcome;
use replank_core::node_group::rollout::Rollout;
use replank_core::sizes::Sizes;

use super::{Invariant, InvariantChecker, outside};
use replank_world::object::Node;
use replank_world::world::World;

const NODEGROUP: &str = "eks.amazonaws.com/nodegroup";
const IMAGE: &str = "eks.amazonaws.com/nodegroup-image";
const MARKS: &str = "replank.dev/marks";

/// The state of an update when nothing more happens.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// The update as its recorded facts tell.
    pub rollout: &'a Rollout,
    /// Whether its last decision named neither a wait nor a problem.
    pub is_silent: bool,
    /// The sizes of the group.
    pub sizes: Sizes,
}

impl InvariantChecker {
    /// Checks the end of an update.
    pub fn end(&mut self, world: &World, end: &End<'_>) {
        let Some(over) = end.rollout.end() else {
            if end.is_silent {
                self.violation(
                    world.now,
                    Invariant::Silence,
                    "the update stands still and names no wait".into(),
                );
            }
            return;
        };
        let ours: Vec<&Node> = world
            .store
            .nodes
            .iter()
            .map(|(_, node)| node)
            .filter(|node| outside::belongs(&self.case, world, node) && stands(world, node))
            .collect();
        for node in &ours {
            if let Some(mark) = mark(node) {
                let words = format!("node {} still has {mark}", node.meta.name);
                self.violation(world.now, Invariant::Marks, words);
            }
        }
        if over.outcome == Outcome::Succeeded {
            let old = |node: &&&Node| {
                let labels = world.store.labels.get(node.meta.labels);
                labels.get(IMAGE).is_none_or(|image| **image != *self.case.image)
            };
            let old: Vec<String> = ours.iter().filter(old).map(|node| node.meta.name.to_string()).collect();
            if !old.is_empty() {
                let words = format!("the update succeeded and left old nodes: {}", old.join(", "));
                self.violation(world.now, Invariant::Old, words);
            }
        }
        let recorded = self.case.meddled || over.unrestored.is_some() || over.kept.is_some();
        if !recorded && end.sizes != self.case.home {
            let words = format!("sizes are {}, were {}", show(end.sizes), show(self.case.home));
            self.violation(world.now, Invariant::Home, words);
        }
    }
}

/// Whether the instance of a node still exists; node objects outlive it for a moment.
fn stands(world: &World, node: &Node) -> bool {
    world.cloud.find(&node.instance).is_some_and(|number| world.cloud.instance(number).stands())
}

/// A mark on a node that only an update sets.
fn mark(node: &Node) -> Option<String> {
    if node.taints.iter().any(|taint| &*taint.key == NODEGROUP && &*taint.value == "unschedulable") {
        return Some("the guard taint".into());
    }
    node.meta.annotations.get(MARKS).map(|marks| format!("the marks `{marks}`"))
}

fn show(sizes: Sizes) -> String {
    format!("{}/{}/{}", sizes.min, sizes.desired, sizes.max)
}
