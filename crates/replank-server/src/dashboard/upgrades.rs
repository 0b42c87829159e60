//! Upgrades of whole clusters: those there are, the plan of another, and its start.

use jiff::SignedDuration;
use maud::{Markup, html};
use replank_engine::cluster_upgrade::report::{UpgradeReport, UpgradeStatus};
use replank_engine::messages;
use replank_service::records::Gate;
use replank_service::start_cluster_upgrade::StartClusterUpgrade;
use replank_service::uuid;

use super::page::Page;
use super::route::address;
use super::shell::{self, Current, Tab, ours};
use super::{Visit, upgrade};
use crate::app::App;
use crate::control::api::ClusterAnswer;
use crate::control::upgrade_api::UpgradePlan;
use crate::control::{Refusal, Whole, lists, upgrades};

/// Where an upgrade may wait for a person: the word of the form, what it is, in words.
const GATES: [(&str, Gate, &str); 3] = [
    ("cluster", Gate::Cluster, "before each control plane but the first"),
    ("each", Gate::Each, "before each step but the first"),
    ("none", Gate::None, "nowhere"),
];

/// The page: what there is, the form, and the plan that it asked for.
pub(super) async fn page<A: Whole>(app: &App<A>, visit: &Visit<'_>) -> Result<Page, Refusal> {
    let clusters = lists::clusters(app)?.clusters;
    let mut every = upgrades::list(app).upgrades;
    every.reverse();
    let planned = if visit.form.is_ticked("plan") {
        let asked = asked(visit)?;
        let answer = upgrades::plan(app, &asked).await;
        Some((asked, answer))
    } else {
        None
    };
    let content = html! {
        p { "A cluster goes up one Kubernetes minor at a time: control plane, add-ons, nodes, each step checked before." }
        (asking(visit, &clusters))
        @if let Some((asked, answer)) = &planned {
            section #plans aria-label="Plan" {
                h2 { "What would happen" }
                @match answer {
                    Ok(plan) => (plan_of(visit, asked, plan)),
                    Err(refusal) => { p.bad { (refusal.message) } }
                }
            }
        }
        div #upgrades data-live {
            h2 { "Upgrades" }
            @if every.is_empty() { p { "None so far." } }
            ul.plain { @for report in &every { li { (line(report)) } } }
        }
    };
    Ok(shell::page(visit, Tab::Upgrades, "Whole clusters", &Current::Every { seconds: 5 }, &content))
}

/// Upgrades under way, for the first page; nothing when there is none.
pub(super) fn running<A: Whole>(app: &App<A>) -> Markup {
    let every = upgrades::list(app).upgrades;
    let running: Vec<&UpgradeReport> = every.iter().filter(|report| !report.status.is_over()).collect();
    html! {
        @if !running.is_empty() {
            h2 { "Upgrades of whole clusters" }
            ul.plain { @for report in running { li { (line(report)) } } }
        }
    }
}

fn line(report: &UpgradeReport) -> Markup {
    html! {
        a href=(address(&["upgrades", &report.upgrade])) {
            (report.cluster) " from " (report.from) " to " (report.to)
        }
        ": " (status(report.status)) ", step " (report.step.min(report.steps.len())) " of " (report.steps.len())
        @if let Some(wait) = report.waits.first() { p.small { "Waits: " (wait.text) } }
    }
}

/// How an upgrade stands, in words.
pub(super) fn status(status: UpgradeStatus) -> &'static str {
    match status {
        UpgradeStatus::Planned => "planned",
        UpgradeStatus::Running => "goes on",
        UpgradeStatus::Waiting => "waits for a person",
        UpgradeStatus::Succeeded => "succeeded",
        UpgradeStatus::Cancelled => "cancelled",
    }
}

