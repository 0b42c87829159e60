//! `replank plan`: what an update would do, without doing it.

use anyhow::Result;
use replank_engine::report::plan::PlanJson;
use replank_rehearsal::session::{REHEARSED_MAX, Session};
use serde_json::json;

use crate::cli::Plan;
use crate::cli::remote::Format;
use crate::definition;
use crate::errors;
use crate::exit::Exit;
use crate::output;
use crate::output::plan::{projected, text};
use crate::printer::Printer;

/// Prints a plan for every node group that would be updated.
pub(crate) fn run(flags: &Plan, printer: &mut Printer) -> Result<Exit> {
    let definition = definition::definition(&flags.world, &flags.update)?;
    let session = Session::new(definition).map_err(|error| errors::bad(error.to_string()))?;
    for warning in session.warnings() {
        Printer::complain(&format!("warning: {warning}"));
    }
    if session.is_scripted() {
        let what =
            "a plan looks at the world as it stands: the acts and faults of the world file are left out";
        Printer::complain(&format!("note: {what}"));
    }
    let why = match (flags.quick, session.is_projected()) {
        (true, _) => Some("--quick asks for that".to_owned()),
        (false, true) => Some(format!("the world has more than {REHEARSED_MAX} pods")),
        (false, false) => None,
    };
    if let Some(why) = &why {
        Printer::complain(&format!("note: {}", projected(why)));
    }
    let mut exit = Exit::Done;
    for (spec, shown) in if why.is_some() { session.projected() } else { session.rehearsed() }? {
        let plan = PlanJson::of(&spec, &shown);
        match flags.output {
            Format::Table | Format::Wide | Format::Name => text(printer, &plan),
            Format::Yaml => output::print_next(printer, flags.output, &json!(plan)),
            Format::Json => printer.line(&serde_json::to_string(&plan)?),
        }
        exit = exit.or_worse(Exit::from(&plan));
    }
    Ok(exit)
}
