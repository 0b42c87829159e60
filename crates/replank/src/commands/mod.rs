//! The commands, one file each.

mod check;
mod completions;
mod control;
mod dashboard;
mod demo;
mod drain;
mod env;
mod get;
mod iam;
mod man;
mod offline;
pub(crate) mod plan;
mod reference;
mod rehearse;
mod rehearse_cluster;
mod resolve;
mod schema;
mod snapshot;
pub(crate) mod up;
mod upgrade;
pub(crate) mod upgrade_cluster;
mod upgrade_several;
pub(crate) mod upgrades;
mod version;
mod watch;
mod whereabouts;
mod why;
mod world;

use replank_engine::state_file::StateFileError;

use crate::cli::{Cli, Command};
use crate::client::Trouble;
use crate::deploy;
use crate::errors::BadInput;
use crate::exit::Exit;
use crate::logging;
use crate::printer::{self, Printer};
use crate::real;
use crate::traces;

/// Runs a command. An error is printed once, on standard error.
pub(crate) fn run(cli: &Cli) -> Exit {
    printer::choose(cli.color);
    let mut printer = Printer::stdout();
    let is_traced = matches!(&cli.command, Command::Operator(flags) if flags.otlp.is_some());
    let (collecting, spans) = is_traced.then(traces::collecting).unzip();
    let begun = logging::begin(&cli.logging, collecting).map_err(anyhow::Error::from);
    match begun.and_then(|()| ended(&cli.command, spans, &mut printer)) {
        Ok(exit) => exit,
        Err(error) => {
            let exit = exit_of(&error);
            printer.flush();
            Printer::complain(&format!("{} {error:#}", printer::red("error:")));
            exit
        }
    }
}

/// Exit code for an error.
fn exit_of(error: &anyhow::Error) -> Exit {
    if error.is::<BadInput>() {
        return Exit::BadInput;
    }
    if let Some(trouble) = error.downcast_ref::<Trouble>() {
        return trouble.exit();
    }
    match error.downcast_ref::<StateFileError>() {
        Some(StateFileError::Damaged { .. } | StateFileError::Unread { .. }) => Exit::BadInput,
        Some(StateFileError::Unwritten { .. }) | None => Exit::Unexpected,
    }
}

fn ended(command: &Command, spans: Option<traces::Ended>, printer: &mut Printer) -> anyhow::Result<Exit> {
    match command {
        Command::Demo(flags) => demo::run(flags, printer),
        Command::Check(flags) => check::run(flags, printer),
        Command::Plan(flags) => plan::run(flags, printer),
        Command::Snapshot(flags) => snapshot::run(flags, printer),
        Command::Rehearse(flags) => rehearse::run(flags, printer),
        Command::Up(flags) => up::run(flags, printer),
        Command::Env(flags) => env::run(flags, printer),
        Command::Drain(flags) => drain::run(flags, printer),
        Command::Rbac => {
            printer.write(replank_kube::RBAC);
            Ok(Exit::Done)
        }
        Command::Iam(flags) => Ok(iam::run(flags, printer)),
        Command::Operator(flags) => real::operator::run(flags, spans, printer),
        Command::Crds(flags) => {
            printer.write(&if flags.approval { deploy::approval() } else { deploy::crds() });
            Ok(Exit::Done)
        }
        Command::Upgrade(what) => upgrade::run(what, printer),
        Command::Utils(what) => real::add_on::run(what, printer),
        Command::Get(flags) => get::run(flags, printer),
        Command::Why(flags) => why::run(flags, printer),
        Command::Follow(flags) => control::follow(flags, printer),
        Command::Watch(flags) => watch::run(flags, printer),
        Command::Pause(flags) => control::pause(flags, printer),
        Command::Resume(flags) => control::resume(flags, printer),
        Command::Cancel(flags) => control::cancel(flags, printer),
        Command::History(flags) => control::history(flags, printer),
        Command::Dashboard(flags) => dashboard::run(flags, printer),
        Command::World(flags) => world::run(flags, printer),
        Command::Version(flags) => Ok(version::run(flags, printer)),
        Command::Schema(flags) => Ok(schema::run(flags, printer)),
        Command::Completions(flags) => completions::run(flags, printer),
        Command::Man(flags) => man::run(flags, printer),
        Command::Reference(flags) => reference::run(flags, printer),
    }
}
