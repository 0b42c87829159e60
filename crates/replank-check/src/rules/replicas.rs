//! Workloads with one pod, which are unavailable while it moves.

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::Item;
use crate::subject::Facts;

static SINGLE: Check = Check {
    id: "single-replica",
    severity: Severity::Warns,
    meaning: "The workload runs one pod: whoever uses it is without from its eviction until it is Ready on another node.",
    advice: "Run two and give them a disruption budget, or take the gap.",
    basis: "Kubernetes: eviction API",
};

pub(super) const CHECKS: &[&Check] = &[&SINGLE];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    let workloads = ["Deployment", "StatefulSet"].iter().flat_map(|kind| facts.of("apps", kind));
    for item in workloads.filter(|item| runs_one(item) && item.object["spec"].is_object()) {
        findings.add(Seen::of(&SINGLE, item, "it runs 1 pod"));
    }
}

fn runs_one(item: &Item) -> bool {
    item.object["spec"]["replicas"].as_i64().unwrap_or(1) == 1
}
