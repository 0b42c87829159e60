//! A rehearsal as one HTML page without external resources.

use std::fmt::Write;

use jiff::SignedDuration;
use replank_engine::messages;
use replank_engine::report::plan::BesideJson;

use super::scenario::{Group, Scenario};
use super::{Report, svg, text};

/// Style sheet for light and dark mode.
const STYLE: &str = include_str!("page.css");
/// Number of rows of each table.
const ROWS_MAX: usize = 200;

/// The complete page.
pub(crate) fn page(report: &Report) -> String {
    let title = format!("Rehearsal: {}", escape(&report.cluster));
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    let _written = writeln!(
        out,
        "<p class=\"about\">Kubernetes {}, as it was at {}. Rehearsed by replank {} in virtual time; nothing was \
         changed.</p>",
        escape(&report.version),
        escape(&report.taken_at),
        env!("CARGO_PKG_VERSION")
    );
    if let Some((first, others)) = report.scenarios.split_first() {
        for group in &first.groups {
            self::group(&mut out, first, group);
        }
        timeline(&mut out, first);
        if !others.is_empty() {
            compare(&mut out, report);
        }
        pods(&mut out, first);
    }
    list(&mut out, "Taken to be so", &report.assumed);
    list(&mut out, "Not acted on", &report.left_out);
    out + "</body>\n</html>\n"
}

/// Escapes text for HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

