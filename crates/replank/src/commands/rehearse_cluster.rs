//! `replank rehearse cluster`: runs the upgrade of a whole cluster on a snapshot of it.

use anyhow::Result;
use replank_formats::snapshot;
use replank_rehearsal::session::Session;
use serde_json::json;

use super::rehearse::{taken, try_page, write_page};
use crate::cli::RehearseCluster;
use crate::cli::remote::Format;
use crate::errors::bad;
use crate::exit::Exit;
use crate::output;
use crate::printer::Printer;
use crate::rehearse_cluster::{ClusterReport, Wanted, html, rehearse, text};
use crate::settings;

/// Rehearses and prints the result; the exit code says whether the cluster would get there.
pub(crate) fn run(flags: &RehearseCluster, printer: &mut Printer) -> Result<Exit> {
    try_page(flags.html.as_deref())?;
    let least = settings::stalls_from(&flags.stalls)?;
    let taken = taken(flags.snapshot.as_deref(), &flags.reach)?;
    let over = flags.world.as_deref().map(settings::laid_over).transpose()?;
    let mut wanted = snapshot::world_file(&taken, over.as_ref()).map_err(|error| bad(error.to_string()))?;
    wanted.seed = flags.seed;
    let (session, notes) = Session::of_snapshot(&taken, wanted).map_err(|error| bad(error.to_string()))?;
    let asked = Wanted { to: flags.to.clone(), least, seed: flags.seed };
    let Some(outcome) = rehearse(&session, &asked)? else {
        let cluster = session.cluster();
        printer.line(&format!(
            "cluster \"{}\" control plane is already at version \"{}\"",
            cluster.name, cluster.version
        ));
        return Ok(Exit::Done);
    };
    let report = ClusterReport::new(&taken, notes, &outcome);
    match flags.output {
        Format::Table | Format::Wide | Format::Name => text::print(printer, &report),
        Format::Yaml => output::print_next(printer, flags.output, &json!(report)),
        Format::Json => printer.line(&serde_json::to_string(&report)?),
    }
    write_page(flags.html.as_deref(), || html::page(&report))?;
    Ok(report.exit())
}
