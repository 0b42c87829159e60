//! `replank man`: the manual pages of every command.

use anyhow::Result;

use crate::cli::given;
use crate::cli::remote::Man;
use crate::errors::bad;
use crate::exit::Exit;
use crate::printer::Printer;

/// Writes every page into a directory, or prints that of the command itself.
pub(crate) fn run(flags: &Man, printer: &mut Printer) -> Result<Exit> {
    let command = given::command();
    let Some(directory) = &flags.out else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        printer.write(&String::from_utf8_lossy(&page));
        return Ok(Exit::Done);
    };
    let written = clap_mangen::generate_to(command, directory);
    written.map_err(|error| bad(format!("--out {}: {error}; name a directory", directory.display())))?;
    Ok(Exit::Done)
}
