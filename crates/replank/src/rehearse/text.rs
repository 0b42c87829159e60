//! A rehearsal as text.

use jiff::SignedDuration;
use replank_engine::messages;
use replank_engine::report::StallJson;

use super::Report;
use super::scenario::{Group, Scenario, Spread};
use super::stalls::Stall;
use crate::printer::Printer;

/// Number of rows that are printed of each list.
const ROWS_MAX: usize = 20;

/// Prints the report.
pub(crate) fn print(printer: &mut Printer, report: &Report) {
    let Some((first, others)) = report.scenarios.split_first() else { return };
    printer.line(&format!(
        "Rehearsal on cluster {} (Kubernetes {}) as it was at {}",
        report.cluster, report.version, report.taken_at
    ));
    printer.list("Taken to be so", report.assumed.clone(), ROWS_MAX);
    printer.list("Not acted on", report.left_out.clone(), ROWS_MAX);
    printer.list("On AWS", report.cloud.clone(), ROWS_MAX);
    for group in &first.groups {
        print_group(printer, first, group);
    }
    print_pods(printer, first);
    for other in others.iter().filter(|scenario| scenario.hangs_on_it) {
        printer.line(&hangs_on(&other.title, other.succeeds()));
    }
    if !others.is_empty() {
        compare(printer, report);
    }
    printer.flush();
}

/// The sentence about an assumption whose opposite ends otherwise.
pub(crate) fn hangs_on(condition: &str, succeeds: bool) -> String {
    let ends = if succeeds { "it would succeed" } else { "it would not" };
    format!("The verdict hangs on what the snapshot does not tell: {condition}, {ends}.")
}

/// Duration, or the range of durations.
pub(crate) fn span(spread: Spread) -> String {
    let words = |seconds: i64| messages::span(SignedDuration::from_secs(seconds));
    if spread.least == spread.most {
        words(spread.median)
    } else {
        format!("{} ({} to {})", words(spread.median), words(spread.least), words(spread.most))
    }
}

/// Number, or the range of numbers, with its noun.
fn many(spread: Spread, noun: &str) -> String {
    let plural = if spread.least == 1 && spread.most == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(spread))
}

/// Number with its noun.
fn numbered(many: usize, noun: &str) -> String {
    format!("{many} {noun}{}", if many == 1 { "" } else { "s" })
}

/// Time of nodes, or the range of it.
pub(crate) fn node_hours(spread: Spread) -> String {
    let words = |seconds: i64| messages::node_hours(SignedDuration::from_secs(seconds));
    let (least, most) = (words(spread.least), words(spread.most));
    if least == most { most } else { format!("{} to {most}", least.trim_end_matches(" node-hours")) }
}

/// Number, or the range of numbers.
pub(crate) fn count(spread: Spread) -> String {
    if spread.least == spread.most {
        spread.median.to_string()
    } else {
        format!("{} to {}", spread.least, spread.most)
    }
}

/// Whether the update would finish, in a sentence.
pub(crate) fn verdict(scenario: &Scenario, group: &Group) -> String {
    let (took, seeds) = (span(group.seconds), scenario.seeds);
    if group.succeeded == seeds {
        let kept = group.kept.as_ref().map_or(String::new(), |kept| format!(" {kept}"));
        return format!("{}{kept}", messages::would_succeed(Some(&took), scenario.without_node.left()));
    }
    let mut parts = Vec::new();
    for (count, what) in
        [(group.succeeded, "succeed"), (group.failed, "fail"), (group.stuck, "wait for a person for ever")]
    {
        match count {
            0 => {}
            _ if count == seeds => parts.push(format!("It would {what}, after {took}.")),
            _ => parts.push(format!("With {count} of {seeds} seeds it would {what}.")),
        }
    }
    parts.extend(group.failure.clone());
    parts.join(" ")
}

fn print_group(printer: &mut Printer, scenario: &Scenario, group: &Group) {
    printer.line("");
    printer.line(&format!(
        "Node group {}: {} to release {} ({}), {}",
        group.name,
        numbered(group.nodes as usize, "node"),
        group.release,
        group.version,
        numbered(scenario.seeds, "seed")
    ));
    printer.line(&format!("  {}", verdict(scenario, group)));
    let reasons = [("batch", &group.batch), ("extra", &group.increment)];
    for (name, reason) in reasons {
        if let Some(reason) = reason {
            printer.line(&format!("  {name:<9} {reason}"));
        }
    }
    let phases: Vec<String> =
        group.phases.iter().map(|phase| format!("{} {}", phase.name(), span(phase.seconds))).collect();
    printer.line(&format!("  phases    {}", phases.join(", ")));
    printer.line(&format!("  peak      {}", many(group.extra_nodes, "extra node")));
    printer
        .line(&format!("  costs     {} beyond the size of the group", node_hours(group.extra_node_seconds)));
    let stalls: Vec<_> =
        group.stalls.iter().map(|stall| (&stall.met, often(stall, scenario.seeds))).collect();
    held_up(&stalls, scenario.stalls_from).iter().for_each(|line| printer.line(line));
    let findings = group.findings.iter().map(|finding| {
        let mark = match (finding.blocks, group.succeeded == scenario.seeds) {
            (false, _) => "",
            (true, false) => "can stop it: ",
            (true, true) => "could stop it, and did not here: ",
        };
        format!("{mark}{}", finding.text)
    });
    printer.list("Good to know of pods on the nodes", findings.collect(), ROWS_MAX);
    let beside = group.beside.iter().map(|found| format!("{}. {}", found.text, found.advice));
    printer.list("Beside it", beside.collect(), ROWS_MAX);
}

