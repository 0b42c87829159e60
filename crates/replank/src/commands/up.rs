//! `replank up`: serves the EKS and Kubernetes APIs of the embedded world.

use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::Timestamp;
use replank_engine::block::block_on;
use replank_engine::data_dir::{DataDir, Holder};
use replank_engine::journal::{Inline, Journal};
use replank_engine::state_file;
use replank_engine::supervise::supervise;
use replank_engine::turn::Settings;
use replank_kubeapi::{Authority, Live};
use replank_kwok::found;
use replank_rehearsal::adapter::SimulatedAccount;
use replank_rehearsal::session::Session;
use replank_server::app::App;
use replank_server::auth::Keyring;
use replank_server::quota::Quotas;
use replank_server::serve::{Limits, serve};
use replank_service::reconcile::Reconciler;
use replank_service::records::{self, Records};
use replank_service::start_update::Rules;
use replank_service::update_feed::UpdateFeed;
use replank_service::{Identity, Service};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::check::WorldChecks;
use crate::cli::{self, Up};
use crate::definition;
use crate::demo::pace::Speed;
use crate::errors;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::printer::Printer;
use crate::probe::DieAt;
use crate::real;
use crate::runtime;
use crate::up::binding::Binding;
use crate::up::clock_log::ClockLog;
use crate::up::clusters::{Clusters, ServingSettings};
use crate::up::embedded::Embedded;
use crate::up::installation::{self, Installation};
use crate::up::kubernetes::Callers;
use crate::up::paced_clock::{PacedClock, WakeUp};
use crate::up::{ACCOUNT, PORT, descriptors};

/// Default port of the Kubernetes API.
const KUBERNETES_PORT: u16 = 7443;
/// Default speed of the embedded world.
const SPEED: &str = "60x";
/// File with the certificates in a data directory.
const AUTHORITY: &str = "authority.json";

/// Serves until stopped.
pub(crate) fn run(flags: &Up, printer: &mut Printer) -> Result<Exit> {
    if real::serve::is_meant(flags) {
        return real::serve::run(flags, printer);
    }
    let times = times(flags)?;
    let binding = Binding::read(&flags.bind)?;
    let definition = definition::definition(&flags.world, &cli::Update::default())?;
    let base = definition.spec.clone();
    let session = Session::new(definition).map_err(|error| errors::bad(error.to_string()))?;
    // Whoever describes a pod reads what its kubelet and its controllers said of it.
    session.world.lock().events.routine = true;
    let (session, mut journal, records, _lock) = open(flags, session)?;
    for warning in session.warnings() {
        Printer::complain(&format!("warning: {warning}"));
    }
    let interrupt = Interrupt::listen().context("signals")?;
    descriptors::raise();
    let runtime = runtime::threads()?;
    let before = flags.data.as_deref().map(Installation::read).transpose()?.flatten();
    let (listener, kubernetes_listener) = listeners(flags, &binding, &runtime, before.as_ref())?;
    let region = session.cluster().region.clone();
    let identity = Identity { account: ACCOUNT.into(), region, user: "replank".into() };
    let authority = authority(flags, &binding)?;
    let ports = (listener.local_addr()?.port(), kubernetes_listener.local_addr()?.port());
    let told = installation(flags, &session, &identity, (&binding, ports, &authority), before.as_ref())?;
    let records = Arc::new(records);
    found(&session, &identity, Timestamp::now()).put(&records).context("the records")?;

    let world = session.world.clone();
    let (live, clock_log) = live(flags, &session)?;
    let wake_up = Arc::new(WakeUp::default());
    let keyring = Keyring::of(&told.access_key, told.key());
    let callers = Callers { keyring: keyring.clone(), user: identity.user_arn() };
    let runs = runtime.handle().clone();
    let settings =
        ServingSettings { runtime: runs, callers, base, data: flags.data.clone(), first: live.clone() };
    let clusters = Arc::new(Clusters::new(settings, &binding));
    let account = SimulatedAccount::new(world.clone(), clusters.clone()).telling(live.shared_clock_map());
    account.pace().change(|asked| asked.times = times);
    if records.get(&records::Key::new(records::Kind::Cluster, "", &told.cluster)).is_some() {
        let endpoint = clusters.serve_first(&told.cluster, authority, kubernetes_listener)?;
        account.serves(&told.cluster, world.clone(), endpoint);
    }
    clusters.restore(&account).map_err(|error| errors::bad(format!("{error:#}")))?;
    let service = service(records, account.clone(), &live, identity, wake_up.clone());
    let app = App::new(service.clone(), keyring, Quotas::with(&flags.quotas), binding.tls.is_some());
    let link = binding.link(&app.entrance);
    let stop = CancellationToken::new();
    let answering =
        runtime.spawn(serve(listener, binding.tls, Arc::new(app), Limits::default(), stop.clone()));
    say(&told, times, link.as_deref(), printer);

    let probe = DieAt::from_environment(move || world.lock().faults.take_crash());
    let (ends, rings) = (interrupt.clone(), wake_up.clone());
    runtime.spawn(async move {
        ends.wait().await;
        rings.ring();
    });
    let paced = PacedClock::new(live, clusters.clone(), account.pace(), wake_up, clock_log);
    let world = Embedded::new(session, account, interrupt);
    let reconciler = Reconciler::new(service.clone(), world, &journal)?;
    // The world waits for nobody, and its journal is written before it goes on.
    let journal = Inline::new(&mut journal);
    let kept = block_on(supervise(&reconciler, &journal, &paced, &probe, Settings::default()));
    service.feed.close();
    stop.cancel();
    clusters.stop();
    paced.keep_clock_map();
    runtime.block_on(answering).context("the EKS endpoint")?;
    told.ended()?;
    kept?;
    Ok(Exit::Done)
}

