//! One update: where it is, what it waits for, its nodes, its budgets, what it tells; live while it runs.

use maud::{Markup, html};
use replank_engine::messages;
use replank_engine::report::wire::{ReportJson, WaitJson};
use replank_engine::report::{BudgetJson, WaitedJson};
use replank_engine::serialized::SerializedForm;

use super::page::Page;
use super::route::address;
use super::shell::{self, Current, Tab};
use super::{Visit, command, fleet, log, phases, tiles};
use crate::app::App;
use crate::control::api::UpdateAnswer;
use crate::control::{Refusal, Whole, updates};

/// Most waits and most budgets that are written out.
const ROWS_MAX: usize = 50;

/// The page of an update.
pub(super) fn page<A: Whole>(app: &App<A>, visit: &Visit<'_>) -> Result<Page, Refusal> {
    let id = visit.id();
    let update = updates::show(app, id)?;
    let is_running = update.is_running();
    let nodes = updates::nodes(app, id)?;
    let facts = app.service.feed.events(id).unwrap_or_default();
    let forecast = app.forecasts.of(id);
    let told = log::Told::of(app, id)?;
    let content = html! {
        div #state data-live { (state(&update)) }
        @if visit.acts() {
            div #commands data-live { (command::offered(&update)) }
        }
        div #phases data-live { (phases::table(&facts, forecast.as_deref(), update.report.as_deref())) }
        div #waits data-live { (waits(&update)) }
        div #nodes data-live { (tiles::section(nodes.nodes.as_deref(), is_running)) }
        div #budgets data-live { (budgets(&nodes.budgets)) }
        @if !visit.is_part() { (told.section()) }
        div #waited data-live { (waited(update.waited.as_deref().unwrap_or_default())) }
    };
    let current = if is_running {
        Current::Events { address: format!("{}{}", address(&["updates", id, "events"]), told.from()) }
    } else {
        Current::Not
    };
    Ok(shell::page(visit, Tab::Fleet, &format!("Update of {}", fleet::title(&update)), &current, &content))
}

/// What it is and where it stands.
fn state(update: &UpdateAnswer) -> Markup {
    let Some(report) = &update.report else {
        return html! {
            p.verdict { "No turn was taken in this run of the server." }
            p.about { "Update " (update.update) }
        };
    };
    html! {
        p.about {
            "Update " (update.update) ", to release " (report.release)
            @if !report.version.is_empty() { " (" (report.version) ")" }
            ", asked for at " (messages::moment(report.started_at.0))
        }
        (verdict(report))
        (numbers(report))
        @for problem in &report.problems {
            div.note { p { strong { "Look at this: " } (problem.text) } p { (problem.advice) } }
        }
        @if let Some(failure) = &report.failure {
            div.note.bad { p { strong { "It failed: " } (failure.message) } p { (failure.detail) } }
        }
    }
}

fn verdict(report: &ReportJson) -> Markup {
    if let Some(end) = &report.end {
        let outcome = messages::outcome(end.outcome.clone().back());
        let lasted = messages::span(end.at.0.duration_since(report.started_at.0));
        let class = if report.failure.is_none() && outcome == "succeeded" { "good" } else { "bad" };
        return html! { p.verdict.(class) { "It " (outcome) " after " (lasted) "." } };
    }
    let phase = messages::phase(report.phase.clone().back());
    let since = messages::span(report.at.0.duration_since(report.phase_since.0));
    html! {
        p.verdict {
            @if report.wishes.cancelled.is_some() { "Being cancelled. " }
            @if report.wishes.paused.is_some() { "Paused. " }
            (phase) " for " (since) ", " (messages::span(report.at.0.duration_since(report.started_at.0))) " in all."
        }
    }
}