/// Lines on the stalls of an update, each with the number of seeds that met it.
pub(crate) fn held_up(stalls: &[(&StallJson, String)], least: i64) -> Vec<String> {
    if stalls.is_empty() {
        return vec![nothing(least)];
    }
    let mut lines = vec!["What held it up:".to_owned()];
    lines.extend(stalls.iter().take(ROWS_MAX).flat_map(|(stall, often)| sentences(stall, often)));
    if stalls.len() > ROWS_MAX {
        lines.push(format!("  and {} more", stalls.len() - ROWS_MAX));
    }
    lines
}

/// Line that is printed when there are no stalls.
pub(crate) fn nothing(least: i64) -> String {
    format!("Nothing held it up for {} or longer.", messages::span(SignedDuration::from_secs(least)))
}

/// Number of seeds that met a stall, when not all did.
fn often(stall: &Stall, seeds: usize) -> String {
    if stall.seeds == seeds { String::new() } else { format!(", {} of {seeds} seeds", stall.seeds) }
}

/// A stall in one line, and advice in another.
fn sentences(stall: &StallJson, often: &str) -> Vec<String> {
    let stops = if stall.stops { ", until patience ended" } else { "" };
    let lasted = messages::span(SignedDuration::from_secs(stall.seconds));
    let node = stall.node.as_ref().map_or(String::new(), |node| format!(", node {node}"));
    let mut lines =
        vec![format!("  minute {}{node}, for {lasted}{stops}{often}: {}", stall.minute, stall.what)];
    lines.extend(stall.advice.iter().map(|advice| format!("    {advice}")));
    lines
}

fn print_pods(printer: &mut Printer, scenario: &Scenario) {
    printer.line("");
    let budgets = scenario.budgets.iter().map(|low| {
        format!("{}: {} of {} healthy, {} wanted", low.budget, low.healthy, low.expected, low.desired)
    });
    printer.list("Lowest point of each budget", budgets.collect(), ROWS_MAX);
    let moved = scenario.moved.iter().map(|moved| {
        let most = moved.most_of_one.filter(|most| *most > 1);
        let most = most.map_or(String::new(), |most| format!(", one pod {most} times"));
        format!("{:>7}x {}{most}", count(moved.moves), moved.workload)
    });
    printer.list("Pods moved", moved.collect(), ROWS_MAX);
    if scenario.fits {
        printer.line("New nodes have room for all that has to move.");
    }
    for (title, pods) in messages::unplaced(&scenario.without_node) {
        printer.list(title, pods, ROWS_MAX);
    }
}

/// Prints all scenarios side by side.
/// Why an update does not succeed with some seed: how it fails, or what it waits for in vain.
fn why_not(scenario: &Scenario, group: &Group) -> Vec<String> {
    if group.succeeded == scenario.seeds {
        return Vec::new();
    }
    let stops = group.stalls.iter().find(|stall| stall.met.stops);
    let held = stops.or_else(|| group.stalls.first().filter(|_| group.failure.is_none()));
    let held = held.map(|stall| format!("held up in minute {}: {}", stall.met.minute, stall.met.what));
    group.failure.iter().cloned().chain(held).collect()
}

fn compare(printer: &mut Printer, report: &Report) {
    printer.line("");
    printer.line("What if:");
    let width = report.scenarios.iter().map(|scenario| scenario.title.len()).max().unwrap_or_default();
    for scenario in &report.scenarios {
        for group in &scenario.groups {
            let stops = group.stalls.iter().filter(|stall| stall.met.stops).count();
            printer.line(&format!(
                "  {:<width$}  {}: {} of {} succeed, {}, {}, {}, {}, {} ({stops} until patience ended)",
                scenario.title,
                group.name,
                group.succeeded,
                scenario.seeds,
                span(group.seconds),
                many(group.evictions, "eviction"),
                many(group.extra_nodes, "extra node"),
                node_hours(group.extra_node_seconds),
                numbered(group.stalls.len(), "stall"),
            ));
            why_not(scenario, group)
                .iter()
                .for_each(|line| printer.line(&format!("  {:<width$}    {line}", "")));
        }
    }
}
