//! `replank why`: what every running update waits for, since when, and what to do about it.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use replank_engine::messages;
use serde_json::{Value, json};

use super::resolve;
use crate::cli::remote::Why;
use crate::client::{Client, encoded};
use crate::exit::Exit;
use crate::output::{self, items, text};
use crate::printer::Printer;

/// Number of finished waits that are printed; the others are counted.
const OVER_MAX: usize = 8;

/// Prints the waits of the running updates.
pub(crate) fn run(flags: &Why, printer: &mut Printer) -> Result<Exit> {
    let client = Client::new(&flags.server)?;
    let cluster = flags.cluster.cluster.as_deref();
    if let Some(name) = &flags.nodegroup {
        resolve::group(&client, name, cluster)?;
    }
    let answer = client.get("updates", &resolve::narrowed(cluster, flags.nodegroup.as_deref()))?;
    let all: Vec<&Value> = items(&answer, "updates").collect();
    let mut shown = Vec::new();
    for update in all.iter().filter(|update| resolve::is_running(update)) {
        shown.push(client.get(&format!("updates/{}", encoded(text(update, "update"))), &[])?);
    }
    output::print(printer, flags.server.output, &json!({ "updates": shown }), |printer| {
        shown.iter().for_each(|update| tell(printer, update));
        if shown.is_empty() {
            at_rest(printer, &all);
        }
    });
    Ok(Exit::Done)
}

/// Prints how the last updates ended, when none is running.
fn at_rest(printer: &mut Printer, all: &[&Value]) {
    printer.line("No update is under way.");
    if let Some(last) = all.iter().rev().find(|update| update["nodegroup"].is_string()) {
        printer.line(&format!(
            "The last one, {} of node group {}, is {}.",
            text(last, "update"),
            text(last, "nodegroup"),
            text(last, "status")
        ));
        for error in items(last, "errors") {
            printer.line(&format!("  {}: {}", text(error, "errorCode"), text(error, "errorMessage")));
        }
    }
}

fn tell(printer: &mut Printer, update: &Value) {
    let report = &update["report"];
    let [id, group, cluster] = ["update", "nodegroup", "cluster"].map(|name| text(update, name));
    printer.line(&format!("Update {id} of node group {group}, cluster {cluster}"));
    if report.is_null() {
        printer.line("  it is about to begin");
        return;
    }
    let time = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let now = time(&report["at"]);
    let since =
        |value: &Value| now.zip(time(value)).map(|(now, then)| messages::span(now.duration_since(then)));
    let phase = text(report, "phase").replace('_', " ");
    let lasts = since(&report["phase_since"]).unwrap_or_default();
    let counts = &report["counts"];
    let [replaced, old] = ["replaced", "old"].map(|name| counts[name].as_u64().unwrap_or(0));
    printer.line(&format!(
        "  in phase {phase} for {lasts}, {replaced} of {} old nodes replaced",
        replaced + old
    ));
    if report["wishes"]["paused"].is_string() {
        printer.line("  paused; go on with: replank resume");
    }
    let waits: Vec<&Value> = items(report, "waits").collect();
    printer.line(if waits.is_empty() { "It waits for nothing." } else { "It waits:" });
    for wait in waits {
        let stood = since(&wait["since"]).map_or(String::new(), |stood| format!(" (for {stood})"));
        printer.line(&format!("  {}{stood}", text(wait, "text")));
        if let Some(advice) = wait["advice"].as_str() {
            printer.line(&format!("    {advice}"));
        }
    }
    for problem in items(report, "problems") {
        printer.line(&format!("Problem: {}", text(problem, "text")));
        printer.line(&format!("    {}", text(problem, "advice")));
    }
    over(printer, update);
}

/// Prints the finished waits of an update.
fn over(printer: &mut Printer, update: &Value) {
    let over: Vec<&Value> = items(update, "waited").collect();
    if over.is_empty() {
        return;
    }
    printer.line("It waited before, at the longest:");
    for wait in over.iter().take(OVER_MAX) {
        let lasted = messages::span(SignedDuration::from_secs(wait["seconds"].as_i64().unwrap_or(0)));
        let times = match wait["times"].as_u64() {
            Some(times) if times > 1 => format!(" ({times} times)"),
            _ => String::new(),
        };
        printer.line(&format!("  {lasted}{times}: {}", text(wait, "what")));
    }
    if over.len() > OVER_MAX {
        printer.line(&format!("  and {} more", over.len() - OVER_MAX));
    }
}