fn group(out: &mut String, scenario: &Scenario, group: &Group) {
    let class = if group.succeeded == scenario.seeds { "good" } else { "bad" };
    let _written = writeln!(
        out,
        "<h2>Node group {}</h2>\n<p class=\"verdict {class}\">{}</p>\n<p>{} nodes to release {} ({}), rehearsed with {} \
         seeds.</p>",
        escape(&group.name),
        escape(&text::verdict(scenario, group)),
        group.nodes,
        escape(&group.release),
        escape(&group.version),
        scenario.seeds
    );
    let mut facts = vec![vec!["Takes".to_owned(), text::span(group.seconds)]];
    facts.push(vec!["Extra nodes at the peak".to_owned(), text::count(group.extra_nodes)]);
    facts.extend(group.batch.iter().map(|batch| vec!["At a time".to_owned(), batch.clone()]));
    facts
        .extend(group.phases.iter().map(|(name, length)| vec![format!("Phase {name}"), text::span(*length)]));
    table(out, &[], &facts);
    if !group.beside.is_empty() {
        let row = |found: &BesideJson| vec![sentence(&found.text), found.advice.clone()];
        *out += "<h3>Beside it</h3>\n";
        table(out, &["What", "What to do"], &group.beside.iter().map(row).collect::<Vec<_>>());
    }
    if group.stalls.is_empty() {
        let _written = writeln!(out, "<p>{}</p>", text::nothing(scenario.stalls_from));
        return;
    }
    let rows: Vec<Vec<String>> = group
        .stalls
        .iter()
        .map(|stall| {
            vec![
                stall.met.minute.to_string(),
                messages::span(SignedDuration::from_secs(stall.met.seconds)),
                stall.met.node.clone().unwrap_or_default(),
                stall.met.pod.clone().unwrap_or_default(),
                stall.met.budget.clone().unwrap_or_default(),
                if stall.met.stops {
                    format!("{} Patience ended there.", sentence(&stall.met.what))
                } else {
                    sentence(&stall.met.what)
                },
                stall.met.advice.clone().unwrap_or_default(),
                format!("{} of {}", stall.seeds, scenario.seeds),
            ]
        })
        .collect();
    *out += "<h3>What held it up</h3>\n";
    table(out, &["Minute", "For", "Node", "Pod", "Budget", "What", "What to do", "Seeds"], &rows);
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn timeline(out: &mut String, scenario: &Scenario) {
    let end = scenario.groups.iter().map(|group| group.seconds.most).max().unwrap_or_default();
    let drawn =
        scenario.timeline.iter().flat_map(|node| [node.gone, node.drained, node.ready]).flatten().max();
    let seconds =
        drawn.unwrap_or(end).max(scenario.groups.iter().map(|group| group.seconds.least).min().unwrap_or(0));
    *out += "<h2>Nodes</h2>\n<p class=\"legend\"><span class=\"old\">old node</span> <span \
             class=\"draining\">being emptied</span> <span class=\"joining\">joining</span> <span class=\"new\">new \
             node</span></p>\n<div class=\"drawing\">\n";
    *out += &svg::timeline(&scenario.timeline, seconds);
    *out += "</div>\n";
    if scenario.timeline.len() > svg::ROWS_MAX {
        let _written =
            writeln!(out, "<p>The first {} of {} nodes.</p>", svg::ROWS_MAX, scenario.timeline.len());
    }
}

fn compare(out: &mut String, report: &Report) {
    let mut rows = Vec::new();
    for scenario in &report.scenarios {
        rows.extend(scenario.groups.iter().map(|group| {
            vec![
                scenario.title.clone(),
                group.name.clone(),
                format!("{} of {}", group.succeeded, scenario.seeds),
                text::span(group.seconds),
                text::count(group.extra_nodes),
                group.stalls.len().to_string(),
            ]
        }));
    }
    *out += "<h2>What if</h2>\n";
    table(out, &["Change", "Node group", "Succeeds", "Takes", "Extra nodes", "Stalls"], &rows);
}

fn pods(out: &mut String, scenario: &Scenario) {
    let budgets: Vec<Vec<String>> = scenario
        .budgets
        .iter()
        .map(|low| {
            vec![
                low.budget.clone(),
                low.healthy.to_string(),
                low.desired.to_string(),
                low.expected.to_string(),
            ]
        })
        .collect();
    if !budgets.is_empty() {
        *out += "<h2>Lowest point of each budget</h2>\n";
        table(out, &["Budget", "Healthy", "Wanted", "Pods"], &budgets);
    }
    let moved: Vec<Vec<String>> = scenario
        .moved
        .iter()
        .map(|moved| {
            let most = moved.most_of_one.map(|most| most.to_string()).unwrap_or_default();
            vec![moved.workload.clone(), text::count(moved.moves), most]
        })
        .collect();
    if !moved.is_empty() {
        *out += "<h2>Pods moved</h2>\n";
        table(out, &["Workload", "Moves", "Most of one pod"], &moved);
    }
    let unplaced: Vec<Vec<String>> = scenario
        .unplaced
        .iter()
        .map(|pod| {
            vec![pod.pod.clone(), if pod.before { "yes" } else { "no" }.to_owned(), pod.message.clone()]
        })
        .collect();
    let [before, during, _] = messages::unplaced(&scenario.without_node);
    for (title, pods) in [before, during].into_iter().filter(|(_, pods)| !pods.is_empty()) {
        *out += &format!("<h2>{}</h2>\n", escape(title));
        table(out, &["Pod"], &pods.iter().map(|pod| vec![pod.clone()]).collect::<Vec<_>>());
    }
    if unplaced.is_empty() {
        *out += "<p>New nodes have room for all that has to move.</p>\n";
    } else {
        *out += "<h2>Pods without a node in the end</h2>\n";
        table(out, &["Pod", "Before as well", "Why"], &unplaced);
    }
}

fn table(out: &mut String, head: &[&str], rows: &[Vec<String>]) {
    *out += "<table>\n";
    if !head.is_empty() {
        let cells: String = head.iter().map(|cell| format!("<th>{cell}</th>")).collect();
        let _written = writeln!(out, "<tr>{cells}</tr>");
    }
    for row in rows.iter().take(ROWS_MAX) {
        let cells: String = row.iter().map(|cell| format!("<td>{}</td>", escape(cell))).collect();
        let _written = writeln!(out, "<tr>{cells}</tr>");
    }
    *out += "</table>\n";
    if rows.len() > ROWS_MAX {
        let _written = writeln!(out, "<p>And {} more.</p>", rows.len() - ROWS_MAX);
    }
}

fn list(out: &mut String, title: &str, rows: &[String]) {
    if rows.is_empty() {
        return;
    }
    let items: String = rows.iter().map(|row| format!("<li>{}</li>\n", escape(row))).collect();
    let _written = writeln!(out, "<h2>{title}</h2>\n<ul>\n{items}</ul>");
}