/// Listens for clients of EKS and of Kubernetes: at the ports given, else where it did before, else at the usual ones, else
/// at any.
fn listeners(
    flags: &Up,
    binding: &Binding,
    runtime: &Runtime,
    before: Option<&Installation>,
) -> Result<(TcpListener, TcpListener)> {
    let (eks_before, kubernetes_before) = before.map_or((None, None), Installation::ports);
    let listening = |flag, port, usual| runtime.block_on(binding.listen(flag, port, usual));
    let usual = [kubernetes_before, Some(KUBERNETES_PORT)];
    Ok((
        listening("--port", flags.port, [eks_before, Some(PORT)])?,
        listening("--kubernetes-port", flags.kubernetes_port, usual)?,
    ))
}

/// Service of the embedded account; its calls wake the thread that advances the worlds.
fn service(
    records: Arc<Records>,
    account: SimulatedAccount,
    live: &Live,
    identity: Identity,
    wake_up: Arc<WakeUp>,
) -> Arc<Service<SimulatedAccount>> {
    let wake = Arc::new(move || wake_up.ring());
    let checks = Arc::new(WorldChecks::new(account.clone(), live.shared_clock_map()));
    Arc::new(Service {
        records,
        account,
        identity,
        rules: Rules::default(),
        feed: UpdateFeed::default(),
        checks,
        wake,
    })
}

/// Speed of the world, as a multiple of real time.
fn times(flags: &Up) -> Result<f64> {
    match Speed::parse(flags.speed.as_deref().unwrap_or(SPEED)).map_err(crate::errors::BadInput)? {
        Speed::Times(times) => Ok(times),
        Speed::Max => Err(errors::bad(
            "--speed max: a served world needs a pace; give real, or a factor such as 60x".into(),
        )),
    }
}

