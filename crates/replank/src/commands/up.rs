//! `replank up`: the embedded world behind an endpoint that clients of EKS talk to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use jiff::Timestamp;
use replank_engine::block::block_on;
use replank_engine::data_dir::{DataDir, Holder};
use replank_engine::estate::Estate;
use replank_engine::journal::Journal;
use replank_engine::supervise::supervise;
use replank_engine::turn::Settings;
use replank_server::app::{App, Identity};
use replank_server::auth::{Key, Keyring};
use replank_server::house::House;
use replank_server::serve::{Limits, serve};
use replank_sim::calendar::Calendar;
use replank_sim::face::AccountFace;
use replank_sim::session::Session;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::cli::{self, Up};
use crate::demo::interrupt::Interrupt;
use crate::demo::pace::Speed;
use crate::demo::probe::DieAt;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::settings;
use crate::up::household::Embedded;
use crate::up::installation::{self, Installation};
use crate::up::keeper::{Bell, Keeper, Pace};
use crate::up::seed;

/// The port when nobody names another.
const PORT: u16 = 7300;
/// The account of the embedded world: the number of AWS's own examples.
const ACCOUNT: &str = "111122223333";

/// Serves until stopped.
pub(crate) fn run(flags: &Up, printer: &mut Printer) -> Result<Exit> {
    let Speed::Times(times) = Speed::parse(&flags.speed).map_err(super::BadInput)? else {
        return Err(settings::bad(
            "--speed max: a served world needs a pace; give real, or a factor such as 60x".into(),
        ));
    };
    let definition = settings::definition(&flags.world, &cli::Update::default())?;
    let session = Session::new(definition).map_err(|error| settings::bad(error.to_string()))?;
    let (session, mut journal, estate, _lock) = open(flags, session)?;
    for warning in session.warnings() {
        Printer::complain(&format!("warning: {warning}"));
    }
    let interrupt = Interrupt::listen().context("signals")?;
    let runtime = Runtime::new().context("threads")?;
    let listener = runtime.block_on(listen(flags.port))?;
    let region = session.cluster().region.clone();
    let identity = Identity { account: ACCOUNT.into(), region, user: "replank".into() };
    let told = installation(flags, &session, &identity, listener.local_addr()?)?;
    let estate = Arc::new(estate);
    seed::found(&session, &identity, Timestamp::now()).put(&estate).context("the estate")?;

    let world = session.world.clone();
    let calendar = Calendar::new(world.lock().now, Timestamp::now());
    let bell = Arc::new(Bell::default());
    let (version, _) = watch::channel(0);
    let pace = Pace { calendar: Arc::new(Mutex::new(calendar)), version, bell: bell.clone() };
    let key = Key { secret: told.secret_key.clone(), session_token: String::new() };
    let app = Arc::new(App {
        estate,
        account: AccountFace::new(world.clone()),
        keyring: Keyring::of(&told.access_key, key),
        identity,
        wake: Arc::new(move || bell.ring()),
    });
    let (stop, stopped) = watch::channel(false);
    let serving = runtime.spawn(serve(listener, app.clone(), Limits::default(), stopped));
    say(&told, times, printer);

    let probe = DieAt::from_environment(world.clone());
    let mut keeper = Keeper::new(world, times, pace);
    let mut house = House::new(app, Embedded { session, interrupt }, &journal)?;
    let kept = block_on(supervise(&mut house, &mut journal, &mut keeper, &probe, Settings::default()));
    stop.send_replace(true);
    runtime.block_on(serving).context("the listener")?.context("the listener")?;
    tell(flags, &Installation { pid: None, ..told })?;
    kept?;
    Ok(Exit::Done)
}

/// Opens what is kept: in the data directory, or in memory.
fn open(flags: &Up, session: Session) -> Result<(Session, Journal, Estate, Option<DataDir>)> {
    let Some(path) = &flags.data else {
        return Ok((session, Journal::in_memory()?, Estate::in_memory()?, None));
    };
    let bad = |error: String| settings::bad(error);
    let data =
        DataDir::open(path, &Holder::this_process(Timestamp::now())).map_err(|it| bad(it.to_string()))?;
    let journal = data.journal().map_err(|it| bad(it.to_string()))?;
    let estate = Estate::open(&data.path().join("estate.sqlite")).map_err(|it| bad(it.to_string()))?;
    let mut session = session.kept(&data.world_file()).map_err(|it| bad(it.to_string()))?;
    for one in journal.list()? {
        let (recorded, facts) = journal.load(&one.update)?;
        session.remember(&recorded.rollout, &facts);
    }
    Ok((session, journal, estate, Some(data)))
}

/// Listens on the port that is named, or on the usual one, or on another when that is taken.
async fn listen(port: Option<u16>) -> Result<TcpListener> {
    let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
    if let Some(port) = port {
        let listener = TcpListener::bind(at(port)).await;
        return listener.map_err(|error| settings::bad(format!("--port {port}: {error}")));
    }
    match TcpListener::bind(at(PORT)).await {
        Ok(listener) => Ok(listener),
        Err(error) => {
            let listener = TcpListener::bind(at(0)).await.context("no port to listen on")?;
            Printer::complain(&format!("port {PORT} is taken ({error}); another one is used"));
            Ok(listener)
        }
    }
}

/// What is told to `replank env`. Keys are made once for a data directory.
fn installation(flags: &Up, session: &Session, identity: &Identity, at: SocketAddr) -> Result<Installation> {
    let kept = flags.data.as_deref().map(Installation::read).transpose()?.flatten();
    let (access_key, secret_key) = match kept {
        Some(kept) => (kept.access_key, kept.secret_key),
        None => replank_server::auth::new_pair().context("no randomness for keys")?,
    };
    let told = Installation {
        pid: Some(std::process::id()),
        endpoint: format!("http://{at}"),
        access_key,
        secret_key,
        region: identity.region.clone(),
        account: identity.account.clone(),
        cluster: session.cluster().name.clone(),
        nodegroup: session.groups().next().map(|group| group.name.clone()).unwrap_or_default(),
        kubeconfig: None,
    };
    tell(flags, &told)?;
    Ok(told)
}

fn tell(flags: &Up, told: &Installation) -> Result<()> {
    if let Some(data) = &flags.data {
        told.write(data)?;
    }
    match installation::home() {
        Some(home) => told.write(&home),
        None => Ok(()),
    }
}

fn say(told: &Installation, times: f64, printer: &mut Printer) {
    printer.line(&format!("Cluster {} is up, {times} times as fast as the real one.", told.cluster));
    printer.line(&format!("  EKS   {}", told.endpoint));
    printer.line("");
    printer.line("In another terminal:");
    printer.line("  eval \"$(replank env)\"");
    printer.line("  aws eks describe-nodegroup --cluster-name $EKS_CLUSTER_NAME --nodegroup-name $EKS_DEFAULT_MNG_NAME");
    printer.line("");
    printer.line("Ctrl-C ends it.");
    printer.flush();
}
