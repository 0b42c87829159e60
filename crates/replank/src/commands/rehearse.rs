//! `replank rehearse`: runs the update of a real cluster on a snapshot of it.

mod runs;

use std::path::Path;
use std::{fs, io};

use anyhow::Result;
use jiff::SignedDuration;
use replank_formats::snapshot::{self, Snapshot};
use replank_rehearsal::seed::Notes;
use replank_rehearsal::session::{Change, Session};
use serde_json::json;

use super::rehearse_cluster;
use crate::cli::remote::{Cloud, Format};
use crate::cli::{Reach, Rehearse, RehearseWhat};
use crate::definition;
use crate::errors::bad;
use crate::exit::Exit;
use crate::output;
use crate::printer::Printer;
use crate::real::aws::rehearse::{self as on_aws, Staged};
use crate::real::snapshot as of_cluster;
use crate::rehearse::{Report, Scenario, html, text};
use crate::settings;

/// Rehearses and prints the result; the exit code says whether the update would get stuck.
pub(crate) fn run(flags: &Rehearse, printer: &mut Printer) -> Result<Exit> {
    if let Some(RehearseWhat::Cluster(flags)) = &flags.what {
        return rehearse_cluster::run(flags, printer);
    }
    let changes = changes(&flags.what_if)?;
    try_page(flags.html.as_deref())?;
    let least = settings::stalls_from(&flags.stalls)?;
    let Staged { taken, session, notes, cloud } = match flags.cloud {
        Some(Cloud::Aws) => on_aws::staged(flags)?,
        Some(Cloud::Kwok) => {
            let said = "--cloud kwok: a cluster's own nodes tell all that there is; leave it out";
            return Err(bad(said.to_owned()));
        }
        None => {
            let taken = taken(flags.snapshot.as_deref(), &flags.reach)?;
            let (session, notes) = session(flags, &taken)?;
            Staged { taken, session, notes, cloud: Vec::new() }
        }
    };
    let mut asked = vec![("as it is".to_owned(), Vec::new())];
    asked.extend(changes);
    let runs = runs::all(&session, flags, &asked, least)?;
    let titles = asked.into_iter().map(|(title, _)| title);
    let mut scenarios: Vec<Scenario> =
        titles.zip(&runs).map(|(title, runs)| Scenario::new(title, runs, least)).collect();
    scenarios.extend(doubts(&session, flags, &scenarios[0], least)?);
    let report = Report { cloud, ..Report::new(&taken, session.cluster(), notes, scenarios) };
    match flags.output {
        Format::Table | Format::Wide | Format::Name => text::print(printer, &report),
        Format::Yaml => output::print_next(printer, flags.output, &json!(report)),
        Format::Json => printer.line(&serde_json::to_string(&report)?),
    }
    write_page(flags.html.as_deref(), || html::page(&report))?;
    Ok(report.exit())
}

/// Rehearses with the opposite assumptions about pods, if the result depends on them.
fn doubts(
    session: &Session,
    flags: &Rehearse,
    as_it_is: &Scenario,
    least: SignedDuration,
) -> Result<Vec<Scenario>> {
    let asked: Vec<_> =
        session.doubts().into_iter().map(|(title, change)| (title.to_owned(), vec![change])).collect();
    let runs = runs::all(session, flags, &asked, least)?;
    let others = asked.into_iter().zip(&runs).map(|((title, _), runs)| Scenario::new(title, runs, least));
    let found = others.filter(|other| other.succeeds() != as_it_is.succeeds());
    Ok(found.map(|other| Scenario { hangs_on_it: true, ..other }).collect())
}

/// Changes of each `--what-if`, with its text.
fn changes(given: &[String]) -> Result<Vec<(String, Vec<Change>)>> {
    let one = |text: &String| {
        let parts = text.split(',').map(str::trim);
        let changes: Result<Vec<Change>, _> = parts.map(str::parse).collect();
        changes.map(|changes| (text.clone(), changes)).map_err(|error| bad(format!("--what-if: {error}")))
    };
    given.iter().map(one).collect()
}

/// The snapshot in the file, or of the cluster as it is now.
pub(super) fn taken(file: Option<&Path>, reach: &Reach) -> Result<Snapshot> {
    let Some(file) = file else { return of_cluster::take(reach) };
    let wrong = |why: String| bad(format!("{}: {why}", file.display()));
    let bytes = fs::read(file).map_err(|error| wrong(error.to_string()))?;
    snapshot::read(&bytes).map_err(|error| wrong(error.to_string()))
}

/// Refuses a path for the page that cannot be written, before anything is rehearsed.
pub(super) fn try_page(file: Option<&Path>) -> Result<()> {
    file.map_or(Ok(()), |file| output::tried(file).map_err(|error| unwritten(file, &error)))
}

/// Writes the page of a report, if one is wanted.
pub(super) fn write_page(file: Option<&Path>, page: impl FnOnce() -> String) -> Result<()> {
    file.map_or(Ok(()), |file| fs::write(file, page()).map_err(|error| unwritten(file, &error)))
}

fn unwritten(file: &Path, error: &io::Error) -> anyhow::Error {
    bad(format!("--html {}: {error}", file.display()))
}

fn session(flags: &Rehearse, taken: &Snapshot) -> Result<(Session, Notes)> {
    let over = flags.world.as_deref().map(settings::laid_over).transpose()?;
    let mut wanted = snapshot::world_file(taken, over.as_ref()).map_err(|error| bad(error.to_string()))?;
    definition::lay_over(&mut wanted.update, &flags.update)?;
    definition::recreated(&mut wanted, &flags.update);
    let groups: Vec<&str> = wanted.clusters[0].node_groups.iter().map(|group| group.name.as_str()).collect();
    match &flags.nodegroup {
        Some(name) => wanted.update.groups = Some(vec![name.clone()]),
        None if groups.len() > 1 && wanted.update.groups.is_none() => {
            let known = groups.join(", ");
            return Err(bad(format!(
                "--nodegroup is missing; the snapshot has several node groups: {known}"
            )));
        }
        None => {}
    }
    Session::of_snapshot(taken, wanted).map_err(|error| bad(error.to_string()))
}