/// The world in step with real time. A world from a data directory is advanced to the last time in its clock log, so
/// that no time that a client saw is repeated; nothing acted on it meanwhile, so it gets to the same state.
fn live(flags: &Up, session: &Session) -> Result<(Arc<Live>, Option<ClockLog>)> {
    let (mut clock_log, clock_map) = match &flags.data {
        Some(data) => {
            let (clock_log, clock_map) = ClockLog::open(data)?;
            (Some(clock_log), clock_map)
        }
        None => (None, None),
    };
    let reached = clock_map.as_ref().map(|clock_map| clock_map.now().0);
    let live = Live::new(session.world.clone(), clock_map, Timestamp::now());
    if let Some(reached) = reached {
        live.advance_to(reached, Timestamp::now());
    }
    if let Some(clock_log) = &mut clock_log {
        clock_log.keep(&live.clock_map());
    }
    Ok((live, clock_log))
}

/// Opens world, journal and records: in the data directory, or in memory.
fn open(flags: &Up, session: Session) -> Result<(Session, Journal, Records, Option<DataDir>)> {
    let Some(path) = &flags.data else {
        return Ok((session, Journal::in_memory()?, Records::in_memory()?, None));
    };
    let bad = |error: String| errors::bad(error);
    let data =
        DataDir::open(path, &Holder::this_process(Timestamp::now())).map_err(|it| bad(it.to_string()))?;
    let journal = data.journal().map_err(|it| bad(it.to_string()))?;
    let records = Records::open(&data.path().join(records::FILE)).map_err(|it| bad(it.to_string()))?;
    let mut session = session.kept(&data.world_file()).map_err(|it| bad(it.to_string()))?;
    for one in journal.list()? {
        let (recorded, facts) = journal.load(&one.update)?;
        session.remember(&recorded.rollout, &facts);
    }
    Ok((session, journal, records, Some(data)))
}

/// Certificates of the Kubernetes API, created once for a data directory and host name.
fn authority(flags: &Up, binding: &Binding) -> Result<Authority> {
    let hosts = binding.hosts();
    let name = match &hosts[..] {
        [_, _, own] => {
            let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
            format!("authority-{}.json", own.chars().map(plain).collect::<String>())
        }
        _ => AUTHORITY.to_owned(),
    };
    let file = flags.data.as_ref().map(|data| data.join(name));
    if let Some(kept) = file.as_deref().map(state_file::read::<Authority>).transpose()?.flatten() {
        return Ok(kept);
    }
    let made = Authority::new(&hosts).context("certificates")?;
    if let Some(file) = file {
        state_file::write(&file, &made)?;
    }
    Ok(made)
}

/// What `replank env` prints. Credentials are created once for a data directory.
fn installation(
    flags: &Up,
    session: &Session,
    identity: &Identity,
    (binding, (eks, kubernetes), authority): (&Binding, (u16, u16), &Authority),
    before: Option<&Installation>,
) -> Result<Installation> {
    let (access_key, secret_key) = binding.keys(before)?;
    let directory = flags.data.clone().or_else(installation::home).unwrap_or_else(std::env::temp_dir);
    let told = Installation {
        pid: Some(std::process::id()),
        endpoint: binding.endpoint(eks),
        kubernetes: binding.kubernetes(kubernetes),
        access_key,
        secret_key,
        region: identity.region.clone(),
        account: identity.account.clone(),
        cluster: session.cluster().name.clone(),
        nodegroup: session.groups().next().map(|group| group.name.clone()).unwrap_or_default(),
        data: flags.data.as_deref().map(std::path::absolute).transpose()?,
        kubeconfig: std::path::absolute(directory.join("kubeconfig"))?,
    };
    let context = identity.arn(&format!("cluster/{}", told.cluster));
    state_file::write_text(&told.kubeconfig, &authority.kubeconfig(&context, &told.kubernetes))?;
    told.tell()?;
    Ok(told)
}

fn say(told: &Installation, times: f64, link: Option<&str>, printer: &mut Printer) {
    printer.line(&format!("Cluster {} is up, {times} times as fast as the real one.", told.cluster));
    printer.line(&format!("  EKS         {}", told.endpoint));
    printer.line(&format!("  Kubernetes  {}", told.kubernetes));
    installation::say_dashboard(told, link, printer);
    installation::say_how(told, printer);
}
