//! `replank pause`, `resume`, `cancel`, `follow` and `history`: updates, wherever they run.

use anyhow::Result;
use replank_engine::messages;
use replank_server::control::api::{CommandAnswer, CommandRequest, HistoryAnswer, UpdateAnswer};
use serde_json::json;

use super::resolve::{self, Among};
use super::{offline, upgrades, whereabouts};
use crate::cli::remote::{Cancel, Format, OneUpdate, Pause, Updates};
use crate::client::{Client, Trouble, encoded};
use crate::errors::bad;
use crate::exit::Exit;
use crate::follow::{self, FollowPrinter, Remote};
use crate::output;
use crate::printer::Printer;
use crate::watch::{self, Until};

/// Pauses an update.
pub(crate) fn pause(flags: &Pause, printer: &mut Printer) -> Result<Exit> {
    let fate =
        if flags.uncordon { "nodes in work go back into service" } else { "nodes in work are finished" };
    let said = format!("is paused; {fate}. It goes on with: replank resume");
    command(
        &flags.update,
        "pause",
        CommandRequest { uncordon: flags.uncordon, ..CommandRequest::default() },
        &said,
        printer,
    )
}

/// Resumes a paused update.
pub(crate) fn resume(flags: &Updates, printer: &mut Printer) -> Result<Exit> {
    command(flags, "resume", CommandRequest::default(), "goes on", printer)
}

/// Cancels an update.
pub(crate) fn cancel(flags: &Cancel, printer: &mut Printer) -> Result<Exit> {
    let manner = CommandRequest {
        uncordon: flags.uncordon,
        restore_target: Some(flags.restore_target || !flags.keep_new),
        keep_new: flags.keep_new,
    };
    let goes = if flags.keep_new {
        "old nodes make room for the new ones"
    } else {
        "the extra new nodes go, every old one stays"
    };
    let said = format!(
        "is being cancelled: {goes}, marks come off, the sizes are as before. See it end with: replank follow"
    );
    command(&flags.update, "cancel", manner, &said, printer)
}

fn command(
    flags: &Updates,
    verb: &str,
    manner: CommandRequest,
    said: &str,
    printer: &mut Printer,
) -> Result<Exit> {
    if flags.all {
        return every(&flags.one, verb, manner, said, printer);
    }
    let flags = &flags.one;
    let client = whereabouts::client(flags)?;
    if let Some(upgrade) = upgrades::meant(&client, flags)? {
        return upgrades::command(&client, &upgrade, verb, flags.server.output, printer);
    }
    let update = find(&client, flags, Among::Running)?;
    let answer = ask(&client, &update, verb, manner)?;
    output::print(printer, flags.server.output, &answer, |printer| {
        printer.line(&worded(&update, said));
    });
    Ok(Exit::Done)
}

fn ask(
    client: &Client,
    update: &UpdateAnswer,
    verb: &str,
    manner: CommandRequest,
) -> Result<CommandAnswer, Trouble> {
    client.post(&format!("updates/{}/{verb}", encoded(&update.update)), &[], &manner)
}

fn worded(update: &UpdateAnswer, said: &str) -> String {
    let group = update.nodegroup.as_deref().unwrap_or_default();
    format!("update {} of node group {group} {said}", update.update)
}

/// Asks it of every update that is under way. One that does not take it hinders no other; the worst exit code counts.
fn every(
    flags: &OneUpdate,
    verb: &str,
    manner: CommandRequest,
    said: &str,
    printer: &mut Printer,
) -> Result<Exit> {
    let (mut answers, mut lines, mut exit) = (Vec::new(), Vec::new(), Exit::Done);
    let query = resolve::narrowed(flags.cluster.cluster.as_deref(), None);
    for (client, updates) in whereabouts::updates(whereabouts::every(&flags.server, &flags.reach)?, &query)? {
        let is_meant = |update: &&UpdateAnswer| update.is_running() && update.nodegroup.is_some();
        for update in updates.iter().filter(is_meant) {
            match ask(&client, update, verb, manner) {
                Ok(answer) => {
                    answers.push(answer);
                    lines.push(worded(update, said));
                }
                Err(trouble) => {
                    Printer::complain(&format!("update {}: {trouble}", update.update));
                    exit = exit.or_worse(trouble.exit());
                }
            }
        }
    }
    if answers.is_empty() && exit == Exit::Done {
        return Err(bad("no update is under way".to_owned()));
    }
    output::print(printer, flags.server.output, &json!({ "updates": answers }), |printer| {
        lines.iter().for_each(|line| printer.line(line));
    });
    Ok(exit)
}

/// Prints the progress of an update until it ends.
pub(crate) fn follow(flags: &OneUpdate, printer: &mut Printer) -> Result<Exit> {
    let client = whereabouts::client(flags)?;
    if let Some(upgrade) = upgrades::meant(&client, flags)? {
        return upgrades::follow(&client, &upgrade.upgrade, flags.server.output, printer);
    }
    let update = find(&client, flags, Among::All)?;
    to_its_end(
        &client,
        update,
        Followed { format: flags.server.output, plain: flags.plain, names_group: false },
        printer,
    )
}

/// How an update is followed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Followed {
    /// How it is printed.
    pub(super) format: Format,
    /// Whether lines are printed even on a terminal.
    pub(super) plain: bool,
    /// Whether lines name their node group.
    pub(super) names_group: bool,
}

/// Follows an update to its end: live on a terminal, in lines elsewhere.
pub(super) fn to_its_end(
    client: &Client,
    update: UpdateAnswer,
    how: Followed,
    printer: &mut Printer,
) -> Result<Exit> {
    let id = update.update.clone();
    if how.format == Format::Table
        && printer.is_terminal
        && !how.plain
        && !how.names_group
        && update.is_running()
    {
        watch::watch(client, update, Until::Over)?;
        return follow::ended(client, &id, printer);
    }
    let mut source = Remote::new(client, &id)?;
    follow::follow(&mut source, &mut FollowPrinter::new(printer, how.format).naming(how.names_group))
}

/// Prints the recorded facts of an update.
pub(crate) fn history(flags: &OneUpdate, printer: &mut Printer) -> Result<Exit> {
    if let Some(ended) = offline::history(flags, printer)? {
        return Ok(ended);
    }
    let client = whereabouts::client(flags)?;
    if let Some(upgrade) = upgrades::meant(&client, flags)? {
        return upgrades::history(&client, &upgrade.upgrade, flags.server.output, printer);
    }
    let update = find(&client, flags, Among::All)?;
    let path = format!("updates/{}/history", encoded(&update.update));
    let history: HistoryAnswer = client.get(&path, &[])?;
    tell(&history, flags.server.output, printer);
    Ok(Exit::Done)
}

/// Prints recorded facts.
pub(super) fn tell(history: &HistoryAnswer, format: Format, printer: &mut Printer) {
    output::print(printer, format, history, |printer| {
        let mut begun = None;
        for event in &history.events {
            let begun = *begun.get_or_insert(event.at.0);
            printer.line(&format!("{} {}", messages::since(begun, event.at.0), event.text));
        }
    });
}

fn find(client: &Client, flags: &OneUpdate, among: Among) -> Result<UpdateAnswer> {
    resolve::update(client, flags.what.as_deref(), flags.cluster.cluster.as_deref(), among)
}
