//! Upgrades of whole clusters that are on a server: which one is meant, what it says, what is asked of it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use jiff::Timestamp;
use replank_engine::cluster_upgrade::report::{StepState, UpgradeReport, UpgradeStatus};
use replank_engine::messages;
use replank_server::control::api::CommandAnswer;
use replank_server::control::upgrade_api::{NoManner, UpgradeHistory, UpgradeList};
use serde_json::json;

use crate::cli::remote::{Format, OneUpdate};
use crate::client::{Client, Trouble, encoded};
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output;
use crate::printer::Printer;

/// How long the server waits for news.
const WAIT: Duration = Duration::from_secs(20);
/// How long a server may be away.
const AWAY_MAX: Duration = Duration::from_mins(2);
/// How often it is asked whether it is back.
const ASK_AGAIN: Duration = Duration::from_millis(500);

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
    output::print(printer, format, &history, |printer| {
        for event in &history.events {
            let since = messages::since(history.report.started_at.0, event.at.0);
            printer.line(&format!("{since} {}", event.text));
        }
    });
    Ok(Exit::Done)
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
    printer.line(if upgrade.waits.is_empty() { "It waits for nothing." } else { "It waits:" });
    for wait in &upgrade.waits {
        let stood = wait.since.map(|since| messages::span(upgrade.at.0.duration_since(since.0)));
        let stood = stood.map_or(String::new(), |stood| format!(" (for {stood})"));
        printer.line(&format!("  {}{stood}", wait.text));
        if let Some(advice) = &wait.advice {
            printer.line(&format!("    {advice}"));
        }
    }
    for problem in &upgrade.problems {
        printer.line(&format!("Problem: {problem}"));
    }
}

/// Follows an upgrade to its end, or until it waits for a person at a gate or after a stop.
pub(super) fn follow(client: &Client, id: &str, format: Format, printer: &mut Printer) -> Result<Exit> {
    let interrupt = Interrupt::listen().context("signals")?;
    let mut followed = Followed { printer, format, next: 0, waits: Vec::new() };
    let mut away_since: Option<Instant> = None;
    loop {
        let (from, wait) = (followed.next.to_string(), WAIT.as_secs().to_string());
        let query = [("from", from.as_str()), ("wait", wait.as_str())];
        let path = format!("upgrades/{}/history", encoded(id));
        let heard: UpgradeHistory = match client.get_patiently(&path, &query, WAIT, &interrupt) {
            Ok(Some(answer)) => answer,
            Ok(None) => return Ok(left(id)),
            Err(trouble) => {
                missed(&trouble, id, &mut away_since)?;
                if interrupt.asked() {
                    return Ok(left(id));
                }
                continue;
            }
        };
        if away_since.take().is_some() {
            Printer::complain("note: the server is back");
        }
        followed.tell(&heard);
        if followed.printer.is_closed() {
            return Ok(Exit::Cancelled);
        }
        if heard.report.status.is_over() {
            return Ok(followed.end(&heard.report));
        }
    }
}

fn left(id: &str) -> Exit {
    Printer::complain(&format!("\nleft; upgrade {id} goes on. Come back with: replank follow {id}"));
    Exit::Cancelled
}

/// A server that is away is waited for: the upgrade goes on when it is back.
fn missed(trouble: &Trouble, id: &str, away_since: &mut Option<Instant>) -> Result<()> {
    let is_new = away_since.is_none();
    let since = *away_since.get_or_insert_with(Instant::now);
    if !trouble.may_pass() || since.elapsed() >= AWAY_MAX {
        return Err(trouble.clone()).with_context(|| format!("upgrade {id} is no longer heard of"));
    }
    if is_new {
        Printer::complain(&format!("note: {trouble}; upgrade {id} goes on when it is back"));
    }
    std::thread::sleep(ASK_AGAIN);
    Ok(())
}

/// What was told of an upgrade so far.
struct Followed<'p> {
    printer: &'p mut Printer,
    format: Format,
    next: usize,
    waits: Vec<String>,
}

impl Followed<'_> {
    fn tell(&mut self, heard: &UpgradeHistory) {
        let begun = heard.report.started_at.0;
        self.next += heard.events.len();
        for event in &heard.events {
            self.line("fact", begun, event.at.0, &event.text);
        }
        let waits: Vec<String> = heard.report.waits.iter().map(|wait| wait.text.clone()).collect();
        let before = std::mem::replace(&mut self.waits, waits);
        for wait in heard.report.waits.iter().filter(|wait| !before.contains(&wait.text)) {
            self.line("wait", begun, heard.report.at.0, &format!("waits: {}", wait.text));
            if let Some(advice) = &wait.advice {
                self.line("advice", begun, heard.report.at.0, &format!("  {advice}"));
            }
        }
        self.printer.flush();
    }

    fn line(&mut self, kind: &str, begun: Timestamp, at: Timestamp, text: &str) {
        match self.format {
            Format::Table => self.printer.line(&format!("{} {text}", messages::since(begun, at))),
            Format::Json | Format::Yaml => {
                let line = json!({ "type": kind, "at": at.to_string(), "text": text.trim_start() });
                output::print_next(self.printer, self.format, &line);
            }
        }
    }

    fn end(&mut self, report: &UpgradeReport) -> Exit {
        let UpgradeReport { cluster, to, .. } = report;
        let (exit, said) = match report.status {
            // The words of eksctl.
            UpgradeStatus::Succeeded => (
                Exit::Done,
                format!("cluster \"{cluster}\" control plane has been upgraded to version \"{to}\""),
            ),
            UpgradeStatus::Cancelled => {
                (Exit::Cancelled, format!("The upgrade of cluster {cluster} was cancelled."))
            }
            UpgradeStatus::Planned | UpgradeStatus::Running | UpgradeStatus::Waiting => {
                (Exit::Unexpected, format!("The upgrade of cluster {cluster} is not over."))
            }
        };
        match self.format {
            Format::Table => self.printer.line(&said),
            Format::Json | Format::Yaml => {
                output::print_next(self.printer, self.format, &json!({ "type": "end", "upgrade": report }));
            }
        }
        self.printer.flush();
        exit
    }
}
