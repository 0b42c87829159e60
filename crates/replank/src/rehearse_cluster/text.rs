//! The rehearsal of an upgrade as text.

use jiff::SignedDuration;
use replank_engine::messages;

use super::ClusterReport;
use crate::output::Table;
use crate::printer::Printer;

/// Rows of a list; the others are counted.
const ROWS_MAX: usize = 20;

/// Prints the report.
pub(crate) fn print(printer: &mut Printer, report: &ClusterReport) {
    printer.line(&report.verdict());
    printer.line("");
    let mut steps = Table::new(&["STEP", "WHAT", "AT", "TOOK", "STATE"]);
    for step in &report.steps {
        let at = step.minute.map_or(String::new(), |minute| format!("{minute} min"));
        let took = step.seconds.map_or(String::new(), span);
        steps.row([&step.number.to_string(), &step.does, &at, &took, step.state]);
    }
    steps.print(printer);
    printer.line("");
    printer.list("It stops at", report.stopped_by.clone(), ROWS_MAX);
    let found = report.findings.iter();
    let found = found.map(|one| format!("{} {}: {} {}", one.minor, one.severity, one.text, one.advice));
    printer.list("What the check finds", found.collect(), ROWS_MAX);
    let stalls = report.stalls.iter().map(|stall| {
        let advice = stall.met.advice.as_ref().map_or(String::new(), |advice| format!(" {advice}"));
        let (group, minute, took) = (&stall.group, stall.met.minute, span(stall.met.seconds));
        format!("{group}, from minute {minute} for {took}: {}{advice}", stall.met.what)
    });
    printer.list("What held node groups up", stalls.collect(), ROWS_MAX);
    let moved = report.moved.iter().map(|one| format!("{}: {}", one.workload, one.moves));
    printer.list("Pods moved", moved.collect(), ROWS_MAX);
    printer.list("Pods without a node in the end", report.unplaced.clone(), ROWS_MAX);
    printer
        .line(&format!("{} evictions, {} refused before they were accepted", report.evicted, report.refused));
    printer.list("Taken to be so", report.assumed.clone(), ROWS_MAX);
    printer.list("Not acted on", report.left_out.clone(), ROWS_MAX);
}

fn span(seconds: i64) -> String {
    messages::span(SignedDuration::from_secs(seconds))
}
