//! One upgrade of a whole cluster: its steps and gates, what it waits for, its decision record, and what a person may ask.

use jiff::SignedDuration;
use maud::{Markup, html};
use replank_engine::cluster_upgrade::report::{StepReport, StepState, UpgradeReport, UpgradeStatus};
use replank_engine::messages;

use super::Visit;
use super::page::Page;
use super::route::address;
use super::shell::{self, Current, Tab, ours};
use super::upgrades::status;
use crate::app::App;
use crate::control::upgrade_api::NoManner;
use crate::control::{Refusal, Whole, updates, upgrades};

/// Something to ask of an upgrade: as the control API has it, in words, what will happen.
type Ask = (&'static str, &'static str, &'static str);

const ASKS: [Ask; 3] = [
    (
        "resume",
        "Let it go on",
        "The upgrade goes on: past the gate that it waits at, from where it was paused, or with the step that stopped, which is tried again.",
    ),
    (
        "pause",
        "Pause",
        "No further step is begun, and the update of a node group that is under way is paused. A control plane on its way cannot be held.",
    ),
    (
        "cancel",
        "Cancel",
        "It ends once what is under way is over. What is upgraded stays upgraded: a control plane never goes back. This cannot be taken \
         back; another upgrade can be started.",
    ),
];

/// The page of an upgrade.
pub(super) fn page<A: Whole>(app: &App<A>, visit: &Visit<'_>) -> Result<Page, Refusal> {
    let report = upgrades::known(app, visit.id())?;
    let facts = app.service.feed.upgrades.facts(visit.id(), 0);
    let content = html! {
        div #state data-live { (state(&report)) }
        @if visit.acts() { div #commands data-live { (offered(&report)) } }
        div #steps data-live { (steps(&report)) }
        div #record data-live {
            h2 { "Decision record" }
            ol.plain {
                @for fact in facts.iter().rev() {
                    li { time { (messages::since(report.started_at.0, fact.at.0)) } " " (fact.text) }
                }
            }
        }
    };
    let current = if report.status.is_over() { Current::Not } else { Current::Every { seconds: 2 } };
    let title = format!("Upgrade of {} to {}", report.cluster, report.to);
    Ok(shell::page(visit, Tab::Upgrades, &title, &current, &content))
}

fn state(report: &UpgradeReport) -> Markup {
    html! {
        p.about { "Upgrade " (report.upgrade) ", from " (report.from) " to " (report.to) ", asked for at " (messages::moment(report.started_at.0)) }
        p.verdict { "It " (status(report.status)) "." }
        @if !report.waits.is_empty() {
            h2 { "Waits (" (report.waits.len()) ")" }
            ul.waits {
                @for wait in &report.waits {
                    li {
                        p { (wait.text) }
                        @if let Some(advice) = &wait.advice { p.advice { (advice) } }
                    }
                }
            }
        }
        @for problem in &report.problems { div.note { p { strong { "Look at this: " } (problem) } } }
    }
}

/// The steps of an upgrade or of its plan.
pub(super) fn steps(report: &UpgradeReport) -> Markup {
    html! {
        h2 { "Steps" }
        div.wide tabindex="0" role="region" aria-label="Steps" {
            table {
                thead { tr { @for head in ["", "Step", "Disturbs", "Guarded by", "About", "Stands"] {
                    @if head.is_empty() { td {} } @else { th scope="col" { (head) } }
                } } }
                tbody { @for step in &report.steps { (row(step, report)) } }
            }
        }
    }
}

fn row(step: &StepReport, report: &UpgradeReport) -> Markup {
    let is_present = step.number == report.step && report.status != UpgradeStatus::Planned;
    let stands = match step.state {
        StepState::Pending if is_present && !report.status.is_over() => "next",
        StepState::Pending => "ahead",
        StepState::Running => "under way",
        StepState::Done => "done",
        StepState::NothingToDo => "nothing to do",
    };
    let took = step.began_at.as_ref().zip(step.ended_at.as_ref());
    html! {
        tr.now[is_present] {
            td { (step.number) "." }
            th scope="row" {
                @if step.kind == "gate" { "Gate: " }
                (step.does)
            }
            td { (step.disturbs) }
            td { (step.guard) }
            td { @if step.seconds > 0 { (messages::span(SignedDuration::from_secs(step.seconds))) } @else { "-" } }
            td {
                (stands)
                @if let Some((began, ended)) = took { ", took " (messages::span(ended.0.duration_since(began.0))) }
            }
        }
    }
}

/// What can be asked of it as it stands. Whether it is done is the engine's to say.
fn offered(report: &UpgradeReport) -> Markup {
    let fits = |verb: &str| match (verb, report.status) {
        (_, UpgradeStatus::Planned | UpgradeStatus::Succeeded | UpgradeStatus::Cancelled) => false,
        ("resume", status) => status == UpgradeStatus::Waiting,
        ("pause", status) => status == UpgradeStatus::Running,
        _ => true,
    };
    html! {
        p.commands {
            @for (verb, label, _) in ASKS.iter().filter(|(verb, ..)| fits(verb)) {
                a.button id={ "ask-" (verb) } href=(address(&["upgrades", &report.upgrade, verb])) { (label) } " "
            }
        }
    }
}

/// What will happen, and the question whether it shall.
pub(super) fn ask<A: Whole>(app: &App<A>, visit: &Visit<'_>) -> Result<Page, Refusal> {
    let (report, (verb, label, happens)) = meant(app, visit)?;
    let content = html! {
        p { (happens) }
        @for wait in &report.waits { p { "It waits: " (wait.text) } }
        form method="post" action=(address(&["upgrades", &report.upgrade, verb])) {
            (ours(visit))
            p.commands {
                button type="submit" { (label) } " "
                a.button href=(address(&["upgrades", &report.upgrade])) { "Leave it as it is" }
            }
        }
    };
    let title = format!("{label}: upgrade of {}?", report.cluster);
    Ok(shell::page(visit, Tab::Upgrades, &title, &Current::Not, &content))
}

/// Gives the command that the form names, and leads back to the upgrade.
pub(super) async fn give<A: Whole>(app: &App<A>, visit: &Visit<'_>) -> Result<Page, Refusal> {
    let (report, (verb, ..)) = meant(app, visit)?;
    updates::command_upgrade(app, &report.upgrade, verb, &NoManner::default()).await?;
    Ok(Page::elsewhere(address(&["upgrades", &report.upgrade])))
}

fn meant<A: Whole>(app: &App<A>, visit: &Visit<'_>) -> Result<(UpgradeReport, &'static Ask), Refusal> {
    let report = upgrades::known(app, visit.id())?;
    let asked = visit.given.get(1).map_or("", String::as_str);
    let ask = ASKS.iter().find(|(verb, ..)| *verb == asked);
    let ask =
        ask.ok_or_else(|| Refusal::missing(format!("{asked} is nothing that can be asked of an upgrade.")))?;
    Ok((report, ask))
}
