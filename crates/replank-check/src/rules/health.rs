//! What is unhealthy before the upgrade begins.

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{list, text};
use crate::subject::Facts;

static NOT_READY: Check = Check {
    id: "node-not-ready",
    severity: Severity::Warns,
    meaning: "The node is not Ready: what ran on it may be down already, and its pods do not end by themselves.",
    advice: "Mend or remove the node before the upgrade.",
    basis: "Kubernetes: node lifecycle controller",
};
static MIGRATION: Check = Check {
    id: "storage-migration-failed",
    severity: Severity::Warns,
    meaning: "A migration of stored objects failed. Up to 1.37 the old version is taken out of the definition's \
              storedVersions all the same, though objects are still stored in it.",
    advice: "Run the migration again and look at its conditions before a version of the definition is dropped.",
    basis: "kubernetes/kubernetes#143103",
};

pub(super) const CHECKS: &[&Check] = &[&NOT_READY, &MIGRATION];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    for node in facts.live("", "Node") {
        let ready = list(&node.object, &["status", "conditions"]).find(|it| it["type"] == "Ready");
        if let Some(no) = ready.filter(|it| it["status"] != "True") {
            let (status, reason) = (text(no, &["status"]), text(no, &["reason"]));
            findings.add(Seen::of(&NOT_READY, node, format!("Ready is {status} {reason}").trim_end()));
        }
    }
    if facts.target.minor.0 > 37 {
        return;
    }
    for item in facts.live("storagemigration.k8s.io", "StorageVersionMigration") {
        let failed = list(&item.object, &["status", "conditions"])
            .find(|it| it["type"] == "Failed" && it["status"] == "True");
        if let Some(failed) = failed {
            let evidence = format!("Failed: {} {}", text(failed, &["reason"]), text(failed, &["message"]));
            findings.add(Seen::of(&MIGRATION, item, evidence.trim_end()));
        }
    }
}
