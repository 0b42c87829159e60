//! Upgrades of whole clusters that are on a server: which one is meant, what it says, what is asked of it.

use anyhow::{Context, Result};
use replank_engine::cluster_upgrade::report::{StepState, UpgradeReport};
use replank_engine::messages;
use replank_server::control::api::CommandAnswer;
use replank_server::control::upgrade_api::{NoManner, UpgradeHistory, UpgradeList};

use super::why;
use crate::cli::remote::{Format, OneUpdate};
use crate::client::{Client, encoded};
use crate::cluster_upgrade::Told;
use crate::exit::Exit;
use crate::follow::away::{Away, WAIT};
use crate::interrupt::Interrupt;
use crate::output;
use crate::printer::Printer;

/// Every upgrade, or those of a cluster, oldest first.
fn all(client: &Client, cluster: Option<&str>) -> Result<Vec<UpgradeReport>> {
    let list: UpgradeList = client.get("upgrades", &[])?;
    Ok(list.upgrades.into_iter().filter(|it| cluster.is_none_or(|name| it.cluster == name)).collect())
}

/// Those that are not over.
pub(super) fn running(client: &Client, cluster: Option<&str>) -> Result<Vec<UpgradeReport>> {
    Ok(all(client, cluster)?.into_iter().filter(|upgrade| !upgrade.status.is_over()).collect())
}

/// The upgrade that is meant, if one is: by its id, by its cluster, or the one under way when nothing is named.
pub(super) fn meant(client: &Client, flags: &OneUpdate) -> Result<Option<UpgradeReport>> {
    Ok(chosen(all(client, flags.cluster.cluster.as_deref())?, flags.what.as_deref()))
}

fn chosen(all: Vec<UpgradeReport>, what: Option<&str>) -> Option<UpgradeReport> {
    let fits = |upgrade: &UpgradeReport| match what {
        Some(what) => upgrade.upgrade == what || upgrade.cluster == what,
        None => !upgrade.status.is_over(),
    };
    // Of a cluster that is named the last one counts, which is the one under way where there is one.
    all.into_iter().rfind(fits)
}

/// Asks something of an upgrade.
pub(super) fn command(
    client: &Client,
    upgrade: &UpgradeReport,
    verb: &str,
    format: Format,
    printer: &mut Printer,
) -> Result<Exit> {
    let id = &upgrade.upgrade;
    let answer: CommandAnswer =
        client.post(&format!("upgrades/{}/{verb}", encoded(id)), &[], &NoManner {})?;
    let said = match verb {
        "pause" => "is paused; what is under way is finished or held. It goes on with: replank resume",
        "resume" => "goes on",
        _ => "is being cancelled: what is under way ends first. See it end with: replank follow",
    };
    output::print(printer, format, &answer, |printer| {
        printer.line(&format!("upgrade {id} of cluster {} {said}", upgrade.cluster));
    });
    Ok(Exit::Done)
}

/// Prints the decision record.
pub(super) fn history(client: &Client, id: &str, format: Format, printer: &mut Printer) -> Result<Exit> {
    let history: UpgradeHistory = client.get(&format!("upgrades/{}/history", encoded(id)), &[])?;
    tell_history(&history, format, printer);
    Ok(Exit::Done)
}

/// Prints everything that happened.
pub(super) fn tell_history(history: &UpgradeHistory, format: Format, printer: &mut Printer) {
    output::print(printer, format, history, |printer| {
        for event in &history.events {
            let since = messages::since(history.report.started_at.0, event.at.0);
            printer.line(&format!("{since} {}", event.text));
        }
    });
}

/// Prints what an upgrade waits for.
pub(super) fn tell(printer: &mut Printer, upgrade: &UpgradeReport) {
    let UpgradeReport { upgrade: id, cluster, from, to, .. } = upgrade;
    printer.line(&format!("Upgrade {id} of cluster {cluster} from {from} to {to}"));
    let steps = upgrade.steps.len();
    if let Some(step) = upgrade.steps.get(upgrade.step - 1) {
        let stands = if step.state == StepState::Running { "at" } else { "about to begin" };
        printer.line(&format!("  {stands} step {} of {steps}: {}", step.number, step.does));
    }
    let waits = upgrade.waits.iter();
    why::waits(printer, upgrade.at.0, waits.map(|wait| (&*wait.text, wait.advice.as_deref(), wait.since)));
    for problem in &upgrade.problems {
        printer.line(&format!("Problem: {problem}"));
    }
}

/// Follows an upgrade to its end, or until it waits for a person at a gate or after a stop.
pub(super) fn follow(client: &Client, id: &str, format: Format, printer: &mut Printer) -> Result<Exit> {
    let interrupt = Interrupt::listen().context("signals")?;
    let mut told = Told::new(format);
    let mut away = Away::default();
    loop {
        let (from, wait) = (told.next().to_string(), WAIT.as_secs().to_string());
        let query = [("from", from.as_str()), ("wait", wait.as_str())];
        let path = format!("upgrades/{}/history", encoded(id));
        let heard: UpgradeHistory = match client.get_patiently(&path, &query, WAIT, &interrupt) {
            Ok(Some(answer)) => answer,
            Ok(None) => return Ok(left(id)),
            Err(trouble) => {
                if away.missed(trouble, &format!("upgrade {id}"), client, &interrupt)? {
                    return Ok(left(id));
                }
                continue;
            }
        };
        away.answered();
        told.tell(printer, &heard.events, &heard.report);
        if printer.is_closed() {
            return Ok(Exit::Cancelled);
        }
        if heard.report.status.is_over() {
            return Ok(told.end(printer, &heard.report));
        }
    }
}

fn left(id: &str) -> Exit {
    Printer::complain(&format!("\nleft; upgrade {id} goes on. Come back with: replank follow {id}"));
    Exit::Cancelled
}
