//! A drain by hand: nodes that a person named, drained as an update drains them, and nothing else.
//!
//! Whoever asks cordons the nodes first and leaves them cordoned, as `kubectl drain` does.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::desk::Desk;
use super::drain::{self, Left};
use crate::decision::Decision;
use crate::names::NodeName;
use crate::observed::Observation;
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
}

/// Decides what an evacuation does next in the cluster as `seen` at `now`. The cloud is not looked at.
pub fn evacuate(evacuation: &Evacuation, seen: &Observation, now: Timestamp) -> Evacuated {
    let mut desk = Desk::new(seen, now, evacuation.rules, evacuation.limits);
    let moves =
        |node| seen.pods.on_node(node).filter(|pod| fate(pod, &evacuation.rules) != Fate::Stays).count();
    let mut left: BTreeMap<NodeName, usize> =
        evacuation.nodes.keys().map(|node| (node.clone(), moves(node))).collect();
    if desk.is_blind_to(Side::Cluster) {
        // What was seen before may be gone or be back: nothing counts as drained.
        left.values_mut().for_each(|count| *count = (*count).max(1));
        return Evacuated { decision: desk.decision, left };
    }
    for (node, (since, until)) in &evacuation.nodes {
        match drain::step(&mut desk, node, *since, *until) {
            Left::Nothing | Left::Pods | Left::Unreachable => {}
        }
    }
    Evacuated { decision: desk.decision, left }
}
