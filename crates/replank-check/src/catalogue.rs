//! All checks, and their reference page.

use std::fmt::Write;

use crate::finding::{Check, Severity};
use crate::rules;

/// All checks, by rule.
pub static CHECKS: &[&[&Check]] = rules::CHECKS;

/// All checks, by id.
pub(crate) fn by_id() -> Vec<&'static Check> {
    let mut all: Vec<&Check> = CHECKS.iter().flat_map(|checks| checks.iter().copied()).collect();
    all.sort_by_key(|check| check.id);
    all
}

/// `docs/reference/findings.md`.
pub fn page() -> String {
    let mut page = String::from(
        "# Findings\n\nWhat `replank check` looks for. Each id stays, so that a file of suppressions can name it. For each \
         there is a planted cluster with the finding and one that must not have it: `crates/replank-check/plants`.\n\n\
         | Severity | Meaning |\n| --- | --- |\n",
    );
    for severity in Severity::ALL {
        let _infallible = writeln!(page, "| {severity} | {} |", severity.meaning());
    }
    page.push_str("\n| Id | Severity |\n| --- | --- |\n");
    for check in by_id() {
        let _infallible = writeln!(page, "| [{id}](#{id}) | {} |", check.severity, id = check.id);
    }
    for check in by_id() {
        let Check { id, severity, meaning, advice, basis } = check;
        let _infallible = write!(
            page,
            "\n## {id}\n\n{severity}. {meaning}\n\nWhat to do: {advice}\n\nBasis: {basis}. Proved by \
             [its plant](../../crates/replank-check/plants/{id}.yaml).\n"
        );
    }
    page
}
