//! What stands beside an update from its first turn to its last and is not its own: somebody else who changes nodes,
//! and nodes that call themselves the group's.

use jiff::{SignedDuration, Timestamp};

use crate::node_group::problem::{Problem, first_few};
use crate::observed::{Node, Observation};

/// A node may be seen before its instance: the two sides are read one after the other, and the cloud's may be old.
const INSTANCE_FOLLOWS: SignedDuration = SignedDuration::from_mins(1);

/// What a person should know of who and what else is there.
pub fn beside(seen: &Observation, now: Timestamp) -> Vec<Problem> {
    let autoscalers = seen.autoscalers.iter().cloned().map(Problem::Autoscaler);
    autoscalers.chain(foreign_nodes(seen, now)).collect()
}

fn foreign_nodes(seen: &Observation, now: Timestamp) -> Option<Problem> {
    // A kubelet that fell silent is what an instance leaves that is gone; its node is deleted soon.
    let is_new = |node: &Node| node.ready_since.is_some_and(|since| since + INSTANCE_FOLLOWS > now);
    let found = seen.members.foreign_nodes().filter(|node| !node.unreachable && !is_new(node));
    let (nodes, count) = first_few(found.map(|node| node.name.clone()));
    (count > 0).then_some(Problem::NotInGroup { nodes, count })
}
