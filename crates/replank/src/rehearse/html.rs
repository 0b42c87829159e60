//! A rehearsal as one HTML page without external resources.

use jiff::SignedDuration;
use maud::{Markup, html};
use replank_engine::messages;

use super::scenario::{Group, Scenario};
use super::{Report, svg, text};
use crate::output::html::{list, page as whole, table};

/// Number of rows of each table.
const ROWS_MAX: usize = 200;

/// The complete page.
pub(crate) fn page(report: &Report) -> String {
    let content = html! {
        p.about {
            "Kubernetes " (report.version) ", as it was at " (report.taken_at) ". Rehearsed by replank "
            (env!("CARGO_PKG_VERSION")) " in virtual time; nothing was changed."
        }
        @if let Some((first, others)) = report.scenarios.split_first() {
            @for one in &first.groups { (group(first, one)) }
            (timeline(first))
            @if !others.is_empty() { (compare(report)) }
            (pods(first))
        }
        (list("Taken to be so", report.assumed.iter().cloned()))
        (list("Not acted on", report.left_out.iter().cloned()))
        (list("On AWS", report.cloud.iter().cloned()))
    };
    whole(&format!("Rehearsal: {}", report.cluster), &content)
}

fn group(scenario: &Scenario, group: &Group) -> Markup {
    let class = if group.succeeded == scenario.seeds { "good" } else { "bad" };
    let mut facts = vec![vec!["Takes".to_owned(), text::span(group.seconds)]];
    facts.push(vec!["Extra nodes at the peak".to_owned(), text::count(group.extra_nodes)]);
    facts.push(vec!["Beyond the size of the group".to_owned(), text::node_hours(group.extra_node_seconds)]);
    facts.extend(group.batch.iter().map(|batch| vec!["At a time".to_owned(), batch.clone()]));
    facts.extend(
        group.phases.iter().map(|phase| vec![format!("Phase {}", phase.name()), text::span(phase.seconds)]),
    );
    let beside = group.beside.iter().map(|found| vec![sentence(&found.text), found.advice.clone()]);
    html! {
        h2 { "Node group " (group.name) }
        p.verdict.(class) { (text::verdict(scenario, group)) }
        p {
            (group.nodes) " nodes to release " (group.release) " (" (group.version) "), rehearsed with "
            (scenario.seeds) " seeds."
        }
        (rows_of(&[], &facts))
        @if !group.beside.is_empty() {
            h3 { "Beside it" }
            (rows_of(&["What", "What to do"], &beside.collect::<Vec<_>>()))
        }
        @if group.stalls.is_empty() {
            p { (text::nothing(scenario.stalls_from)) }
        } @else {
            h3 { "What held it up" }
            (stalls(scenario, group))
        }
    }
}

fn stalls(scenario: &Scenario, group: &Group) -> Markup {
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
    rows_of(&["Minute", "For", "Node", "Pod", "Budget", "What", "What to do", "Seeds"], &rows)
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn timeline(scenario: &Scenario) -> Markup {
    let end = scenario.groups.iter().map(|group| group.seconds.most).max().unwrap_or_default();
    let drawn =
        scenario.timeline.iter().flat_map(|node| [node.gone, node.drained, node.ready]).flatten().max();
    let seconds =
        drawn.unwrap_or(end).max(scenario.groups.iter().map(|group| group.seconds.least).min().unwrap_or(0));
    html! {
        h2 { "Nodes" }
        p.legend {
            span.old { "old node" } " " span.draining { "being emptied" } " " span.joining { "joining" } " "
            span.new { "new node" }
        }
        div.drawing { (svg::timeline(&scenario.timeline, seconds)) }
        @if scenario.timeline.len() > svg::ROWS_MAX {
            p { "The first " (svg::ROWS_MAX) " of " (scenario.timeline.len()) " nodes." }
        }
    }
}

fn compare(report: &Report) -> Markup {
    let mut rows = Vec::new();
    for scenario in &report.scenarios {
        rows.extend(scenario.groups.iter().map(|group| {
            vec![
                scenario.title.clone(),
                group.name.clone(),
                format!("{} of {}", group.succeeded, scenario.seeds),
                text::span(group.seconds),
                text::count(group.evictions),
                text::count(group.extra_nodes),
                text::node_hours(group.extra_node_seconds),
                group.stalls.len().to_string(),
            ]
        }));
    }
    html! {
        h2 { "What if" }
        (rows_of(&["Change", "Node group", "Succeeds", "Takes", "Evictions", "Extra nodes", "Node-hours", "Stalls"], &rows))
    }
}

fn pods(scenario: &Scenario) -> Markup {
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
    let moved: Vec<Vec<String>> = scenario
        .moved
        .iter()
        .map(|moved| {
            let most = moved.most_of_one.map(|most| most.to_string()).unwrap_or_default();
            vec![moved.workload.clone(), text::count(moved.moves), most]
        })
        .collect();
    let unplaced: Vec<Vec<String>> = scenario
        .unplaced
        .iter()
        .map(|pod| {
            vec![pod.pod.clone(), if pod.before { "yes" } else { "no" }.to_owned(), pod.message.clone()]
        })
        .collect();
    let [before, during, _] = messages::unplaced(&scenario.without_node);
    html! {
        (section("Lowest point of each budget", &["Budget", "Healthy", "Wanted", "Pods"], &budgets))
        (section("Pods moved", &["Workload", "Moves", "Most of one pod"], &moved))
        @for (title, pods) in [before, during] {
            (section(title, &["Pod"], &pods.into_iter().map(|pod| vec![pod]).collect::<Vec<_>>()))
        }
        @if unplaced.is_empty() {
            p { "New nodes have room for all that has to move." }
        } @else {
            h2 { "Pods without a node in the end" }
            (rows_of(&["Pod", "Before as well", "Why"], &unplaced))
        }
    }
}

/// A table under a heading; nothing without rows.
fn section(title: &str, head: &[&str], rows: &[Vec<String>]) -> Markup {
    html! {
        @if !rows.is_empty() {
            h2 { (title) }
            (rows_of(head, rows))
        }
    }
}

/// A table of the first rows, and how many there are beyond.
fn rows_of(head: &[&str], rows: &[Vec<String>]) -> Markup {
    html! {
        (table(head, &rows[..rows.len().min(ROWS_MAX)]))
        @if rows.len() > ROWS_MAX {
            p { "And " (rows.len() - ROWS_MAX) " more." }
        }
    }
}
