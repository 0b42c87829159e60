//! Plans side by side: what each would take, need and meet.

use jiff::SignedDuration;
use maud::{Markup, html};
use replank_core::node_group::plan::Finding;
use replank_engine::messages;
use replank_engine::report::PhaseJson;
use replank_engine::report::plan::PlanJson;
use replank_engine::serialized::SerializedForm;

use super::Visit;
use super::plan::{Tried, starting, word};
use crate::control::api::{PlanAnswer, UpdateRequest};

/// Most pods that are written out of each list.
const PODS_MAX: usize = 12;

/// A row of the table: its words, and what stands in it for a plan.
type Row = (&'static str, fn(&PlanJson) -> String);

const ROWS: [Row; 9] = [
    ("In the end", |plan| plan.verdict.clone()),
    ("Takes about", |plan| span(plan.seconds)),
    ("Nodes at the peak", |plan| plan.peak.to_string()),
    ("Beyond the size of the group", |plan| {
        messages::node_hours(SignedDuration::from_secs(plan.extra_node_seconds))
    }),
    ("Evictions", |plan| plan.evictions.to_string()),
    ("At a time", |plan| plan.batch_reason.clone().unwrap_or_default()),
    ("Extra nodes", |plan| plan.increment_reason.clone().unwrap_or_default()),
    ("To release", |plan| format!("{} ({})", plan.release, plan.version)),
    ("Pods that hold it up", |plan| plan.findings.iter().filter(|one| one.blocks).count().to_string()),
];

/// The plans.
pub(super) fn of(visit: &Visit<'_>, tried: &[Tried]) -> Markup {
    html! {
        section #plans aria-label="Plans" {
            h2 { "What would happen" }
            div.wide tabindex="0" role="region" aria-label="Plans side by side" {
                table {
                    thead {
                        tr { td {} @for (at, one) in tried.iter().enumerate() { th scope="col" { (name(at, &one.asked)) } } }
                    }
                    tbody {
                        @for (words, cell) in ROWS {
                            tr {
                                th scope="row" { (words) }
                                @for one in tried { td { @if let Ok(answer) = &one.answer { (cell(&answer.plan)) } @else { "-" } } }
                            }
                        }
                        (phases(tried))
                    }
                }
            }
            div.columns {
                @for (at, one) in tried.iter().enumerate() {
                    section aria-label=(name(at, &one.asked)) {
                        h3 { (name(at, &one.asked)) }
                        @match &one.answer {
                            Ok(answer) => { (details(answer)) @if visit.acts() { (starting(visit, &one.asked)) } }
                            Err(refusal) => { p.bad { (refusal.message) } }
                        }
                    }
                }
            }
        }
    }
}

/// A change in few words.
fn name(at: usize, asked: &UpdateRequest) -> String {
    let said = [
        asked.max_unavailable.map(|count| format!("{count} at a time")),
        asked.max_unavailable_percentage.map(|share| format!("{share}% at a time")),
        asked.strategy.as_ref().map(|strategy| strategy.to_lowercase()),
        asked.order.map(|order| format!("order {}", word(order))),
        asked.version.clone(),
        asked.release_version.clone(),
        asked.force.then(|| "force".to_owned()),
    ];
    let said: Vec<String> = said.into_iter().flatten().collect();
    let first = if at == 0 { "Update".to_owned() } else { format!("What if {at}") };
    if said.is_empty() { first } else { format!("{first}: {}", said.join(", ")) }
}

/// The phases, each with its length in each plan.
fn phases(tried: &[Tried]) -> Markup {
    let plans: Vec<Option<&PlanJson>> =
        tried.iter().map(|one| one.answer.as_ref().ok().map(|answer| &answer.plan)).collect();
    let mut names: Vec<&str> = Vec::new();
    for name in plans.iter().flatten().flat_map(|plan| &plan.phases).map(PhaseJson::name) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let length = |plan: &PlanJson, name: &str| {
        let found = plan.phases.iter().find(|phase| phase.name() == name);
        found.map_or("-".to_owned(), |phase| span(phase.seconds))
    };
    html! {
        @for name in &names {
            tr {
                th scope="row" { "Phase " (name) }
                @for plan in &plans { td { @if let Some(plan) = plan { (length(plan, name)) } @else { "-" } } }
            }
        }
    }
}

/// What does not fit a table.
fn details(answer: &PlanAnswer) -> Markup {
    let plan = &answer.plan;
    let (blocking, notes): (Vec<_>, Vec<_>) = plan.findings.iter().partition(|finding| finding.blocks);
    let lists = [("Pods that hold it up", blocking), ("Good to know", notes)];
    html! {
        p { (plan.verdict) }
        @if let Some(why) = &answer.projected_because { p.small { "Projected, not rehearsed: " (why) } }
        @for (title, findings) in &lists {
            @if !findings.is_empty() {
                h4 { (title) }
                ul.waits {
                    @for (text, advice) in messages::findings(&findings.iter().map(|one| one.finding.clone().back()).collect::<Vec<Finding>>()) {
                        li { p { (text) } @if let Some(advice) = advice { p.advice { (advice) } } }
                    }
                }
            }
        }
        @for (title, pods) in messages::unplaced(&plan.unplaced.back()) {
            @if !pods.is_empty() {
                h4 { (title) }
                ul { @for pod in pods.iter().take(PODS_MAX) { li { (pod) } } }
                @if pods.len() > PODS_MAX { p { "And " (pods.len() - PODS_MAX) " more." } }
            }
        }
        @if !plan.beside.is_empty() {
            h4 { "Beside it" }
            ul.waits { @for found in &plan.beside { li { p { (found.text) } p.advice { (found.advice) } } } }
        }
    }
}

fn span(seconds: i64) -> String {
    messages::span(SignedDuration::from_secs(seconds))
}
