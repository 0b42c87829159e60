//! Upgrades of whole clusters: what one would do, its beginning, what it says. Commands to it go the way of those to an
//! update.

use replank_core::cluster_upgrade::progress::Upgrade;
use replank_engine::cluster_upgrade::port::UpgradePort;
use replank_engine::cluster_upgrade::report::UpgradeReport;
use replank_service::cluster_upgrade::ClusterPort;
use replank_service::ports::Account;
use replank_service::start_cluster_upgrade::{self, StartClusterUpgrade};
use replank_service::{now, records};
use tokio::time::{Instant, timeout_at};

use super::upgrade_api::{UpgradeBegun, UpgradeHistory, UpgradeList, UpgradePlan};
use super::{Query, Refusal, Whole};
use crate::app::App;

/// What the upgrade would do. Nothing is on record afterwards.
pub(crate) async fn plan<A: Whole>(
    app: &App<A>,
    asked: &StartClusterUpgrade,
) -> Result<UpgradePlan, Refusal> {
    check(asked)?;
    let order = start_cluster_upgrade::prepare(&app.service, asked)?;
    let version = records::cluster(&app.service.records, &asked.cluster)?.version;
    let (findings_now, breaking) = (Vec::new(), Vec::new());
    let mut plan =
        UpgradePlan { cluster: asked.cluster.clone(), version, plan: None, findings: findings_now, breaking };
    if let Some(order) = order {
        let upgrade = Upgrade::new(order.spec(), now());
        let unread = |error: replank_service::ports::ReadError| {
            Refusal::new(503, "Unavailable", format!("the cluster cannot be read: {error}"))
        };
        let mut seen = ClusterPort::new(app.service.clone()).observe(&upgrade).await.map_err(unread)?;
        if seen.checked.is_none() && !upgrade.spec().is_rollback() {
            let next = UpgradePlan::first(upgrade.spec());
            seen.checked = Some(app.service.checks.check(&asked.cluster, next).map_err(unread)?);
        }
        plan.fill(&upgrade, &seen, now());
    }
    Ok(plan)
}

/// Begins an upgrade once for each client token; asked again, it answers as before.
pub(crate) fn begin<A: Account>(app: &App<A>, asked: &StartClusterUpgrade) -> Result<UpgradeBegun, Refusal> {
    check(asked)?;
    undeclared(app)?;
    let tokened = asked.tokened();
    let begun = match tokened.replayed(&app.service.records)? {
        Some(answer) => answer,
        None => match start_cluster_upgrade::prepare(&app.service, asked)? {
            Some(order) => start_cluster_upgrade::begin(&app.service, &tokened, order)?,
            None => return Ok(UpgradeBegun { upgrade: None, cluster: asked.cluster.clone() }),
        },
    };
    Ok(UpgradeBegun { upgrade: begun["upgrade"].as_str().map(str::to_owned), cluster: asked.cluster.clone() })
}

/// Refuses what would have to be declared, where updates are declared: no upgrade of a whole cluster is.
pub(crate) fn undeclared<A>(app: &App<A>) -> Result<(), Refusal> {
    match app.declared {
        None => Ok(()),
        Some(_) => Err(Refusal::new(
            409,
            "Conflict",
            "Updates are declared as custom resources here, and upgrades of whole clusters are not among them.",
        )),
    }
}

/// Every upgrade, oldest first.
pub(crate) fn list<A>(app: &App<A>) -> UpgradeList {
    UpgradeList { upgrades: app.service.feed.upgrades.reports() }
}

/// What happened to it, from a fact on; waits for one when there is none yet.
pub(crate) async fn history<A>(app: &App<A>, id: &str, query: &Query) -> Result<UpgradeHistory, Refusal> {
    let wait = query.wait()?;
    let from = query.number("from")?.unwrap_or(0) as usize;
    let until = Instant::now() + wait;
    let mut news = app.service.feed.news();
    let waits =
        |report: &UpgradeReport| report.waits.iter().map(|wait| wait.text.clone()).collect::<Vec<_>>();
    let before = waits(&known(app, id)?);
    loop {
        // What is written from here on wakes the wait below.
        let is_ending = *news.borrow_and_update();
        let report = known(app, id)?;
        let events = app.service.feed.upgrades.facts(id, from);
        let is_news = !events.is_empty() || report.status.is_over() || waits(&report) != before;
        if is_news || is_ending || timeout_at(until, news.changed()).await.is_err() {
            return Ok(UpgradeHistory { upgrade: id.to_owned(), events, report });
        }
    }
}

/// The latest report of an upgrade; refuses when there is none of that id.
pub(crate) fn known<A>(app: &App<A>, id: &str) -> Result<UpgradeReport, Refusal> {
    let found = app.service.feed.upgrades.report(id);
    found.ok_or_else(|| Refusal::missing(format!("There is no upgrade {id}.")))
}

/// What can be told wrong without any record.
fn check(asked: &StartClusterUpgrade) -> Result<(), Refusal> {
    Refusal::unless_named("cluster", &asked.cluster)?;
    Refusal::unless_filled("version", asked.version.as_ref())?;
    Refusal::unless_filled("clientRequestToken", asked.client_request_token.as_ref())
}
