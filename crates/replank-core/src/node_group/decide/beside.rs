//! Problems that have nothing to do with the phase an update is in: autoscalers in the cluster, and nodes that carry
//! the group's label without being in the group.

use jiff::{SignedDuration, Timestamp};

use crate::node_group::problem::{Problem, first_few};
use crate::observed::{Node, Observation};

/// How long a Node may be Ready before its instance is seen: the two sides are read separately, and the cloud's list
/// may lag.
const INSTANCE_FOLLOWS: SignedDuration = SignedDuration::from_mins(1);

/// The problems to show next to an update, autoscalers first.
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
