//! `replank check`: what an upgrade of the cluster would break.

use anyhow::Result;

use crate::check;
use crate::cli::Check;
use crate::exit::Exit;
use crate::printer::Printer;

/// Checks and prints the findings.
pub(crate) fn run(flags: &Check, printer: &mut Printer) -> Result<Exit> {
    check::run(flags, &mut std::io::stdin(), printer)
}
