//! The record of updates in a data directory where nothing runs.

use anyhow::{Context, Result};
use jiff::Timestamp;
use replank_core::cluster_upgrade::decision::Decision;
use replank_core::cluster_upgrade::event::Event;
use replank_core::cluster_upgrade::progress::Upgrade;
use replank_core::names::UpdateId;
use replank_engine::cluster_upgrade::report::{FactReport, UpgradeReport};
use replank_engine::data_dir::{DataDir, Holder};
use replank_engine::journal::{Listed, ListedUpgrade};
use replank_engine::messages;
use replank_engine::serialized::Time;
use replank_server::control::api::HistoryAnswer;
use replank_server::control::upgrade_api::UpgradeHistory;
use replank_service::update_feed;

use super::{control, upgrades};
use crate::cli::remote::OneUpdate;
use crate::client::{Client, Trouble};
use crate::errors::bad;
use crate::exit::Exit;
use crate::printer::Printer;

/// Prints the record of an update from a data directory; `None` where something runs that can be asked, or none is named.
pub(super) fn history(flags: &OneUpdate, printer: &mut Printer) -> Result<Option<Exit>> {
    let Some(path) = &flags.server.data else { return Ok(None) };
    if !matches!(Client::new(&flags.server), Err(Trouble::NobodyIn(_))) {
        return Ok(None);
    }
    let shown = path.display();
    if !path.join("FORMAT").exists() {
        return Err(bad(format!("--data {shown}: it is no data directory of replank")));
    }
    let data = DataDir::open(path, &Holder::this_process(Timestamp::now()))
        .map_err(|error| bad(error.to_string()))?;
    let journal = data.journal().map_err(|error| bad(error.to_string()))?;
    let all = journal.list().context("the journal")?;
    let upgrades = journal.upgrades().context("the journal")?;
    if let Some(id) = chosen_upgrade(&upgrades, flags.what.as_deref()) {
        let (recorded, facts) = journal.load_upgrade(&id).context("the journal")?;
        upgrades::tell_history(&whole(&recorded.upgrade, &facts), flags.server.output, printer);
        return Ok(Some(Exit::Done));
    }
    let Some(chosen) = chosen(&all, flags.what.as_deref()) else {
        let there: Vec<String> = all.iter().map(|one| format!("{} of {}", one.update, one.group)).collect();
        let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
        return Err(bad(format!("--data {shown}: there is no such update on record; there is {there}")));
    };
    let (_, events) = journal.load(&chosen).context("the journal")?;
    let events = events.iter().map(update_feed::event).collect();
    control::tell(&HistoryAnswer { update: chosen.to_string(), events }, flags.server.output, printer);
    Ok(Some(Exit::Done))
}

/// An upgrade with everything that happened to it.
fn whole(upgrade: &Upgrade, facts: &[Event]) -> UpgradeHistory {
    let told = |event: &Event| FactReport {
        at: Time(event.at),
        text: messages::upgrade::fact(upgrade, &event.fact),
    };
    UpgradeHistory {
        upgrade: upgrade.spec().upgrade.to_string(),
        events: facts.iter().map(told).collect(),
        report: UpgradeReport::of(upgrade, &Decision::default(), Timestamp::now()),
    }
}

/// The upgrade of this id or with this beginning of one, or the last one of this cluster; the last one where nothing is
/// named: updates of node groups are its children there.
fn chosen_upgrade(all: &[ListedUpgrade], what: Option<&str>) -> Option<UpdateId> {
    let fits = |one: &&ListedUpgrade| {
        what.is_none_or(|what| one.cluster.as_str() == what || one.upgrade.as_str().starts_with(what))
    };
    all.iter().rfind(fits).map(|one| one.upgrade.clone())
}

/// The update of this id or with this beginning of one, else the last one of this node group, else the last one.
fn chosen(all: &[Listed], what: Option<&str>) -> Option<UpdateId> {
    let is_id = |one: &&Listed| what.is_some_and(|what| one.update.as_str().starts_with(what));
    let is_of = |one: &&Listed| what.is_none_or(|what| one.group.as_str() == what);
    let found = all.iter().rfind(is_of).or_else(|| all.iter().find(is_id));
    found.map(|one| one.update.clone())
}
