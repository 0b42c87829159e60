//! Disruption budgets that never allow a disruption, so that nodes with their pods cannot be drained.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{Item, at, entries, list, text, texts};
use crate::subject::{Facts, PodMaker};

static NEVER: Check = Check {
    id: "budget-never-allows",
    severity: Severity::Blocks,
    meaning: "The disruption budget can never allow a disruption, however healthy its pods are: every drain of a node \
              with one of them waits until it gives up.",
    advice: "Let it allow one pod to go, or run one pod more than it wants.",
    basis: "Kubernetes: disruption controller; eviction API",
};
static NEVER_SYNCED: Check = Check {
    id: "budget-not-synced",
    severity: Severity::Blocks,
    meaning: "The disruption controller cannot work the budget out (condition SyncFailed), so evictions of its pods are \
              answered with 429 for ever. For pods of Jobs only an integer minAvailable works.",
    advice: "Give it an integer minAvailable, or select pods whose controller has a scale.",
    basis: "Seen on 1.34.4 and 1.37.2",
};
static EMPTY: Check = Check {
    id: "budgets-overlap",
    severity: Severity::Blocks,
    meaning: "A pod is under more than one disruption budget: the eviction API refuses that with 500, and it never \
              leaves its node by eviction.",
    advice: "Let one budget select the pod.",
    basis: "Kubernetes: eviction API",
};

pub(super) const CHECKS: &[&Check] = &[&NEVER, &NEVER_SYNCED, &EMPTY];

/// Workloads and autoscalers of a namespace.
#[derive(Default)]
struct Workloads<'s> {
    makers: Vec<PodMaker<'s>>,
    scalers: Vec<&'s Item>,
}

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    let mut workloads: BTreeMap<String, Workloads<'_>> = BTreeMap::new();
    let scaled = |maker: &&PodMaker<'_>| matches!(maker.item.kind(), "Deployment" | "StatefulSet");
    for maker in facts.pods().iter().filter(scaled) {
        workloads.entry(maker.item.name().namespace).or_default().makers.push(*maker);
    }
    for item in facts.of("autoscaling", "HorizontalPodAutoscaler") {
        workloads.entry(item.name().namespace).or_default().scalers.push(item);
    }
    for budget in facts.of("policy", "PodDisruptionBudget") {
        let failed = list(&budget.object, &["status", "conditions"]).find(|it| it["reason"] == "SyncFailed");
        if let Some(failed) = failed {
            findings.add(Seen::of(
                &NEVER_SYNCED,
                budget,
                format!("SyncFailed: {}", text(failed, &["message"])),
            ));
        }
        if let Some(evidence) = never(&workloads, budget) {
            findings.add(Seen::of(&NEVER, budget, evidence));
        }
    }
    overlaps(facts, findings);
}

/// Why a budget never allows a disruption; `None` when it can.
fn never(workloads: &BTreeMap<String, Workloads<'_>>, budget: &Item) -> Option<String> {
    let spec = &budget.object["spec"];
    if let Some(most) = count(&spec["maxUnavailable"]) {
        return (most == Amount::Count(0) || most == Amount::Share(0))
            .then(|| format!("maxUnavailable is {}", shown(&spec["maxUnavailable"])));
    }
    let least = count(&spec["minAvailable"])?;
    let shown = shown(&spec["minAvailable"]);
    if matches!(least, Amount::Share(share) if share >= 100) {
        return Some(format!("minAvailable is {shown}"));
    }
    // An empty status says nothing: it is there once the controller has seen the pods.
    let expected = match at(&budget.object, &["status", "expectedPods"]).as_i64() {
        Some(expected) if expected > 0 => expected,
        Some(_) | None => replicas(workloads.get(&budget.name().namespace)?, budget)?,
    };
    let wanted = match least {
        Amount::Count(wanted) => wanted,
        // Kubernetes rounds up.
        Amount::Share(share) => (expected * share + 99) / 100,
    };
    (expected > 0 && wanted >= expected).then(|| format!("minAvailable is {shown} of {expected} pods"))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Amount {
    Count(i64),
    Share(i64),
}

fn count(value: &Value) -> Option<Amount> {
    match value {
        Value::Number(number) => number.as_i64().map(Amount::Count),
        Value::String(text) => match text.strip_suffix('%') {
            Some(share) => share.parse().ok().map(Amount::Share),
            None => text.parse().ok().map(Amount::Count),
        },
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Number of pods of the workloads that the budget selects; `None` when it selects no known one, or one that an
/// autoscaler may scale.
fn replicas(workloads: &Workloads<'_>, budget: &Item) -> Option<i64> {
    let mut seen = BTreeMap::new();
    for PodMaker { item, meta, .. } in &workloads.makers {
        if !selects(&budget.object["spec"]["selector"], meta) {
            continue;
        }
        let name = item.name();
        let is_scaled = |scaler: &&&Item| {
            let target = &scaler.object["spec"]["scaleTargetRef"];
            text(target, &["kind"]) == name.kind && text(target, &["name"]) == name.name
        };
        let own = item.object["spec"]["replicas"].as_i64().unwrap_or(1);
        let scaler = workloads.scalers.iter().find(is_scaled);
        let most = scaler.and_then(|scaler| scaler.object["spec"]["maxReplicas"].as_i64());
        // The same workload in two places is one.
        seen.insert(name, own.max(most.unwrap_or(0)));
    }
    (!seen.is_empty()).then(|| seen.values().sum())
}

/// Whether a label selector matches a pod (Kubernetes: `LabelSelectorAsSelector`; an empty one matches all, an absent
/// one nothing).
pub(super) fn selects(selector: &Value, meta: &Value) -> bool {
    let label = |name: &str| meta["labels"][name].as_str();
    let Some(_) = selector.as_object() else { return false };
    entries(selector, &["matchLabels"]).all(|(name, value)| label(name) == value.as_str())
        && list(selector, &["matchExpressions"]).all(|one| {
            let has = label(text(one, &["key"]));
            let is_in = |value: &str| texts(one, &["values"]).any(|it| it == value);
            match text(one, &["operator"]) {
                "In" => has.is_some_and(is_in),
                "NotIn" => !has.is_some_and(is_in),
                "Exists" => has.is_some(),
                "DoesNotExist" => has.is_none(),
                _ => false,
            }
        })
}

/// Pods that several live budgets select.
fn overlaps(facts: &Facts<'_>, findings: &mut Findings) {
    let mut budgets: BTreeMap<String, Vec<&Item>> = BTreeMap::new();
    for budget in facts.live("policy", "PodDisruptionBudget") {
        budgets.entry(budget.name().namespace).or_default().push(budget);
    }
    budgets.retain(|_, budgets| budgets.len() > 1);
    if budgets.is_empty() {
        return;
    }
    for pod in facts.live("", "Pod") {
        let name = pod.name();
        let Some(budgets) = budgets.get(&name.namespace) else { continue };
        let meta = &pod.object["metadata"];
        // The same budget may have been read twice, of a file and of the cluster.
        let over: BTreeSet<_> = budgets
            .iter()
            .filter(|it| selects(&it.object["spec"]["selector"], meta))
            .map(|it| it.name().name)
            .collect();
        if over.len() > 1 {
            let over: Vec<String> = over.into_iter().collect();
            findings.add(Seen::of(&EMPTY, pod, format!("budgets {} select it", over.join(", "))));
        }
    }
}
