//! The inputs and outputs of `replank check`: files, snapshots and clusters in, findings out. The rules are in
//! `replank-check`.

mod against;
mod baseline;
mod burden;
mod configs;
mod files;
mod html;
mod json;
mod junit;
mod live;
mod releases;
mod report;
mod sarif;
mod side_by_side;
mod snapshot;
mod table;
mod worlds;

use std::io::Read;

use anyhow::Result;
use jiff::Zoned;
use replank_check::{Item, Question, stand, version};
use replank_core::version::Minor;
use replank_kube::Connection;
use replank_service::ports::ReadError;

use crate::cli::{Check, FailOn, Shape};
use crate::errors::bad;
use crate::exit::Exit;
use crate::printer::Printer;
pub(crate) use json::{Checked, SHAPE};
pub(crate) use report::{Looked, Report};
pub(crate) use worlds::WorldChecks;

/// Reads the inputs, checks them, sorts out suppressed findings, and prints.
pub(crate) fn run(flags: &Check, stdin: &mut dyn Read, printer: &mut Printer) -> Result<Exit> {
    let mut decided = Vec::new();
    if let Some(file) = &flags.baseline {
        decided = baseline::read(file)?;
    }
    let mut looked = Looked::default();
    if !flags.manifests.is_empty() {
        files::read(&flags.manifests, flags.namespace.as_deref(), stdin, &mut looked)?;
    }
    if let Some(file) = &flags.snapshot {
        snapshot::read(file, &mut looked)?;
    }
    if flags.reach.is_given() || flags.manifests.is_empty() && flags.snapshot.is_none() {
        live::read(&flags.reach, &mut looked)?;
    }
    let target = version::target(flags.target.as_deref(), looked.subject.cluster);
    // What could not be read is told even when nothing comes of the rest.
    let target = target.map_err(|error| {
        bad(looked.broken.iter().cloned().chain([error.to_string()]).collect::<Vec<_>>().join("\n"))
    })?;
    configs::take_apart(&mut looked);
    stand(&mut looked.subject.items);
    if let Some(context) = &flags.against {
        against::ask(context, &flags.reach, target, &mut looked)?;
    }
    let today = Zoned::now().date();
    let question = Question { target, strict_skew: flags.strict_skew, today: Some(today) };
    let findings = replank_check::check(&looked.subject, &question);
    if let (Some(file), Some(reason)) = (&flags.write_baseline, &flags.reason) {
        baseline::write(file, &findings, reason)?;
    }
    let sorted = replank_check::baseline::sort(findings, &decided, today);
    // The process ends after this: to free ten thousand objects one by one takes as long as to read some of them.
    std::mem::forget(std::mem::take(&mut looked.subject.items));
    let report = Report::new(looked, target, sorted, flags.fail_on);
    match flags.output {
        Shape::Table => table::print(printer, &report),
        Shape::Json => printer.line(&format!("{:#}", serde_json::json!(json::whole(&report)))),
        Shape::Yaml => printer.write(&replank_formats::yaml::write(&serde_json::json!(json::whole(&report)))),
        Shape::Junit => printer.write(&junit::document(&report)),
        Shape::Sarif => printer.line(&format!("{:#}", sarif::log(&report))),
        Shape::Html => printer.write(&html::page(&report)),
    }
    Ok(report.exit())
}

/// What a check of a real cluster said, and what of it could not be read.
pub(crate) struct LiveCheck {
    /// What stands against the minor.
    pub(crate) checked: replank_core::cluster_upgrade::observed::Checked,
    /// What could not be read, with the reason.
    pub(crate) unseen: Vec<String>,
    /// YAML of the role with the missing permissions; empty when none is missing.
    pub(crate) role: String,
}

/// Checks everything in a real cluster for a minor. What its user may not read is no error: it is told.
pub(crate) async fn of_cluster(connection: &Connection, to: Minor) -> Result<LiveCheck, ReadError> {
    let mut looked = Looked::default();
    live::look(connection, &mut looked).await.map_err(|error| ReadError(error.to_string()))?;
    configs::take_apart(&mut looked);
    let checked = worlds::checked(&mut looked, to)?;
    let role = report::role(&looked.lacking);
    Ok(LiveCheck { checked, unseen: looked.unseen, role })
}

/// Adds objects to the subject: of Helm releases those of their manifests, and the configurations inside `ConfigMap`s.
fn unpack(items: Vec<Item>, looked: &mut Looked) {
    releases::take_apart(items, looked);
    configs::take_apart(looked);
}

/// Lowest severity that makes a check fail; `None` when none does.
fn least(fail_on: FailOn) -> Option<replank_check::Severity> {
    use replank_check::Severity;
    match fail_on {
        FailOn::Blocks => Some(Severity::Blocks),
        FailOn::Breaks => Some(Severity::Breaks),
        FailOn::Warns => Some(Severity::Warns),
        FailOn::Informs => Some(Severity::Informs),
        FailOn::Never => None,
    }
}
