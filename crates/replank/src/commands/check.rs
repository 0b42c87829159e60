//! `replank check`: what an upgrade of the cluster would break, before anything is begun.

use anyhow::Result;

use crate::check;
use crate::cli::Check;
use crate::exit::Exit;
use crate::printer::Printer;

/// Looks and prints what was found.
pub(crate) fn run(flags: &Check, printer: &mut Printer) -> Result<Exit> {
    check::run(flags, &mut std::io::stdin(), printer)
}
