//! Findings for people: grouped by check, the most severe first, with what to do about them.

use replank_check::{Finding, Severity};

use super::report::Report;
use crate::output::Table;
use crate::printer::Printer;

/// Number of sources printed for a finding; the others are counted.
const SOURCES_SHOWN: usize = 2;

/// Prints the result of a check.
pub(super) fn print(printer: &mut Printer, report: &Report) {
    for of_check in report.sorted.open.chunk_by(|a, b| a.check == b.check && a.severity == b.severity) {
        group(printer, of_check);
        printer.line("");
    }
    notes(printer, report);
    printer.line(&report.verdict());
    if report.count(Severity::Blocks) + report.count(Severity::Breaks) > 0 {
        printer.line("What each finding means: docs/reference/findings.md.");
    }
}

fn group(printer: &mut Printer, findings: &[Finding]) {
    let Some(first) = findings.first() else { return };
    printer.line(&format!("{} {} ({})", first.severity, first.check.id, findings.len()));
    let mut table = Table::new(&["  OBJECT", "IN", "WHAT", "FROM"]);
    for finding in findings {
        table.row([
            &format!("  {}", finding.object),
            &finding.breaks_in.map_or(String::new(), |minor| minor.to_string()),
            &finding.evidence.join("; "),
            &sources(finding),
        ]);
    }
    table.print(printer);
    let mut told: Vec<&str> = Vec::new();
    for finding in findings {
        if !told.contains(&finding.advice.as_str()) {
            told.push(&finding.advice);
            printer.line(&format!("  {}", finding.advice));
        }
    }
}

fn sources(finding: &Finding) -> String {
    let shown: Vec<String> = finding.sources.iter().take(SOURCES_SHOWN).map(ToString::to_string).collect();
    match finding.sources.len().saturating_sub(SOURCES_SHOWN) {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}

fn notes(printer: &mut Printer, report: &Report) {
    printer.list("Looked at", report.at.clone(), usize::MAX);
    printer.list("Could not be read", report.broken.clone(), 20);
    printer.list("Not looked at", report.unseen.clone(), 20);
    if !report.role.is_empty() {
        printer.line("This role grants what is lacking, bound to the user as `replank rbac` shows:");
        printer.write(&report.role);
    }
    if !report.role_there.is_empty() {
        printer.line("On the server of --against this role grants what is lacking:");
        printer.write(&report.role_there);
    }
    let suppressed = &report.sorted.suppressed;
    let row = |(finding, by): &(Finding, _)| {
        let by: &replank_check::baseline::Suppression = by;
        format!("{} {}: {}", finding.check.id, finding.object, by.reason)
    };
    printer.list("Suppressed", suppressed.iter().map(row).collect(), 20);
    let expired = report.sorted.expired.iter().map(|it| {
        let until = it.until.map_or(String::new(), |day| format!(" until {day}"));
        format!("{}: {}{until}: {}", it.place, it.check, it.reason)
    });
    printer.list("Suppressions that have expired", expired.collect(), 20);
    let idle = report.sorted.idle.iter().map(|it| format!("{}: {}", it.place, it.check));
    printer.list("Suppressions that nothing needs", idle.collect(), 20);
}
