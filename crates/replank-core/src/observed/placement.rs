//! Where the pods of a node would go if it left: the scheduler's answer on the cluster as seen, asked for by one
//! decision and read by the next.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::names::{NodeName, ObjectName, Zone};

/// What would become of the pods of a node, and of volumes in its zone, without the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Every pod that would move finds a node.
    Found,
    /// A pod finds no node.
    Lacking {
        /// Namespace and name at the time of asking.
        pod: ObjectName,
        /// Number of further pods of the node that find none.
        more_pods: u32,
        /// The scheduler's message about the pod.
        message: Arc<str>,
    },
    /// It is the last schedulable node of the cluster in a zone to which volumes are bound.
    Stranded {
        /// Zone of the node and of the volumes.
        zone: Zone,
        /// One of the claims whose volumes are there.
        claim: ObjectName,
        /// Number of further claims with volumes there.
        more_claims: u32,
    },
    /// The question could not be answered; with the reason.
    CannotTell(String),
}

/// The last answer about a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// When the first of the latest answers came that agree on whether there is a place.
    pub since: Timestamp,
    /// When the last answer came.
    pub at: Timestamp,
    /// The last answer.
    pub placement: Placement,
}

/// Recent answers by node. Not kept over restarts; they are asked for again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Placements {
    by_node: BTreeMap<NodeName, Placed>,
}

/// How long an answer is kept; pods and nodes have changed by then.
const AGE: SignedDuration = SignedDuration::from_mins(10);

impl Placements {
    /// Keeps the answer given at `at`. [`Placed::since`] stays the same while answers agree on whether there is a
    /// place, whichever pod they name.
    pub fn put(&mut self, node: NodeName, placement: Placement, at: Timestamp) {
        let found = placement == Placement::Found;
        let before = self.by_node.get(&node);
        let since = before.filter(|last| (last.placement == Placement::Found) == found);
        let since = since.map_or(at, |last| last.since);
        self.by_node.retain(|_, last| at.duration_since(last.at) <= AGE);
        self.by_node.insert(node, Placed { since, at, placement });
    }

    /// The last answer about `node`.
    pub fn get(&self, node: &NodeName) -> Option<&Placed> {
        self.by_node.get(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_answers_that_keep_the_node_lasts_until_one_lets_it_go() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let node = NodeName::new("n1");
        let lacking = |pod: &str| Placement::Lacking {
            pod: ObjectName::new("shop", pod),
            more_pods: 0,
            message: "0/3 nodes are available".into(),
        };
        let mut placements = Placements::default();
        placements.put(node.clone(), lacking("a"), at(0));
        placements.put(node.clone(), lacking("b"), at(60));
        assert_eq!(placements.get(&node).map(|last| (last.since, last.at)), Some((at(0), at(60))));
        placements.put(node.clone(), Placement::Found, at(120));
        assert_eq!(placements.get(&node).map(|last| last.since), Some(at(120)));
        placements.put(NodeName::new("n2"), Placement::Found, at(1000));
        assert_eq!(placements.get(&node), None, "forgotten");
    }
}
