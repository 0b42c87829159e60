//! Findings as one HTML page without external resources.

use maud::{Markup, html};
use replank_check::{Finding, Severity};

use super::report::Report;
use crate::exit::Exit;
use crate::output::html::{list, page as whole, table};

/// The complete page.
pub(super) fn page(report: &Report) -> String {
    let class = if report.exit() == Exit::Done { "good" } else { "bad" };
    let sorted = &report.sorted;
    let of = |severity: Severity| -> Vec<&Finding> {
        sorted.open.iter().filter(|finding| finding.severity == severity).collect()
    };
    let suppressed = sorted.suppressed.iter();
    let suppressed = suppressed.map(|(it, by)| format!("{} {}: {}", it.check.id, it.object, by.reason));
    let expired = sorted.expired.iter().map(|it| format!("{}: {}", it.place, it.reason));
    let content = html! {
        p.verdict.(class) { (report.verdict()) }
        p.about { "By replank " (env!("CARGO_PKG_VERSION")) "; nothing was changed." }
        @for (severity, of) in Severity::ALL.map(|severity| (severity, of(severity))) {
            @if !of.is_empty() {
                h2 { (severity.to_string()) ": " (severity.meaning()) }
                @for of_check in of.chunk_by(|a, b| a.check == b.check) { (group(of_check)) }
            }
        }
        (list("Looked at", report.at.iter().cloned()))
        (list("Could not be read", report.broken.iter().cloned()))
        (list("Not looked at", report.unseen.iter().cloned()))
        (list("Suppressed", suppressed))
        (list("Suppressions that have expired", expired))
    };
    whole(&format!("Upgrade check {}", report.way()), &content)
}

fn group(findings: &[&Finding]) -> Markup {
    let rows: Vec<Vec<String>> = findings
        .iter()
        .map(|finding| {
            let sources: Vec<String> = finding.sources.iter().map(ToString::to_string).collect();
            vec![
                finding.object.to_string(),
                finding.breaks_in.map_or(String::new(), |minor| minor.to_string()),
                finding.evidence.join("; "),
                sources.join("; "),
                finding.advice.clone(),
            ]
        })
        .collect();
    html! {
        @if let Some(first) = findings.first() {
            h3 { (first.check.id) }
            p { (first.check.meaning) }
            (table(&["Object", "In", "What", "From", "What to do"], &rows))
        }
    }
}
