//! `replank operator` for a real cluster and the embedded cloud: the service and the engine of `replank up`, asked by
//! custom resources in the place of an endpoint.

mod dashboard;
mod people;
mod webhook;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use replank_engine::journal::{Journal, JournalThread};
use replank_engine::supervise::supervise;
use replank_engine::turn::Settings;
use replank_kube::election::{self, Leading, Won};
use replank_kube::rights::Right;
use replank_kube::tell::Teller;
use replank_kube::{Claims, ServerClock, lists};
use replank_kwok::{KwokCloud, KwokWorld, placer};
use replank_operator::health::{self, Health, Role};
use replank_operator::journal::ClusterStore;
use replank_operator::notify::Notices;
use replank_operator::{Controller, Mode, Past, Wiring};
use replank_service::reconcile::Reconciler;
use replank_service::start_update::Rules;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::connect::{Reached, reach};
use super::data_directory;
use super::holder;
use super::opened::{self, Opened};
use super::upgrade::NO_CLOUD;
use crate::cli::{self, Operator};
use crate::errors::bad;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::probe::DieAt;
use crate::traces::{self, Exporter};
use dashboard::Served;
use webhook::Webhook;

/// Lease of the replica that acts. Leases of node groups have no dot in their names.
const LEASE: &str = "replank.operator";
/// Holder of the leases of node groups, one for all replicas: which of them acts is settled by [`LEASE`].
const HOLDER: &str = "replank operator";
/// Permissions on the custom resources.
const RIGHTS: [Right; 14] = [
    Right::new("list", "replank.dev", "nodegroupupdates"),
    Right::new("watch", "replank.dev", "nodegroupupdates"),
    Right::new("patch", "replank.dev", "nodegroupupdates"),
    Right::new("patch", "replank.dev", "nodegroupupdates/status"),
    Right::new("list", "replank.dev", "updatepolicies"),
    Right::new("watch", "replank.dev", "updatepolicies"),
    Right::new("patch", "replank.dev", "updatepolicies/status"),
    Right::new("list", "replank.dev", "snapshots"),
    Right::new("watch", "replank.dev", "snapshots"),
    Right::new("patch", "replank.dev", "snapshots/status"),
    Right::new("get", "replank.dev", "updaterecords"),
    Right::new("list", "replank.dev", "updaterecords"),
    Right::new("create", "replank.dev", "updaterecords"),
    Right::new("update", "replank.dev", "updaterecords"),
];

/// What a replica that acts needs beside the cluster.
struct Beside<'a> {
    data: &'a std::path::Path,
    served: Option<&'a Served>,
    notices: Option<Notices>,
}

/// Runs updates until stopped.
pub(crate) fn run(flags: &Operator, spans: Option<traces::Ended>, printer: &mut Printer) -> Result<Exit> {
    let Some(cli::remote::Cloud::Kwok) = flags.cloud else { return Err(bad(NO_CLOUD.into())) };
    let served = Served::read(&flags.dashboard)?;
    let hook = flags.notify_url.as_deref().map(|url| Webhook::new(url, flags.notify_secret.as_deref()));
    let hook = hook.transpose()?;
    let replica = flags.replica.clone().unwrap_or_else(holder::of_process);
    let exporter = flags.otlp.as_deref().map(|url| Exporter::new(url, &replica)).transpose()?;
    let reached = reach(&flags.reach)?;
    if let Some((exporter, spans)) = exporter.zip(spans) {
        reached.runtime.spawn(exporter.carry(spans));
    }
    has_definitions(&reached)?;
    reached.may(RIGHTS)?;
    if let Some(served) = &served {
        served.check(&reached)?;
    }
    let data = directory(flags, &reached)?;
    let listener = reached.runtime.block_on(TcpListener::bind(flags.listen));
    let listener = listener.map_err(|why| bad(format!("--listen {}: {why}", flags.listen)))?;
    let notices = hook.map(|hook| {
        let (notices, queue) = Notices::queue();
        reached.runtime.spawn(hook.carry(queue));
        notices
    });
    let (health, stop) = (Arc::<Health>::default(), CancellationToken::new());
    let answering = reached.runtime.spawn(health::answer(listener, health.clone(), stop.clone()));
    let mode = if flags.dry_run { Mode::DryRun } else { Mode::Act };
    let ended = match mode {
        Mode::DryRun => {
            printer.line("Nothing is written to the cluster; what would be done is in the log.");
            printer.flush();
            rehearse(flags, reached, &data, &health, &stop)
        }
        Mode::Act => {
            reached.may_update()?;
            lead(
                flags,
                reached,
                Beside { data: &data, served: served.as_ref(), notices },
                &health,
                &stop,
                printer,
            )
        }
    };
    stop.cancel();
    answering.abort();
    ended
}

