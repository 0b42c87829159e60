//! A drain by hand: nodes that a person named, drained as an update drains them, and nothing else.
//!
//! Whoever asks cordons the nodes first and leaves them cordoned, as `kubectl drain` does. One that somebody opens
//! meanwhile is cordoned again before anything else leaves it: what left would be back, and what runs there moved twice.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::context::Context;
use super::drain::{self, Left};
use crate::action::{Action, ClusterAction};
use crate::names::{NodeName, ObjectName};
use crate::node_group::decision::Decision;
use crate::node_group::spec::Limits;
use crate::node_group::wait::{On, Side, Wait};
use crate::observed::{Observation, Pod, Touch};
use crate::pod_rules::PodRules;
use crate::safety::disposition::{Disposition, disposition};

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
    /// What to do next, in order.
    pub act: Vec<ClusterAction>,
    /// What is waited for.
    pub waits: Vec<Wait>,
    /// When to decide again at the latest.
    pub wake_at: Option<Timestamp>,
    /// How many pods have to leave, by node; a node that has none and takes no new ones is drained.
    pub left: BTreeMap<NodeName, usize>,
    /// Nodes that take new pods: not seen cordoned yet, or opened by somebody.
    pub open: BTreeSet<NodeName>,
    /// Pods that came back to a node after they had left it, because no cordon keeps them off; nobody waits for those
    /// (kubectl drain: only pods that it found at its start have to go).
    pub returned: BTreeMap<NodeName, Vec<ObjectName>>,
}

impl Evacuated {
    fn of(
        Decision { act, waits, wake_at, .. }: Decision,
        left: BTreeMap<NodeName, usize>,
        open: BTreeSet<NodeName>,
        returned: BTreeMap<NodeName, Vec<ObjectName>>,
    ) -> Self {
        let on_cluster = |action| match action {
            Action::Cluster(action) => Some(action),
            Action::Cloud(_) => None,
        };
        Self { act: act.into_iter().filter_map(on_cluster).collect(), waits, wake_at, left, open, returned }
    }

    /// Whether nothing has to leave the node any more and nothing new comes to it.
    pub fn is_drained(&self, node: &NodeName) -> bool {
        self.left.get(node).is_none_or(|left| *left == 0) && !self.open.contains(node)
    }
}

/// Decides what an evacuation does next in the cluster as `seen` at `now`. The cloud is not looked at.
pub fn evacuate(evacuation: &Evacuation, seen: &Observation, now: Timestamp) -> Evacuated {
    let mut context = Context::new(seen, now, evacuation.rules, evacuation.limits);
    let (mut left, mut returned, mut open) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
    for (node, (since, _)) in &evacuation.nodes {
        let moves =
            seen.pods.on_node(node).filter(|pod| disposition(pod, &evacuation.rules) != Disposition::Stays);
        let (back, leaves): (Vec<&Pod>, Vec<&Pod>) = moves.partition(|pod| drain::comes_back(pod, *since));
        left.insert(node.clone(), leaves.len());
        if !back.is_empty() {
            returned.insert(node.clone(), back.into_iter().map(|pod| pod.name.clone()).collect());
        }
    }
    if context.is_blind_to(Side::Cluster) {
        // What was seen before may be gone or be back: nothing counts as drained.
        left.values_mut().for_each(|count| *count = (*count).max(1));
        return Evacuated::of(context.decision, left, open, returned);
    }
    for (node, (since, until)) in &evacuation.nodes {
        if is_opened(&mut context, node, *since, *until) {
            open.insert(node.clone());
        } else if left.get(node).is_some_and(|left| *left > 0) {
            match drain::step(&mut context, node, *since, *until) {
                Left::Nothing | Left::Pods | Left::Unreachable => {}
            }
        }
    }
    Evacuated::of(context.decision, left, open, returned)
}

/// Closes a node that takes new pods, and names who opened it as far as the cluster tells. Answers whether it is open.
fn is_opened(context: &mut Context<'_>, name: &NodeName, since: Timestamp, until: Option<Timestamp>) -> bool {
    let Some(node) = context.seen.members.node(name).filter(|node| !node.cordoned) else { return false };
    // A node that was never seen cordoned shows nobody who opened it.
    let (on, since) = match &node.cordon_touch {
        Touch { by: None, at: None } => (On::Cordon, Some(since)),
        Touch { by, at } => (On::Uncordoned { by: by.clone() }, *at),
    };
    context.wait(Wait { node: Some(name.clone()), on, since, again: None, until });
    if until.is_none_or(|until| context.now < until) {
        context.ask(ClusterAction::Cordon { node: name.clone(), uid: node.uid });
    }
    true
}
