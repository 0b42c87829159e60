//! What an API server of the target said of the objects when it tried them.

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::subject::Facts;

static REFUSED: Check = Check {
    id: "server-refuses",
    severity: Severity::Breaks,
    meaning: "An API server of the target does not take the object as it is: the next `kubectl apply`, `helm upgrade` or \
              operator that writes it fails. Asked with --against, which stores nothing.",
    advice: "Write the object so that it takes it, and apply it before the upgrade.",
    basis: "Kubernetes: dryRun=All and fieldValidation=Strict",
};
static WARNED: Check = Check {
    id: "server-warns",
    severity: Severity::Warns,
    meaning: "An API server of the target takes the object and warns about something in it. Asked with --against, which \
              stores nothing.",
    advice: "Write what takes its place.",
    basis: "Kubernetes: warnings of the API server",
};

pub(super) const CHECKS: &[&Check] = &[&REFUSED, &WARNED];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    for answer in &facts.subject.answered {
        let Some(item) = facts.subject.items.get(answer.item) else { continue };
        for warning in &answer.warnings {
            findings.add(Seen::of(&WARNED, item, warning.as_str()));
        }
        if let Some(why) = &answer.refused {
            findings.add(Seen::of(&REFUSED, item, why.as_str()));
        }
    }
}
