//! APIs served by other servers through aggregation.

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{list, text};
use crate::subject::Facts;

static UNAVAILABLE: Check = Check {
    id: "apiservice-unavailable",
    severity: Severity::Breaks,
    meaning: "An APIService is not available: discovery is incomplete, namespaces do not end, and controllers that list \
              all APIs fail, some of them for good.",
    advice: "Mend the service behind it, or delete the APIService if what served it is gone.",
    basis: "Kubernetes: aggregation layer; percona/percona-server-mongodb-operator#1847",
};

pub(super) const CHECKS: &[&Check] = &[&UNAVAILABLE];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    for item in facts.live("apiregistration.k8s.io", "APIService") {
        let available = list(&item.object, &["status", "conditions"]).find(|it| it["type"] == "Available");
        if let Some(no) = available.filter(|it| it["status"] != "True") {
            let evidence = format!("not available ({}): {}", text(no, &["reason"]), text(no, &["message"]));
            findings.add(Seen::of(&UNAVAILABLE, item, evidence));
        }
    }
}
