//! The commands, one file each.

mod aim;
mod completions;
mod demo;
mod drain;
mod env;
mod get;
pub(crate) mod plan;
mod reference;
mod rehearse;
mod snapshot;
mod steer;
pub(crate) mod up;
mod upgrade;
mod why;
mod world;

use crate::cli::Command;
use crate::client::Trouble;
use crate::exit::Exit;
use crate::printer::Printer;

/// Runs a command. What goes wrong is said on standard error, once.
pub(crate) fn run(command: &Command) -> Exit {
    let mut printer = Printer::stdout();
    let ended = match command {
        Command::Demo(flags) => demo::run(flags, &mut printer),
        Command::Plan(flags) => plan::run(flags, &mut printer),
        Command::Snapshot(flags) => snapshot::run(flags, &mut printer),
        Command::Rehearse(flags) => rehearse::run(flags, &mut printer),
        Command::Up(flags) => up::run(flags, &mut printer),
        Command::Env(flags) => env::run(flags, &mut printer),
        Command::Drain(flags) => drain::run(flags, &mut printer),
        Command::Rbac => {
            printer.write(replank_kube::RBAC);
            Ok(Exit::Done)
        }
        Command::Upgrade(what) => upgrade::run(what, &mut printer),
        Command::Get(flags) => get::run(flags, &mut printer),
        Command::Why(flags) => why::run(flags, &mut printer),
        Command::Follow(flags) => steer::follow(flags, &mut printer),
        Command::Pause(flags) => steer::pause(flags, &mut printer),
        Command::Resume(flags) => steer::resume(flags, &mut printer),
        Command::Cancel(flags) => steer::cancel(flags, &mut printer),
        Command::History(flags) => steer::history(flags, &mut printer),
        Command::World(flags) => world::run(flags, &mut printer),
        Command::Completions(flags) => Ok(completions::run(flags, &mut printer)),
        Command::Reference(flags) => Ok(reference::run(flags, &mut printer)),
    };
    match ended {
        Ok(exit) => exit,
        Err(error) => {
            let bad_input = error.downcast_ref::<BadInput>().map(|_| Exit::BadInput);
            let trouble = || error.downcast_ref::<Trouble>().map(Trouble::exit);
            let exit = bad_input.or_else(trouble).unwrap_or(Exit::Unexpected);
            printer.flush();
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
