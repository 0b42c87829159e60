//! `replank completions`: prints the completion script for a shell.

use clap::CommandFactory;

use crate::cli::Cli;
use crate::cli::remote::Completions;
use crate::exit::Exit;
use crate::printer::Printer;

/// Prints the completion script.
pub(crate) fn run(flags: &Completions, printer: &mut Printer) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(flags.shell, &mut Cli::command(), "replank", &mut script);
    printer.write(&String::from_utf8_lossy(&script));
    Exit::Done
}
