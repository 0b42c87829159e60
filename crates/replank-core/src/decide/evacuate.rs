//! A drain by hand: nodes that a person named, drained as an update drains them, and nothing else.
//!
//! Whoever asks cordons the nodes first and leaves them cordoned, as `kubectl drain` does.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::desk::Desk;
use super::drain::{self, Left};
use crate::decision::Decision;
use crate::names::{NodeName, ObjectName};
use crate::observed::{Observation, Pod};
use crate::safety::fate::{Fate, fate};
use crate::spec::{Limits, PodRules};
use crate::wait::Side;

/// What a person asked to be drained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evacuation {
    /// The nodes, each with when its drain began and when patience with it ends, if ever.
    pub nodes: BTreeMap<NodeName, (Timestamp, Option<Timestamp>)>,
    /// What happens to pods that lose something by it.
    pub rules: PodRules,
    /// Pauses between tries. The drain limit is that of each node.
    pub limits: Limits,
}

/// What is left of an evacuation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evacuated {
    /// What to do next, and what is waited for.
    pub decision: Decision,
    /// How many pods have to leave, by node; a node that has none is drained.
    pub left: BTreeMap<NodeName, usize>,
    /// Pods that came back to a node after they had left it, because no cordon keeps them off; nobody waits for those
    /// (kubectl drain: only pods that it found at its start have to go).
    pub returned: BTreeMap<NodeName, Vec<ObjectName>>,
}

/// Decides what an evacuation does next in the cluster as `seen` at `now`. The cloud is not looked at.
pub fn evacuate(evacuation: &Evacuation, seen: &Observation, now: Timestamp) -> Evacuated {
    let mut desk = Desk::new(seen, now, evacuation.rules, evacuation.limits);
    let (mut left, mut returned) = (BTreeMap::new(), BTreeMap::new());
    for (node, (since, _)) in &evacuation.nodes {
        let moves = seen.pods.on_node(node).filter(|pod| fate(pod, &evacuation.rules) != Fate::Stays);
        let (back, leaves): (Vec<&Pod>, Vec<&Pod>) = moves.partition(|pod| drain::comes_back(pod, *since));
        left.insert(node.clone(), leaves.len());
        if !back.is_empty() {
            returned.insert(node.clone(), back.into_iter().map(|pod| pod.name.clone()).collect());
        }
    }
    if desk.is_blind_to(Side::Cluster) {
        // What was seen before may be gone or be back: nothing counts as drained.
        left.values_mut().for_each(|count| *count = (*count).max(1));
        return Evacuated { decision: desk.decision, left, returned };
    }
    let waited_for =
        evacuation.nodes.iter().filter(|(node, _)| left.get(*node).is_some_and(|left| *left > 0));
    for (node, (since, until)) in waited_for {
        match drain::step(&mut desk, node, *since, *until) {
            Left::Nothing | Left::Pods | Left::Unreachable => {}
        }
    }
    Evacuated { decision: desk.decision, left, returned }
}
