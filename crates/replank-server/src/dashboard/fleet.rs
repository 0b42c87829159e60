//! The fleet: every cluster with its support, every node group with its nodes, what runs and what that waits for.

use std::collections::BTreeMap;

use jiff::Timestamp;
use maud::{Markup, html};
use replank_engine::messages;
use replank_engine::serialized::SerializedForm;
use replank_service::catalogue;
use replank_service::ports::inventory::NodeRow;
use replank_service::records::Nodegroup;

use super::page::Page;
use super::route::{address, queried};
use super::shell::{self, Current, Tab};
use super::{Visit, upgrades};
use crate::app::App;
use crate::control::api::{ClusterAnswer, UpdateAnswer};
use crate::control::{Query, Refusal, Whole, lists, updates};
use crate::uri;

/// How many updates are listed that are over, the latest ones.
const OVER_MAX: usize = 20;

/// The first page.
pub(super) async fn page<A: Whole>(app: &App<A>, visit: &Visit<'_>) -> Result<Page, Refusal> {
    let clusters = lists::clusters(app)?.clusters;
    let every = updates::list(app, &Query::of("")?)?.updates;
    let mut sections = Vec::new();
    for cluster in &clusters {
        sections.push(section(app, cluster, &every).await?);
    }
    let content = html! {
        div #fleet data-live {
            @for section in &sections { (section) }
            @if sections.is_empty() { p { "There is no cluster on record." } }
            (upgrades::running(app))
            (over(&every))
        }
    };
    Ok(shell::page(visit, Tab::Fleet, "Fleet", &Current::Every { seconds: 3 }, &content))
}

/// A cluster with its groups.
async fn section<A: Whole>(
    app: &App<A>,
    cluster: &ClusterAnswer,
    every: &[UpdateAnswer],
) -> Result<Markup, Refusal> {
    let query = Query::of(&format!("cluster={}", uri::encode(&cluster.name)))?;
    let groups = lists::nodegroups(app, &query)?.nodegroups;
    let mut rows = Vec::new();
    for group in &groups {
        rows.push(row(app, cluster, group, every).await);
    }
    let status = serde_json::to_value(cluster.status).unwrap_or_default();
    Ok(html! {
        section aria-label={ "Cluster " (cluster.name) } {
            h2 { "Cluster " (cluster.name) }
            p {
                "Kubernetes " (cluster.version) " (" (cluster.platform_version) "), "
                (status.as_str().unwrap_or_default()) ". " (support(&cluster.version, replank_service::now())) " "
                a href=(queried("upgrades", &[("cluster", &cluster.name)])) { "Upgrade this cluster" }
            }
            @if rows.is_empty() {
                p { "It has no node group." }
            } @else {
                div.wide tabindex="0" role="region" aria-label={ "Node groups of " (cluster.name) } {
                    table {
                        thead {
                            tr {
                                @for head in ["Node group", "Runs", "Newest", "Nodes", "Old", "Status", "Update"] {
                                    th scope="col" { (head) }
                                }
                                td {}
                            }
                        }
                        tbody { @for row in &rows { (row) } }
                    }
                }
            }
        }
    })
}

/// A node group.
async fn row<A: Whole>(
    app: &App<A>,
    cluster: &ClusterAnswer,
    group: &Nodegroup,
    every: &[UpdateAnswer],
) -> Markup {
    let name = &group.nodegroup_name;
    let nodes = app.service.account.nodes(&cluster.name, Some(name)).await;
    let release = group.release_version.as_deref().unwrap_or("unknown");
    let newest = app.service.account.images(Some(&group.ami_type), group.version.as_deref()).await;
    let newest = newest.ok().and_then(|images| images.last().map(|image| image.release.clone()));
    let running = every.iter().rev().find(|update| {
        update.is_running()
            && update.cluster.as_deref() == Some(&cluster.name)
            && update.nodegroup.as_deref() == Some(name)
    });
    let status = serde_json::to_value(group.status).unwrap_or_default();
    html! {
        tr {
            th scope="row" { (name) }
            td { (release) }
            td { (newest.as_deref().unwrap_or("unknown")) @if newest.as_deref() == Some(release) { " (this)" } }
            @match &nodes {
                Ok(nodes) => { td { (nodes.len()) } td { (old(nodes, release, running)) } }
                Err(error) => { td colspan="2" { "The nodes cannot be read: " (error) } }
            }
            td { (status.as_str().unwrap_or_default()) }
            td {
                @if let Some(update) = running {
                    (under_way(update))
                } @else if let Some(other) = app.service.feed.elsewhere_of(name) {
                    "run by replica " (other.replica) p.small { (other.said) }
                } @else {
                    "none"
                }
            }
            td {
                a href=(queried("plan", &[("cluster", &cluster.name), ("nodegroup", name)])) {
                    "Plan" span.hidden { " an update of " (name) }
                }
            }
        }
    }
}

