//! What people are told of an upgrade: its plan, and what happens while it runs.

use jiff::{SignedDuration, Timestamp};
use replank_engine::cluster_upgrade::report::{FactReport, StepReport, UpgradeReport, UpgradeStatus};
use replank_engine::messages;
use replank_server::control::upgrade_api::UpgradePlan;
use serde_json::json;

use crate::cli::remote::Format;
use crate::exit::Exit;
use crate::output;
use crate::printer::Printer;

/// The plan for people, the first and the last line in the words of eksctl.
pub(crate) fn tell(printer: &mut Printer, plan: &UpgradePlan, is_approved: bool) {
    let UpgradePlan { cluster, version, .. } = plan;
    let Some(report) = &plan.plan else {
        printer.line(&format!("cluster \"{cluster}\" control plane is already at version \"{version}\""));
        return;
    };
    let would = if is_approved { "will" } else { "(plan) would" };
    let verb = if report.is_rollback() { "roll back" } else { "upgrade" };
    printer.line(&format!(
        "{would} {verb} cluster \"{cluster}\" control plane from current version \"{version}\" to \"{}\"",
        report.to
    ));
    if is_approved {
        return;
    }
    steps(printer, report);
    for finding in &plan.findings {
        printer.line(&format!("it would be held up: {finding}"));
    }
    for finding in &plan.breaking {
        printer.line(&format!("would stop working: {finding}"));
    }
    printer.line("no changes were applied, run again with '--approve' to apply the changes");
}

fn steps(printer: &mut Printer, report: &UpgradeReport) {
    printer.line("");
    for step in &report.steps {
        let StepReport { number, does, disturbs, guard, seconds, .. } = step;
        let lasts = match *seconds {
            0 => String::new(),
            seconds => format!(", about {}", messages::span(SignedDuration::from_secs(seconds))),
        };
        printer.line(&format!("{number:>3}. {does}{lasts}"));
        if step.kind != "gate" && step.kind != "check" {
            printer.line(&format!("     disturbs: {disturbs}"));
            printer.line(&format!("     guarded by: {guard}"));
        }
    }
    let whole: i64 = report.steps.iter().map(|step| step.seconds).sum();
    let whole = messages::span(SignedDuration::from_secs(whole));
    printer.line("");
    printer.line(&format!("{} steps, about {whole} where nothing holds it up", report.steps.len()));
}

/// What was told of an upgrade so far.
#[derive(Debug)]
pub(crate) struct Told {
    format: Format,
    /// Number of facts that were told.
    next: usize,
    waits: Vec<String>,
}

impl Told {
    /// Nothing yet.
    pub(crate) fn new(format: Format) -> Self {
        Self { format, next: 0, waits: Vec::new() }
    }

    /// Number of facts that were told.
    pub(crate) fn next(&self) -> usize {
        self.next
    }

    /// Tells what happened since, and what is waited for that was not before.
    pub(crate) fn tell(&mut self, printer: &mut Printer, events: &[FactReport], report: &UpgradeReport) {
        let begun = report.started_at.0;
        self.next += events.len();
        for event in events {
            self.line(printer, "fact", (begun, event.at.0), &event.text);
        }
        let waits: Vec<String> = report.waits.iter().map(|wait| wait.text.clone()).collect();
        let before = std::mem::replace(&mut self.waits, waits);
        for wait in report.waits.iter().filter(|wait| !before.contains(&wait.text)) {
            self.line(printer, "wait", (begun, report.at.0), &format!("waits: {}", wait.text));
            if let Some(advice) = &wait.advice {
                self.line(printer, "advice", (begun, report.at.0), &format!("  {advice}"));
            }
        }
        printer.flush();
    }

    fn line(&self, printer: &mut Printer, kind: &str, (begun, at): (Timestamp, Timestamp), text: &str) {
        match self.format {
            Format::Table | Format::Wide | Format::Name => {
                printer.line(&format!("{} {text}", messages::since(begun, at)));
            }
            Format::Json | Format::Yaml => {
                let line = json!({ "type": kind, "at": at.to_string(), "text": text.trim_start() });
                output::print_next(printer, self.format, &line);
            }
        }
    }

    /// Tells how it ended.
    pub(crate) fn end(&self, printer: &mut Printer, report: &UpgradeReport) -> Exit {
        let UpgradeReport { cluster, to, .. } = report;
        let done = if report.is_rollback() { "rolled back" } else { "upgraded" };
        let (exit, said) = match report.status {
            // The words of eksctl.
            UpgradeStatus::Succeeded => (
                Exit::Done,
                format!("cluster \"{cluster}\" control plane has been {done} to version \"{to}\""),
            ),
            UpgradeStatus::Cancelled => {
                (Exit::Cancelled, format!("The upgrade of cluster {cluster} was cancelled."))
            }
            UpgradeStatus::Planned | UpgradeStatus::Running | UpgradeStatus::Waiting => {
                (Exit::Unexpected, format!("The upgrade of cluster {cluster} is not over."))
            }
        };
        match self.format {
            Format::Table | Format::Wide | Format::Name => printer.line(&said),
            Format::Json | Format::Yaml => {
                output::print_next(printer, self.format, &json!({ "type": "end", "upgrade": report }));
            }
        }
        printer.flush();
        exit
    }
}
