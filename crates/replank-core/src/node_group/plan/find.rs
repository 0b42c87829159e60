//! Findings that need no projection: what the pods on old nodes and the rest of the cluster show by themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::{About, Finding};
use crate::names::Uid;
use crate::node_group::decide;
use crate::node_group::problem::{Problem, first_few};
use crate::node_group::spec::Spec;
use crate::observed::{Node, Observation, OwnerKind, Pod, PodPhase};
use crate::safety::budget::{Verdict, check};
use crate::safety::disposition::{Disposition, disposition};

/// Findings of every pod on an old node, sorted. `homeless` are pods that no node would take, with the scheduler's
/// message.
pub fn findings(spec: &Spec, seen: &Observation, homeless: &BTreeMap<Uid, Arc<str>>) -> Vec<Finding> {
    let mut found = BTreeSet::new();
    for node in old_nodes(spec, seen) {
        for pod in seen.pods.on_node(&node.name) {
            for about in about(spec, seen, pod, homeless.get(&pod.uid)) {
                let owner = pod.owner.as_ref().map(|owner| owner.place(&pod.name.namespace));
                found.insert(Finding { pod: pod.name.clone(), node: node.name.clone(), about, owner });
            }
        }
    }
    found.into_iter().collect()
}

/// Problems to show next to a plan: those a running update shows too, and pods that ask autoscalers to leave their
/// node alone.
pub fn beside(spec: &Spec, seen: &Observation, now: Timestamp) -> Vec<Problem> {
    let pods = old_nodes(spec, seen).flat_map(|node| seen.pods.on_node(&node.name));
    let keeps = |pod: &&Pod| pod.keeps_node && !pod.finished() && pod.deleting.is_none();
    let (pods, count) = first_few(pods.filter(keeps).map(|pod| pod.name.clone()));
    let mut found = decide::beside(seen, now);
    found.extend((count > 0).then_some(Problem::KeepNodes { pods, count }));
    found
}

/// The nodes whose template content is not the target's.
fn old_nodes<'a>(spec: &'a Spec, seen: &'a Observation) -> impl Iterator<Item = &'a Node> {
    let content = |version: u64| seen.group.as_ref().and_then(|group| group.versions.get(&version));
    let old = seen.members.of(move |class| content(class.version) != Some(&spec.target.content));
    old.filter_map(|id| seen.members.node_of(id))
}

fn about(spec: &Spec, seen: &Observation, pod: &Pod, no_place: Option<&Arc<str>>) -> Vec<About> {
    let mut found = Vec::new();
    if let Some(deleting) = &pod.deleting {
        if !deleting.finalizers.is_empty() {
            found.push(About::Hanging { finalizers: deleting.finalizers.to_vec() });
        }
        return found;
    }
    match disposition(pod, &spec.pods) {
        Disposition::Stays => return found,
        Disposition::Refused { loss } => return vec![About::LossRefused(loss)],
        Disposition::RunsOn { .. } => return vec![About::JobWaitedFor],
        Disposition::Leaves { loses } => found.extend(loses.map(About::Loses)),
    }
    match check(pod, &seen.pods) {
        Verdict::Many => found.push(About::ManyBudgets { budgets: pod.budgets.to_vec() }),
        Verdict::Charges(budget) => match &budget.sync_failed {
            Some(message) => {
                found.push(About::BudgetFailed { budget: budget.name.clone(), message: message.clone() });
            }
            None if budget.never_allows() => found.push(About::BudgetNever {
                budget: budget.name.clone(),
                rule: budget.rule.clone(),
                desired: budget.desired,
                expected: budget.expected,
            }),
            None => {}
        },
        Verdict::Free | Verdict::Unsynced(_) => {}
    }
    if pod.finished() {
        return found;
    }
    if pod.owner.as_ref().is_some_and(|owner| owner.kind == OwnerKind::Job) {
        found.push(About::JobInterrupted);
    }
    if pod.phase == PodPhase::Running && !pod.healthy() && !pod.budgets.is_empty() {
        found.push(About::NotReady);
    }
    found.extend(About::returns(pod.tolerates));
    found.extend(no_place.map(|message| About::NoPlace { message: message.clone() }));
    found
}
