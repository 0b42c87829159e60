//! `replank watch`: running updates on a terminal, live; lines where there is no terminal.

use anyhow::Result;

use super::resolve::{self, Among};
use super::{control, whereabouts};
use crate::cli::remote::OneUpdate;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::watch::{self, Until};

/// Watches updates until somebody leaves.
pub(crate) fn run(flags: &OneUpdate, printer: &mut Printer) -> Result<Exit> {
    if !flags.server.output.is_for_people() || !printer.is_terminal {
        return control::follow(flags, printer);
    }
    let client = whereabouts::client(flags)?;
    let first =
        resolve::update(&client, flags.what.as_deref(), flags.cluster.cluster.as_deref(), Among::All)?;
    watch::watch(&client, first, Until::Left)?;
    Ok(Exit::Done)
}