/// What the form asks for.
fn asked(visit: &Visit<'_>) -> Result<StartClusterUpgrade, Refusal> {
    let word = visit.form.text("gate").unwrap_or("cluster");
    let gate = GATES.iter().find(|(known, ..)| *known == word).map(|(_, gate, _)| *gate);
    let gate = gate.ok_or_else(|| Refusal::bad(format!("gate: {word} is none of cluster, each and none")))?;
    Ok(StartClusterUpgrade {
        cluster: visit.form.required("cluster")?.to_owned(),
        version: visit.form.owned("version"),
        all: visit.form.is_ticked("all"),
        gate,
        skip_workers: false,
        accept: Vec::new(),
        client_request_token: visit.form.owned("token"),
    })
}

fn asking(visit: &Visit<'_>, clusters: &[ClusterAnswer]) -> Markup {
    let chosen = visit.form.text("cluster");
    html! {
        form.fields method="get" action=(address(&["upgrades"])) {
            input type="hidden" name="plan" value="yes";
            label {
                "Cluster"
                select name="cluster" required {
                    @for cluster in clusters {
                        option value=(cluster.name) selected[chosen == Some(&cluster.name)] { (cluster.name) " (" (cluster.version) ")" }
                    }
                }
            }
            label {
                "To version"
                input name="version" value=(visit.form.text("version").unwrap_or_default()) placeholder="the next one";
            }
            label {
                "It waits for you"
                select name="gate" {
                    @for (word, _, words) in GATES {
                        option value=(word) selected[visit.form.text("gate") == Some(word)] { (words) }
                    }
                }
            }
            p { label { input type="checkbox" name="all" value="yes" checked[visit.form.is_ticked("all")]; " every minor between" } }
            button type="submit" { "Plan" }
        }
    }
}

fn plan_of(visit: &Visit<'_>, asked: &StartClusterUpgrade, plan: &UpgradePlan) -> Markup {
    let Some(report) = &plan.plan else {
        return html! { p.verdict { "Cluster " (plan.cluster) " is at " (plan.version) " already. There is nothing to do." } };
    };
    let seconds = report.steps.iter().map(|step| step.seconds).sum();
    html! {
        p.verdict {
            "Cluster " (plan.cluster) " from " (report.from) " to " (report.to) ": " (report.steps.len()) " steps, about "
            (messages::span(SignedDuration::from_secs(seconds))) " where nothing holds it up."
        }
        @if !plan.findings.is_empty() {
            div.note {
                h3 { "What would hold it up now" }
                ul { @for finding in &plan.findings { li { (finding) } } }
            }
        }
        @if !plan.breaking.is_empty() {
            div.note {
                h3 { "What would stop working" }
                ul { @for finding in &plan.breaking { li { (finding) } } }
            }
        }
        (upgrade::steps(report))
        @if visit.acts() { (starting(visit, asked)) }
    }
}

fn starting(visit: &Visit<'_>, asked: &StartClusterUpgrade) -> Markup {
    let gate = GATES.iter().find(|(_, gate, _)| *gate == asked.gate).map_or("cluster", |(word, ..)| word);
    let token = format!("dashboard-{}", uuid());
    html! {
        form method="post" action=(address(&["upgrades"])) {
            (ours(visit))
            input type="hidden" name="cluster" value=(asked.cluster);
            @if let Some(version) = &asked.version { input type="hidden" name="version" value=(version); }
            @if asked.all { input type="hidden" name="all" value="yes"; }
            input type="hidden" name="gate" value=(gate);
            input type="hidden" name="token" value=(token);
            p { label { input type="checkbox" name="approved" value="yes" required; " I have read this plan; upgrade the cluster" } }
            button type="submit" { "Start this upgrade" }
        }
    }
}

/// Starts an upgrade that was approved.
pub(super) fn begin<A: Whole>(app: &App<A>, visit: &Visit<'_>) -> Result<Page, Refusal> {
    if !visit.form.is_ticked("approved") {
        return Err(Refusal::bad(
            "approved: it is not ticked. Nothing was started; read the plan and approve it.",
        ));
    }
    let begun = upgrades::begin(app, &asked(visit)?)?;
    Ok(Page::elsewhere(match begun.upgrade {
        Some(upgrade) => address(&["upgrades", &upgrade]),
        None => address(&["upgrades"]),
    }))
}
