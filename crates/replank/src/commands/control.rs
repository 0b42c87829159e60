//! `replank pause`, `resume`, `cancel`, `follow` and `history`: one update on a server.

use anyhow::Result;
use replank_engine::messages;
use replank_server::control::api::{CommandAnswer, CommandRequest, HistoryAnswer, UpdateAnswer};

use super::resolve::{self, Among};
use super::upgrades;
use crate::cli::remote::{Cancel, OneUpdate, Pause};
use crate::client::{Client, encoded};
use crate::exit::Exit;
use crate::follow::{self, FollowPrinter, Remote};
use crate::output;
use crate::printer::Printer;

/// Pauses an update.
pub(crate) fn pause(flags: &Pause, printer: &mut Printer) -> Result<Exit> {
    let fate =
        if flags.give_back { "nodes in work go back into service" } else { "nodes in work are finished" };
    let said = format!("is paused; {fate}. It goes on with: replank resume");
    command(
        &flags.update,
        "pause",
        CommandRequest { give_back: flags.give_back, ..CommandRequest::default() },
        &said,
        printer,
    )
}

/// Resumes a paused update.
pub(crate) fn resume(flags: &OneUpdate, printer: &mut Printer) -> Result<Exit> {
    command(flags, "resume", CommandRequest::default(), "goes on", printer)
}

/// Cancels an update.
pub(crate) fn cancel(flags: &Cancel, printer: &mut Printer) -> Result<Exit> {
    let manner = CommandRequest {
        give_back: flags.give_back,
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
    flags: &OneUpdate,
    verb: &str,
    manner: CommandRequest,
    said: &str,
    printer: &mut Printer,
) -> Result<Exit> {
    let client = Client::new(&flags.server)?;
    if let Some(upgrade) = upgrades::meant(&client, flags)? {
        return upgrades::command(&client, &upgrade, verb, flags.server.output, printer);
    }
    let update = find(&client, flags, Among::Running)?;
    let id = &update.update;
    let answer: CommandAnswer = client.post(&format!("updates/{}/{verb}", encoded(id)), &[], &manner)?;
    let group = update.nodegroup.as_deref().unwrap_or_default();
    output::print(printer, flags.server.output, &answer, |printer| {
        printer.line(&format!("update {id} of node group {group} {said}"));
    });
    Ok(Exit::Done)
}

/// Prints the progress of an update until it ends.
pub(crate) fn follow(flags: &OneUpdate, printer: &mut Printer) -> Result<Exit> {
    let client = Client::new(&flags.server)?;
    if let Some(upgrade) = upgrades::meant(&client, flags)? {
        return upgrades::follow(&client, &upgrade.upgrade, flags.server.output, printer);
    }
    let update = find(&client, flags, Among::All)?;
    let mut source = Remote::new(&client, &update.update)?;
    follow::follow(&mut source, &mut FollowPrinter::new(printer, flags.server.output))
}

/// Prints the recorded facts of an update.
pub(crate) fn history(flags: &OneUpdate, printer: &mut Printer) -> Result<Exit> {
    let client = Client::new(&flags.server)?;
    if let Some(upgrade) = upgrades::meant(&client, flags)? {
        return upgrades::history(&client, &upgrade.upgrade, flags.server.output, printer);
    }
    let update = find(&client, flags, Among::All)?;
    let path = format!("updates/{}/history", encoded(&update.update));
    let history: HistoryAnswer = client.get(&path, &[])?;
    output::print(printer, flags.server.output, &history, |printer| {
        let mut begun = None;
        for event in &history.events {
            let begun = *begun.get_or_insert(event.at.0);
            printer.line(&format!("{} {}", messages::since(begun, event.at.0), event.text));
        }
    });
    Ok(Exit::Done)
}

fn find(client: &Client, flags: &OneUpdate, among: Among) -> Result<UpdateAnswer> {
    resolve::update(client, flags.what.as_deref(), flags.cluster.cluster.as_deref(), among)
}
