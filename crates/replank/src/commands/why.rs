//! `replank why`: what each running update waits for, since when, and what to do about it.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use replank_engine::cluster_upgrade::report::UpgradeReport;
use replank_engine::messages;
use replank_engine::report::WaitedJson;
use replank_engine::report::wire::ReportJson;
use replank_engine::serialized::Time;
use replank_server::control::api::UpdateAnswer;
use serde::Serialize;

use super::{resolve, upgrades, whereabouts};
use crate::cli::remote::Why;
use crate::client::encoded;
use crate::exit::Exit;
use crate::output::{self, word};
use crate::printer::Printer;

/// Most past waits to print; the rest becomes a number.
const OVER_MAX: usize = 8;

/// What is under way, for programs.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(super) struct Shown {
    updates: Vec<UpdateAnswer>,
    upgrades: Vec<UpgradeReport>,
}

/// Prints the waits of the running updates.
pub(crate) fn run(flags: &Why, printer: &mut Printer) -> Result<Exit> {
    let (cluster, group) = (flags.cluster.cluster.as_deref(), flags.nodegroup.as_deref());
    let places = whereabouts::all(&flags.server, &flags.reach)?;
    if let ([only], Some(name)) = (&places[..], group) {
        resolve::group(only, name, cluster)?;
    }
    let (mut shown, mut all) = (Shown { updates: Vec::new(), upgrades: Vec::new() }, Vec::new());
    for (client, updates) in whereabouts::updates(places, &resolve::narrowed(cluster, None))? {
        if group.is_none() {
            shown.upgrades.extend(upgrades::running(&client, cluster)?);
        }
        let is_of =
            |update: &UpdateAnswer| group.is_none_or(|group| update.nodegroup.as_deref() == Some(group));
        let updates: Vec<UpdateAnswer> = updates.into_iter().filter(is_of).collect();
        for update in updates.iter().filter(|update| update.is_running()) {
            shown.updates.push(client.get(&format!("updates/{}", encoded(&update.update)), &[])?);
        }
        all.extend(updates);
    }
    if let (Some(name), true) = (group, all.is_empty()) {
        Printer::complain(&format!("note: nobody here updates or updated a node group {name}"));
    }
    output::print(printer, flags.server.output, &shown, |printer| {
        shown.upgrades.iter().for_each(|upgrade| upgrades::tell(printer, upgrade));
        shown.updates.iter().for_each(|update| tell(printer, update));
        if shown.updates.is_empty() && shown.upgrades.is_empty() {
            at_rest(printer, &all);
        }
    });
    Ok(Exit::Done)
}

/// Prints how the last update ended, when none runs.
fn at_rest(printer: &mut Printer, all: &[UpdateAnswer]) {
    printer.line("No update is under way.");
    let of_group = |update: &&UpdateAnswer| update.nodegroup.is_some();
    let Some(last) = all.iter().rev().find(of_group) else { return };
    printer.line(&format!(
        "The last one, {} of node group {}, is {}.",
        last.update,
        last.nodegroup.as_deref().unwrap_or_default(),
        resolve::status(last)
    ));
    for error in last.recorded.iter().flat_map(|recorded| &recorded.errors) {
        printer.line(&format!("  {}: {}", error.error_code, error.error_message));
    }
}

fn tell(printer: &mut Printer, update: &UpdateAnswer) {
    let [group, cluster] =
        [&update.nodegroup, &update.cluster].map(|name| name.as_deref().unwrap_or_default());
    printer.line(&format!("Update {} of node group {group}, cluster {cluster}", update.update));
    let Some(report) = &update.report else {
        printer.line("  it is about to begin");
        return;
    };
    now(printer, report);
    over(printer, update.waited.as_deref().unwrap_or_default());
}

/// Prints the phase, the waits and the problems.
fn now(printer: &mut Printer, report: &ReportJson) {
    let since = |then: Timestamp| messages::span(report.at.0.duration_since(then));
    let phase = word(&report.phase).replace('_', " ");
    let (lasts, counts) = (since(report.phase_since.0), report.counts);
    printer.line(&format!(
        "  in phase {phase} for {lasts}, {} of {} old nodes replaced",
        counts.replaced,
        counts.replaced + counts.old
    ));
    if report.wishes.paused.is_some() {
        printer.line("  paused; go on with: replank resume");
    }
    let told = report.waits.iter();
    waits(printer, report.at.0, told.map(|wait| (&*wait.text, wait.advice.as_deref(), wait.since)));
    for problem in &report.problems {
        printer.line(&format!("Problem: {}", problem.text));
        printer.line(&format!("    {}", problem.advice));
    }
}

/// Prints waits at `now`: the text, the advice, since when.
pub(super) fn waits<'w>(
    printer: &mut Printer,
    now: Timestamp,
    waits: impl ExactSizeIterator<Item = (&'w str, Option<&'w str>, Option<Time>)>,
) {
    printer.line(if waits.len() == 0 { "It waits for nothing." } else { "It waits:" });
    for (text, advice, since) in waits {
        let stood = since.map(|since| messages::span(now.duration_since(since.0)));
        let stood = stood.map_or(String::new(), |stood| format!(" (for {stood})"));
        printer.line(&format!("  {text}{stood}"));
        if let Some(advice) = advice {
            printer.line(&format!("    {advice}"));
        }
    }
}

/// Prints past waits.
fn over(printer: &mut Printer, over: &[WaitedJson]) {
    if over.is_empty() {
        return;
    }
    printer.line("It waited before, at the longest:");
    for wait in over.iter().take(OVER_MAX) {
        let lasted = messages::span(SignedDuration::from_secs(wait.seconds));
        let times = if wait.times > 1 { format!(" ({} times)", wait.times) } else { String::new() };
        printer.line(&format!("  {lasted}{times}: {}", wait.what));
    }
    if over.len() > OVER_MAX {
        printer.line(&format!("  and {} more", over.len() - OVER_MAX));
    }
}
