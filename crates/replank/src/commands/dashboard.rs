//! `replank dashboard`: prints the link that opens the dashboard of a running server, or opens it.

use std::process::{Command, Stdio};

use anyhow::Result;
use replank_server::control::api::{LinkAnswer, LinkRequest};
use serde::Serialize;

use crate::cli::remote::Dashboard;
use crate::client::Client;
use crate::exit::Exit;
use crate::output;
use crate::printer::Printer;

/// Programs that open a page in a person's browser: of free desktops, of macOS.
const OPENERS: [&str; 2] = ["xdg-open", "open"];

/// The link, for programs.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(super) struct Shown {
    url: String,
    seconds: u64,
}

/// Prints a new link.
pub(crate) fn run(flags: &Dashboard, printer: &mut Printer) -> Result<Exit> {
    let client = Client::new(&flags.server)?;
    let answer: LinkAnswer =
        client.post("dashboard/links", &[], &LinkRequest { read_only: flags.read_only })?;
    let shown = Shown { url: format!("{}{}", client.url(), answer.path), seconds: answer.seconds };
    if flags.open && is_opened(&shown.url) {
        return Ok(Exit::Done);
    }
    if flags.open {
        Printer::complain("no browser could be started here; open the link yourself");
    }
    output::print(printer, flags.server.output, &shown, |printer| printer.line(&shown.url));
    Ok(Exit::Done)
}

/// Whether a browser took the page.
fn is_opened(url: &str) -> bool {
    OPENERS.iter().any(|program| {
        let quiet = || Stdio::null();
        let started = Command::new(program).arg(url).stdin(quiet()).stdout(quiet()).stderr(quiet()).status();
        started.is_ok_and(|status| status.success())
    })
}
