//! The commands, one file each.

mod demo;
mod drain;
mod env;
mod plan;
mod reference;
mod up;

use crate::cli::Command;
use crate::exit::Exit;
use crate::printer::Printer;

/// Runs a command. What goes wrong is said on standard error, once.
pub(crate) fn run(command: &Command) -> Exit {
    let mut printer = Printer::stdout();
    let ended = match command {
        Command::Demo(flags) => demo::run(flags, &mut printer),
        Command::Plan(flags) => plan::run(flags, &mut printer),
        Command::Up(flags) => up::run(flags, &mut printer),
        Command::Env(flags) => env::run(flags, &mut printer),
        Command::Drain(flags) => drain::run(flags, &mut printer),
        Command::Rbac => {
            printer.write(replank_kube::RBAC);
            Ok(Exit::Done)
        }
        Command::Reference(flags) => Ok(reference::run(flags, &mut printer)),
    };
    match ended {
        Ok(exit) => exit,
        Err(error) => {
            let exit = error.downcast_ref::<BadInput>().map_or(Exit::Unexpected, |_| Exit::BadInput);
            Printer::complain(&format!("error: {error:#}"));
            exit
        }
    }
}

/// A mistake in flags or files, with its way out.
#[derive(Debug)]
pub(crate) struct BadInput(pub(crate) String);

impl std::fmt::Display for BadInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadInput {}
