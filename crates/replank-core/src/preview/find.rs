//! What can be told of the pods on old nodes by looking at them alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{About, Finding};
use crate::names::Uid;
use crate::observed::{Observation, OwnerKind, Pod, PodPhase};
use crate::safety::budget::{Verdict, judge};
use crate::safety::fate::{Fate, fate};
use crate::spec::Spec;

/// What is to be known of every pod on an old node, sorted.
pub fn findings(spec: &Spec, seen: &Observation, homeless: &BTreeMap<Uid, Arc<str>>) -> Vec<Finding> {
    let content = |version: u64| seen.group.as_ref().and_then(|group| group.versions.get(&version));
    let old = seen.fleet.of(|class| content(class.version) != Some(&spec.target.content));
    let nodes = old.filter_map(|id| seen.fleet.get(id)?.node.as_ref());
    let mut found = BTreeSet::new();
    for node in nodes {
        for pod in seen.pods.on_node(&node.name) {
            for about in about(spec, seen, pod, homeless.get(&pod.uid)) {
                found.insert(Finding { pod: pod.name.clone(), node: node.name.clone(), about });
            }
        }
    }
    found.into_iter().collect()
}

fn about(spec: &Spec, seen: &Observation, pod: &Pod, no_place: Option<&Arc<str>>) -> Vec<About> {
    let mut found = Vec::new();
    if let Some(deleting) = &pod.deleting {
        if !deleting.finalizers.is_empty() {
            found.push(About::Hanging { finalizers: deleting.finalizers.to_vec() });
        }
        return found;
    }
    match fate(pod, &spec.pods) {
        Fate::Stays => return found,
        Fate::Refused { loss } => return vec![About::LossRefused(loss)],
        Fate::RunsOn { .. } => return vec![About::JobWaitedFor],
        Fate::Leaves { loses } => found.extend(loses.map(About::Loses)),
    }
    match judge(pod, &seen.pods) {
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
    if pod.phase == PodPhase::Running && !pod.healthy() {
        found.push(About::NotReady);
    }
    found.extend(About::returns(pod.tolerates));
    found.extend(no_place.map(|message| About::NoPlace { message: message.clone() }));
    found
}
