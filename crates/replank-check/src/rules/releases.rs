//! Helm releases that cannot be read.

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::subject::Facts;

static UNREADABLE: Check = Check {
    id: "helm-release-unreadable",
    severity: Severity::Warns,
    meaning: "A stored release of Helm cannot be read, so nothing is known of the objects in it. The others were read.",
    advice: "Look at it with `helm get manifest`; if Helm cannot read it either, remove the Secret or ConfigMap.",
    basis: "Storage format of Helm 3 and 4",
};

pub(super) const CHECKS: &[&Check] = &[&UNREADABLE];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    for unreadable in &facts.subject.unreadable {
        findings.add(Seen::named(&UNREADABLE, unreadable.object.clone(), &unreadable.why));
    }
}
