//! `replank operator` for a real cluster and the embedded cloud: the service and the engine of `replank up`, asked by
//! custom resources in the place of an endpoint.

mod dashboard;
mod people;
mod webhook;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::Timestamp;
use replank_engine::journal::{Journal, JournalThread};
use replank_engine::supervise::supervise;
use replank_engine::turn::Settings;
use replank_kube::rights::{self, Right};
use replank_kube::tell::Teller;
use replank_kube::{Claims, Replicas, ServerClock, lists};
use replank_kwok::rehearsal::Session;
use replank_kwok::{KwokAccount, KwokCloud, KwokWorld, found, placer};
use replank_operator::health::{self, Health, Role};
use replank_operator::journal::ClusterStore;
use replank_operator::notify::Notices;
use replank_operator::{Among, Controller, Mode, Wiring};
use replank_service::Service;
use replank_service::reconcile::{Reconciler, Share, Shares};
use replank_service::start_update::Rules;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::warn;

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
            reached.may(rights::REPLICA)?;
            take_part(
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

/// Takes part until it is stopped: runs what is this replica's to run.
fn take_part(
    flags: &Operator,
    reached: Reached,
    beside: Beside<'_>,
    health: &Arc<Health>,
    stop: &CancellationToken,
    printer: &mut Printer,
) -> Result<Exit> {
    let replica = flags.replica.clone().unwrap_or_else(holder::of_process);
    health.plays(Role::Waits, Timestamp::now());
    // It has to outlive what acts: a lease cannot be given back on one that has ended.
    let (interrupt, runtime) = (reached.interrupt.clone(), reached.runtime.clone());
    let (replicas, part) = Replicas::join(&reached.connection.client, &replica, runtime.handle());
    let is_present = runtime.block_on(async {
        tokio::select! {
            () = replicas.present() => true,
            () = interrupt.wait() => false,
        }
    });
    let acted = if is_present {
        printer.line(&format!("Replica {replica} acts."));
        printer.flush();
        act(flags, reached, beside, health, stop, &replicas)
    } else {
        Ok(())
    };
    runtime.block_on(part.end());
    acted.map(|()| Exit::Done)
}

/// The journal that is kept in the cluster itself.
fn journal(reached: &Reached) -> Journal {
    Journal::of(ClusterStore::new(reached.connection.client.clone(), reached.runtime.handle().clone()))
}

/// How updates are run, as the world file says it.
fn rules(cloud: &KwokCloud) -> Result<Rules> {
    cloud.rules().context("the cluster has no node group")
}

/// Runs the updates and the controller, until the process is asked to end.
fn act(
    flags: &Operator,
    reached: Reached,
    Beside { data, served, notices }: Beside<'_>,
    health: &Arc<Health>,
    stop: &CancellationToken,
    replicas: &Replicas,
) -> Result<()> {
    let kept = journal(&reached);
    let Opened { reached, cloud, journal, records, data: _held } =
        Opened::open_shared(reached, data, flags.world.as_deref(), kept)?;
    for one in &cloud.assumed {
        Printer::complain(&format!("note: {one}"));
    }
    let runtime = reached.runtime.handle().clone();
    let claims = Claims::among(reached.connection.clone(), runtime.clone(), replicas.clone());
    let (service, rung) = opened::service(records, &reached, &cloud, claims.clone(), rules(&cloud)?)?;
    health.plays(Role::Acts, Timestamp::now());
    let clock = reached.clock(vec![cloud.changes(), rung, replicas.changes()]);
    let KwokCloud { session, syncer, over, .. } = cloud;
    let cluster = session.cluster().name.clone();
    let world = session.world.clone();
    let probe = DieAt::from_environment(move || world.lock().faults.take_crash());
    let share: Share = Arc::new(Ours(replicas.clone()));
    let interrupt = reached.interrupt.clone();
    let world = KwokWorld {
        session,
        cluster: reached.cluster(),
        placer: placer(&reached.connection, over),
        claims: claims.clone(),
        teller: Teller::start(reached.connection.client.clone(), &runtime),
        leaves: Box::new(move || interrupt.asked()),
        among: Some(replank_kwok::Among { share: share.clone(), find: finder(&service) }),
    };
    let reconciler = Reconciler::new(service.clone(), world, &journal)?;
    let journal = JournalThread::start(journal)?;
    let wiring = Wiring {
        service: service.clone(),
        cluster,
        connection: reached.connection.clone(),
        among: Some(Among { replica: replicas.us().to_owned(), share, changes: replicas.changes() }),
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

/// What is run by this replica.
struct Ours(Replicas);

impl Shares for Ours {
    fn is_ours(&self, what: &str) -> bool {
        self.0.is_ours(what)
    }

    fn generation(&self) -> u64 {
        self.0.generation()
    }
}

/// Puts on record what the nodes of each group run, which other replicas may have changed.
fn finder(service: &Arc<Service<KwokAccount>>) -> Box<dyn Fn(&Session) + Send> {
    let (records, identity) = (service.records.clone(), service.identity.clone());
    Box::new(move |session| {
        let now = Timestamp::now();
        session.world.lock().pass_to(now.into());
        if let Err(why) = found(session, &identity, now).put_images(&records) {
            warn!("what other replicas did is not on record: {why}");
        }
    })
}

/// Says what would be done, until the process is asked to end.
fn rehearse(
    flags: &Operator,
    reached: Reached,
    data: &std::path::Path,
    health: &Arc<Health>,
    stop: &CancellationToken,
) -> Result<Exit> {
    let kept = journal(&reached);
    let Opened { reached, cloud, journal, records, data: _held } =
        Opened::open(reached, data, flags.world.as_deref(), None, Some(kept))?;
    let runtime = reached.runtime.handle().clone();
    let claims = Claims::new(reached.connection.clone(), holder::of_process(), runtime.clone());
    let (service, _rung) = opened::service(records, &reached, &cloud, claims, rules(&cloud)?)?;
    service.feed.on_record(&journal.list()?, None);
    health.plays(Role::Acts, Timestamp::now());
    let wiring = Wiring {
        service,
        cluster: cloud.session.cluster().name.clone(),
        connection: reached.connection.clone(),
        among: None,
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
