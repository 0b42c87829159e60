//! A drain by hand (`replank drain`): nodes that a person named are drained as an update drains them, and stay.
//!
//! The caller cordons the nodes first and leaves them cordoned, as `kubectl drain` does. A node that somebody uncordons
//! meanwhile is cordoned again before anything else leaves it; otherwise its pods would come back and move twice.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::context::Context;
use super::drain::{self, Left};
use crate::action::{Action, ActionKey, ClusterAction};
use crate::names::{NodeName, ObjectName};
use crate::node_group::decision::Decision;
use crate::node_group::spec::Limits;
use crate::node_group::wait::{On, Side, Wait};
use crate::observed::{Answer, Attempt, Observation, Pod, Touch};
use crate::pod_rules::PodRules;
use crate::safety::budget::{Verdict, check};
use crate::safety::disposition::{Disposition, disposition};

/// What a person asked to be drained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evacuation {
    /// The nodes, each with the start of its drain and the time limit of it, if it has one.
    pub nodes: BTreeMap<NodeName, (Timestamp, Option<Timestamp>)>,
    /// Which pods it may lose.
    pub rules: PodRules,
    /// Pauses between tries. [`Limits::drain`] is not used: each node has its own time limit.
    pub limits: Limits,
}

/// One step of an evacuation: what to do next and what is left.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evacuated {
    /// Actions to perform, in order.
    pub act: Vec<ClusterAction>,
    /// Everything that is waited for.
    pub waits: Vec<Wait>,
    /// When to decide again at the latest; `None` when only a change brings news.
    pub wake_at: Option<Timestamp>,
    /// Number of pods that have to leave, by node. A node with none that takes no new pods is drained. At least one
    /// while the cluster cannot be read.
    pub left: BTreeMap<NodeName, usize>,
    /// Nodes that take new pods: not seen cordoned yet, or uncordoned by somebody.
    pub open: BTreeSet<NodeName>,
    /// Pods that came back after they had left because they tolerate the cordon. They are not waited for (`kubectl
    /// drain`: only pods that it lists at its start have to leave).
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

    /// Whether nothing has to leave the node any more and it is cordoned. True for nodes that were not asked for.
    pub fn is_drained(&self, node: &NodeName) -> bool {
        self.left.get(node).is_none_or(|left| *left == 0) && !self.open.contains(node)
    }
}

/// Decides the next step of an evacuation from what was seen at `now`. Only the Kubernetes side is looked at.
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
    charge_sent(&mut context, evacuation);
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

/// Charges the budgets of pods on these nodes whose evictions are sent, before any other: the server has taken or is about
/// to take a disruption for each, and what was seen of the budgets may be from before.
fn charge_sent(context: &mut Context<'_>, evacuation: &Evacuation) {
    let seen = context.seen;
    for pod in evacuation.nodes.keys().flat_map(|node| seen.pods.on_node(node)) {
        if let Verdict::Charges(budget) = check(pod, &seen.pods)
            && is_sent(context, pod)
        {
            *context.spent.entry(budget.name.clone()).or_default() += 1;
            context.sent.insert(pod.uid);
        }
    }
}

/// Whether an eviction of the pod is under way, or was taken so recently that it may not be seen yet.
fn is_sent(context: &Context<'_>, pod: &Pod) -> bool {
    let key = ActionKey::Evict(pod.uid);
    let is_new = |attempt: &Attempt| {
        attempt.answer == Answer::Done && context.now < attempt.at + context.limits().act_again
    };
    context.seen.under_way.contains(&key) || context.seen.answers.get(&key).is_some_and(is_new)
}

/// Cordons a node that takes new pods again and adds a wait that says who uncordoned it, if that is known. Whether the
/// node takes new pods.
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
