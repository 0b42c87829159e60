//! The rehearsal of an upgrade as one HTML page without external resources.

use jiff::SignedDuration;
use maud::{Markup, html};
use replank_engine::messages;

use super::ClusterReport;
use crate::output::html::{list, page as whole, table};

/// Number of rows of each table.
const ROWS_MAX: usize = 200;

/// The complete page.
pub(crate) fn page(report: &ClusterReport) -> String {
    let class = if report.succeeds { "good" } else { "bad" };
    let content = html! {
        p.about {
            "Kubernetes " (report.from) ", as it was at " (report.taken_at) ". Rehearsed by replank "
            (env!("CARGO_PKG_VERSION")) " in virtual time; nothing was changed."
        }
        p.verdict.(class) { (report.verdict()) }
        (list("It stops at", report.stopped_by.iter().cloned()))
        h2 { "Steps" }
        (steps(report))
        @if !report.findings.is_empty() {
            h2 { "What the check finds" }
            (rows(&["Before", "Severity", "What", "What to do"], report.findings.iter().map(|found| {
                vec![found.minor.clone(), found.severity.to_owned(), found.text.clone(), found.advice.clone()]
            })))
        }
        @if !report.stalls.is_empty() {
            h2 { "What held node groups up" }
            (rows(&["Node group", "Minute", "For", "What", "What to do"], report.stalls.iter().map(|stall| {
                let met = &stall.met;
                let advice = met.advice.clone().unwrap_or_default();
                vec![stall.group.clone(), met.minute.to_string(), span(met.seconds), met.what.clone(), advice]
            })))
        }
        h2 { "Pods" }
        p { (report.evicted) " evictions, " (report.refused) " refused before they were accepted." }
        (rows(&["Workload", "Pods moved"], report.moved.iter().map(|one| {
            vec![one.workload.clone(), one.moves.to_string()]
        })))
        (list("Without a node in the end", report.unplaced.iter().cloned()))
        (list("Taken to be so", report.assumed.iter().cloned()))
        (list("Not acted on", report.left_out.iter().cloned()))
    };
    whole(&format!("Rehearsal: cluster {} to {}", report.cluster, report.to), &content)
}

fn steps(report: &ClusterReport) -> Markup {
    rows(
        &["Step", "What", "At", "Took", "State"],
        report.steps.iter().map(|step| {
            vec![
                step.number.to_string(),
                step.does.clone(),
                step.minute.map_or(String::new(), |minute| format!("{minute} min")),
                step.seconds.map_or(String::new(), span),
                step.state.to_owned(),
            ]
        }),
    )
}

fn rows(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Markup {
    table(head, &rows.take(ROWS_MAX).collect::<Vec<_>>())
}

fn span(seconds: i64) -> String {
    messages::span(SignedDuration::from_secs(seconds))
}