/// Error unless the server knows the custom resources.
fn has_definitions(reached: &Reached) -> Result<()> {
    let path = "/apis/replank.dev/v1alpha1/updaterecords";
    let listed = reached.runtime.block_on(lists::list(&reached.connection.client, path, |_| ()));
    match listed {
        Err(error) if error.code == Some(404) => Err(bad(format!(
            "{} does not know the custom resources of replank.dev: apply them with `replank crds | kubectl apply -f -`",
            reached.connection.server
        ))),
        Err(error) => Err(bad(error.to_string())),
        Ok(()) => Ok(()),
    }
}

fn directory(flags: &Operator, reached: &Reached) -> Result<PathBuf> {
    match &flags.data {
        Some(path) => Ok(path.clone()),
        None => data_directory::usual(reached, Some("operator")),
    }
}

/// Waits until this replica is the one that acts, and acts until it is stopped or another one does.
fn lead(
    flags: &Operator,
    reached: Reached,
    beside: Beside<'_>,
    health: &Arc<Health>,
    stop: &CancellationToken,
    printer: &mut Printer,
) -> Result<Exit> {
    let replica = flags.replica.clone().unwrap_or_else(holder::of_process);
    printer.line(&format!("Replica {replica} waits for the lease {LEASE}."));
    printer.flush();
    health.plays(Role::Waits, Timestamp::now());
    // It has to outlive what acts: a lease cannot be given back on one that has ended.
    let (interrupt, runtime) = (reached.interrupt.clone(), reached.runtime.clone());
    let client = reached.connection.client.clone();
    let won = runtime.block_on(async {
        tokio::select! {
            won = election::win(&client, LEASE, &replica, runtime.handle()) => Some(won),
            () = interrupt.wait() => None,
        }
    });
    let Some(won) = won else { return Ok(Exit::Done) };
    printer.line(&format!("Replica {replica} acts."));
    printer.flush();
    let acted = act(flags, reached, beside, health, stop, &won);
    let leads = won.leading().is_held();
    runtime.block_on(won.end());
    acted?;
    if !leads && !interrupt.asked() {
        bail!("the lease {LEASE} was lost: another replica acts, and this one has stopped");
    }
    Ok(Exit::Done)
}

/// The cluster with the state of its cloud, and the journal that is kept in the cluster itself.
fn opened(flags: &Operator, reached: Reached, data: &std::path::Path) -> Result<Opened> {
    let store = ClusterStore::new(reached.connection.client.clone(), reached.runtime.handle().clone());
    Opened::open(reached, data, flags.world.as_deref(), None, Some(Journal::of(store)))
}

/// How updates are run, as the world file says it.
fn rules(cloud: &KwokCloud) -> Result<Rules> {
    cloud.rules().context("the cluster has no node group")
}

/// The updates that the journal has.
fn past(journal: &Journal) -> Result<BTreeMap<String, Past>> {
    let past = journal
        .list()?
        .into_iter()
        .map(|one| (one.update.to_string(), Past { group: one.group.to_string(), outcome: one.outcome }));
    Ok(past.collect())
}

