//! `replank completions`: prints what a shell needs to complete the command, names of clusters and groups among them.

use anyhow::{Context, Result};
use clap::ValueEnum;
use clap_complete::env::Shells;

use crate::cli::remote::Completions;
use crate::exit::Exit;
use crate::printer::Printer;

/// Variable by which a shell asks (`clap_complete::CompleteEnv`).
const VARIABLE: &str = "COMPLETE";

/// Prints the script.
pub(crate) fn run(flags: &Completions, printer: &mut Printer) -> Result<Exit> {
    let shell = flags.shell.to_possible_value().context("a shell without a name")?;
    let shells = Shells::builtins();
    let completer = shells.completer(shell.get_name()).context("a shell that is not known")?;
    let (mut script, name) = (Vec::new(), "replank");
    completer.write_registration(VARIABLE, name, name, name, &mut script)?;
    printer.write(&String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}