/// How many nodes are old: by the report of the update under way, else by what they run, with each release of others.
fn old(nodes: &[NodeRow], release: &str, running: Option<&UpdateAnswer>) -> String {
    if let Some(report) = running.and_then(|update| update.report.as_ref()) {
        return report.counts.old.to_string();
    }
    let mut others: BTreeMap<&str, usize> = BTreeMap::new();
    for node in nodes.iter().filter(|node| node.release != release) {
        *others.entry(&node.release).or_default() += 1;
    }
    let named: Vec<String> = others.iter().map(|(release, count)| format!("{count} of {release}")).collect();
    if named.is_empty() { "0".to_owned() } else { named.join(", ") }
}

/// An update under way: where it is, and what it waits for first.
fn under_way(update: &UpdateAnswer) -> Markup {
    let Some(report) = &update.report else {
        return html! { a href=(address(&["updates", &update.update])) { "begins" } };
    };
    let all = report.counts.old + report.counts.replaced;
    html! {
        a href=(address(&["updates", &update.update])) {
            (messages::phase(report.phase.clone().back())) ", " (report.counts.replaced) " of " (all) " replaced"
        }
        @if report.wishes.paused.is_some() { " (paused)" }
        @if let Some((first, others)) = report.waits.split_first() {
            p.small {
                "Waits: " (first.text)
                @if !others.is_empty() { ", and " (others.len()) " more" }
            }
        }
    }
}

/// Updates that are over, the latest first.
fn over(every: &[UpdateAnswer]) -> Markup {
    let over: Vec<&UpdateAnswer> =
        every.iter().rev().filter(|update| !update.is_running()).take(OVER_MAX).collect();
    html! {
        h2 { "Updates that are over" }
        @if over.is_empty() {
            p { "None so far." }
        } @else {
            ul.plain {
                @for update in over {
                    li {
                        a href=(address(&["updates", &update.update])) { (title(update)) }
                        ": " (ended(update))
                    }
                }
            }
        }
    }
}

/// What an update is of.
pub(super) fn title(update: &UpdateAnswer) -> String {
    let cluster = update.cluster.as_deref().unwrap_or("an unknown cluster");
    match &update.nodegroup {
        Some(group) => format!("{group} of {cluster}"),
        None => {
            format!("{} of {cluster}", update.recorded.as_ref().map_or("update", |recorded| &recorded.kind))
        }
    }
}

/// How an update ended, in words.
fn ended(update: &UpdateAnswer) -> String {
    if let Some(end) = update.report.as_ref().and_then(|report| report.end.as_ref()) {
        return format!("{}, {}", messages::outcome(end.outcome.clone().back()), messages::moment(end.at.0));
    }
    let Some(recorded) = &update.recorded else { return "of an earlier run of the server".to_owned() };
    let status = serde_json::to_value(recorded.status).unwrap_or_default();
    let at = recorded.created_at_wall.as_deref().unwrap_or_default();
    format!("{}, asked for at {at}", status.as_str().unwrap_or_default())
}

/// How long a minor is supported.
fn support(minor: &str, now: Timestamp) -> String {
    let Ok(version) = catalogue::cluster_version(minor) else {
        return "Its support dates are not known.".to_owned();
    };
    let [_, standard, extended] = version.days;
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    let left = |at: Timestamp| messages::span(at.duration_since(now));
    match version.support(now).1 {
        "standard-support" => format!(
            "Standard support until {} (in {}), extended until {}.",
            day(standard),
            left(standard),
            day(extended)
        ),
        "extended-support" => {
            format!(
                "Standard support ended on {}; extended until {} (in {}).",
                day(standard),
                day(extended),
                left(extended)
            )
        }
        _ => format!("Unsupported since {}.", day(extended)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn support_is_told_with_its_dates() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let days = catalogue::cluster_version("1.33").unwrap().days;
        let hour = jiff::SignedDuration::from_hours(1);
        assert!(support("1.33", days[1] - hour).starts_with("Standard support until "));
        assert!(support("1.33", days[1] - hour).contains("(in 1 h)"));
        assert!(support("1.33", days[1]).starts_with("Standard support ended on "));
        assert!(support("1.33", days[2]).starts_with("Unsupported since "));
        assert_eq!(support("9.99", at("2026-01-01T00:00:00Z")), "Its support dates are not known.");
    }
}