/// How many nodes stand where, with a bar of what is done.
fn numbers(report: &ReportJson) -> Markup {
    let counts = &report.counts;
    let all = counts.old + counts.replaced;
    let sizes = report.sizes.clone().map(|sizes| messages::sizes(&sizes.back()));
    html! {
        p {
            label for="done" { (counts.replaced) " of " (all) " nodes replaced " }
            progress #done value=(counts.replaced) max=(all.max(1)) { (counts.replaced) " of " (all) }
        }
        dl.numbers {
            @for (name, number) in [
                ("old", counts.old), ("in work", counts.in_work), ("joining", counts.joining), ("new", counts.ready),
                ("closed", counts.closed), ("leaving", counts.leaving), ("surplus removed", counts.removed),
            ] {
                div { dt { (name) } dd { (number) } }
            }
            @if let Some(batch) = report.batch { div { dt { "at a time" } dd { (batch) } } }
            @if let Some(extra) = report.increment { div { dt { "extra nodes" } dd { (extra) } } }
            @if let Some(sizes) = sizes { div { dt { "sizes" } dd { (sizes) } } }
            div { dt { "force" } dd { @if report.force { "yes" } @else { "no" } } }
        }
    }
}

/// Everything that is waited for, in the words that every face has.
fn waits(update: &UpdateAnswer) -> Markup {
    let Some(report) = &update.report else { return html! {} };
    let waits = &report.waits;
    if report.end.is_some() {
        return html! {};
    }
    html! {
        h2 { "Waits (" (waits.len()) ")" }
        @if waits.is_empty() { p { "It waits for nothing." } }
        ul.waits {
            @for wait in waits.iter().take(ROWS_MAX) { (one_wait(wait)) }
        }
        @if waits.len() > ROWS_MAX { p { "And " (waits.len() - ROWS_MAX) " more." } }
    }
}

fn one_wait(wait: &WaitJson) -> Markup {
    html! {
        li {
            p { (wait.text) }
            @if let Some(advice) = &wait.advice { p.advice { (advice) } }
        }
    }
}

/// Each budget as a meter, those that allow least first.
fn budgets(budgets: &[BudgetJson]) -> Markup {
    let mut rows: Vec<&BudgetJson> = budgets.iter().collect();
    rows.sort_by_key(|one| (one.allowed, &one.budget));
    html! {
        @if !rows.is_empty() {
            h2 { "Budgets" }
            div.wide tabindex="0" role="region" aria-label="Budgets" {
                table {
                    thead {
                        tr {
                            @for head in ["Budget", "Healthy", "", "Needed", "May go now", "Lowest so far"] {
                                @if head.is_empty() { td {} } @else { th scope="col" { (head) } }
                            }
                        }
                    }
                    tbody {
                        @for one in rows.iter().take(ROWS_MAX) { (meter(one)) }
                    }
                }
            }
            @if rows.len() > ROWS_MAX { p { "And " (rows.len() - ROWS_MAX) " more that allow as much or more." } }
        }
    }
}

fn meter(one: &BudgetJson) -> Markup {
    let most = one.expected.max(one.healthy).max(1);
    let text = format!("{} of {} healthy", one.healthy, one.expected);
    let label = format!("{}: {text}, {} needed", one.budget, one.desired);
    html! {
        tr {
            th scope="row" { (one.budget) span.small { " " (one.rule) } }
            td { (text) }
            td { meter min="0" max=(most) value=(one.healthy) low=(one.desired) optimum=(most) aria-label=(label) { (text) } }
            td { (one.desired) }
            td { (one.allowed) @if one.allowed == 0 { " (none)" } }
            td { (one.lowest) @if one.lowest < one.desired { " (below what is needed)" } }
        }
    }
}

/// What it waited for before.
fn waited(waited: &[WaitedJson]) -> Markup {
    html! {
        @if !waited.is_empty() {
            details #waited-before {
                summary { "What it waited for before (" (waited.len()) ")" }
                ul {
                    @for one in waited.iter().take(ROWS_MAX) {
                        li {
                            (messages::span(jiff::SignedDuration::from_secs(one.seconds)))
                            @if one.times > 1 { " at the longest of " (one.times) " times" }
                            ": " (one.what)
                        }
                    }
                }
            }
        }
    }
}
