//! Runs the upgrade of a real cluster in this process, until it is over or the process is asked to end.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use jiff::Timestamp;
use replank_core::cluster_upgrade::progress::Upgrade;
use replank_engine::journal::JournalThread;
use replank_engine::supervise::supervise;
use replank_engine::turn::Settings;
use replank_kube::ServerClock;
use replank_kube::tell::Teller;
use replank_service::records::found::Found;
use replank_service::records::{Records, ScalingConfig};

use super::Kept;
use super::hands::Hands;
use super::port::Port;
use super::reconciler::Runner;
use super::told::Told;
use crate::cli::upgrade_cluster::UpgradeCluster;
use crate::errors::bad;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::probe::DieAt;
use crate::real::steering::{Named, Steering, bare, local};

/// Runs the upgrade to its end.
pub(super) fn to_its_end<H: Hands>(
    flags: &UpgradeCluster,
    mut port: Port<'_, H>,
    kept: Kept,
    upgrade: &Upgrade,
    printer: &mut Printer,
) -> Result<Exit> {
    let Kept { place, journal, claims } = kept;
    let reached = port.reached;
    let claim = claims.of_cluster();
    reached.runtime.block_on(claim.hold()).map_err(bad)?;
    port.claim = Some(claim.clone());
    for one in journal.list()? {
        let (recorded, facts) = journal.load(&one.update)?;
        port.hands.remember(&recorded.rollout, &facts);
    }
    let id = upgrade.spec().upgrade.clone();
    let (_, facts) = journal.load_upgrade(&id)?;
    let steering = steering(&port, place.data.path(), upgrade);
    if let Some(steering) = &steering {
        steering.service().feed.upgrades.remember(upgrade, &facts, Timestamp::now());
    }
    let mut changes = port.hands.changes();
    changes.extend(steering.as_ref().map(Steering::changes));
    let clock = ServerClock::new(reached.clock(changes));
    let format = flags.server.output;
    let runner = Runner {
        port,
        steering,
        printer: RefCell::new(printer),
        format,
        told: RefCell::new(Told::new(format)),
        teller: RefCell::new(Teller::start(reached.connection.client.clone(), reached.runtime.handle())),
        begun: upgrade.started_at(),
        narrators: RefCell::new(BTreeMap::new()),
        recorded: RefCell::new(BTreeSet::new()),
        report: RefCell::new(None),
        broke: Cell::new(false),
    };
    let journal = JournalThread::start(journal)?;
    let probe = DieAt::from_environment(|| false);
    let ran = reached.runtime.block_on(supervise(&runner, &journal, &clock, &probe, Settings::default()));
    reached.runtime.block_on(runner.port.hands.leave());
    let taken = claim.taken();
    let Runner { port, steering, printer, told, report, .. } = runner;
    drop(port);
    drop(claim);
    reached.runtime.block_on(claims.end());
    let report = report.into_inner();
    let is_over = report.as_ref().is_some_and(|report| report.status.is_over());
    if let Some(steering) = steering {
        steering.end(&reached.runtime, is_over);
    }
    ran?;
    let printer = printer.into_inner();
    if let Some(taken) = taken {
        return Err(bad(format!("{taken}. This one has stopped.")));
    }
    match report.filter(|_| is_over) {
        Some(report) => Ok(told.into_inner().end(printer, &report)),
        None => {
            Printer::complain(&format!("Left upgrade {id}. The same command goes on with it."));
            Ok(Exit::Cancelled)
        }
    }
}

/// Lets others steer the upgrade. One that nobody can steer runs all the same.
fn steering<H: Hands>(port: &Port<'_, H>, data: &std::path::Path, upgrade: &Upgrade) -> Option<Steering> {
    let spec = upgrade.spec();
    let named = Named {
        update: spec.upgrade.to_string(),
        cluster: spec.cluster.to_string(),
        nodegroup: String::new(),
    };
    let begun = records(upgrade).and_then(|records| Steering::serve(port.reached, data, named, records));
    begun
        .inspect_err(|error| {
            Printer::complain(&format!("note: other commands cannot steer this upgrade: {error:#}"));
        })
        .ok()
}

/// The cluster and its node groups on record, as far as the upgrade tells of them.
fn records(upgrade: &Upgrade) -> Result<Records> {
    let spec = upgrade.spec();
    let records = Records::in_memory().context("the records")?;
    let sizes = |nodes: u32| ScalingConfig { min_size: nodes, max_size: nodes, desired_size: nodes };
    let found = Found {
        name: spec.cluster.to_string(),
        version: spec.from.to_string(),
        at: upgrade.started_at(),
        identity: local(),
        groups: spec.groups.iter().map(|group| bare(group.name.as_str(), sizes(group.nodes))).collect(),
    };
    found.put(&records).context("the records")?;
    Ok(records)
}