/// Runs the updates and the controller, until the process is asked to end or does not lead any more.
fn act(
    flags: &Operator,
    reached: Reached,
    Beside { data, served, notices }: Beside<'_>,
    health: &Arc<Health>,
    stop: &CancellationToken,
    won: &Won,
) -> Result<()> {
    let Opened { reached, cloud, journal, records, data: _held } = opened(flags, reached, data)?;
    for one in &cloud.assumed {
        Printer::complain(&format!("note: {one}"));
    }
    let (leading, runtime) = (won.leading(), reached.runtime.handle().clone());
    let claims =
        Claims::under(reached.connection.clone(), HOLDER.to_owned(), runtime.clone(), leading.clone());
    let (service, rung) = opened::service(records, &reached, &cloud, claims.clone(), rules(&cloud)?)?;
    let past = past(&journal)?;
    health.plays(Role::Leads, Timestamp::now());
    let clock = reached.clock(vec![cloud.changes(), rung, lost(&leading, &runtime)]);
    let KwokCloud { session, syncer, over, .. } = cloud;
    let cluster = session.cluster().name.clone();
    let world = session.world.clone();
    let probe = DieAt::from_environment(move || world.lock().faults.take_crash());
    let interrupt = reached.interrupt.clone();
    let world = KwokWorld {
        session,
        cluster: reached.cluster(),
        placer: placer(&reached.connection, over),
        claims: claims.clone(),
        teller: Teller::start(reached.connection.client.clone(), &runtime),
        leaves: Box::new(move || interrupt.asked() || !leading.is_held()),
    };
    let reconciler = Reconciler::new(service.clone(), world, &journal)?;
    let journal = JournalThread::start(journal)?;
    let wiring = Wiring {
        service: service.clone(),
        cluster,
        connection: reached.connection.clone(),
        past,
        health: health.clone(),
        notices,
        reports: flags.reports.clone(),
        mode: Mode::Act,
        say: say(),
    };
    let controlling = runtime.spawn(Controller::new(wiring).run(stop.clone()));
    let serving = served.map(|served| served.serve(&service, &reached, stop)).transpose()?;
    let clock = ServerClock::new(clock);
    let kept = runtime.block_on(supervise(&reconciler, &journal, &clock, &probe, Settings::default()));
    service.feed.close();
    stop.cancel();
    let controlled = runtime.block_on(controlling);
    if let Some(serving) = serving {
        runtime.block_on(serving).context("the dashboard")?;
    }
    runtime.block_on(claims.end());
    drop(syncer);
    controlled.context("the controller")?;
    Ok(kept?)
}

/// Prints each step of the controller.
fn say() -> replank_operator::Say {
    Box::new(|line| {
        let mut printer = Printer::stdout();
        printer.line(line);
        printer.flush();
    })
}

/// Wakes when this replica does not lead any more.
fn lost(leading: &Leading, runtime: &tokio::runtime::Handle) -> watch::Receiver<()> {
    let (bell, rung) = watch::channel(());
    let leading = leading.clone();
    runtime.spawn(async move {
        leading.lost().await;
        bell.send_replace(());
        // The channel stays, so that the rest it ended is not followed by one that nothing ends.
        std::future::pending::<()>().await;
    });
    rung
}

/// Says what would be done, until the process is asked to end.
fn rehearse(
    flags: &Operator,
    reached: Reached,
    data: &std::path::Path,
    health: &Arc<Health>,
    stop: &CancellationToken,
) -> Result<Exit> {
    let Opened { reached, cloud, journal, records, data: _held } = opened(flags, reached, data)?;
    let runtime = reached.runtime.handle().clone();
    let claims = Claims::new(reached.connection.clone(), holder::of_process(), runtime.clone());
    let (service, _rung) = opened::service(records, &reached, &cloud, claims, rules(&cloud)?)?;
    let past = past(&journal)?;
    health.plays(Role::Leads, Timestamp::now());
    let wiring = Wiring {
        service,
        cluster: cloud.session.cluster().name.clone(),
        connection: reached.connection.clone(),
        past,
        health: health.clone(),
        notices: None,
        reports: None,
        mode: Mode::DryRun,
        say: say(),
    };
    let controlling = runtime.spawn(Controller::new(wiring).run(stop.clone()));
    runtime.block_on(reached.interrupt.wait());
    stop.cancel();
    runtime.block_on(controlling).context("the controller")?;
    Ok(Exit::Done)
}
