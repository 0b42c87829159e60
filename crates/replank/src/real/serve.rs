//! `replank up` for a real cluster: the EKS-compatible endpoint over its API server and the embedded cloud.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use replank_core::node_group::spec::Guard;
use replank_engine::journal::JournalThread;
use replank_engine::supervise::supervise;
use replank_engine::turn::Settings;
use replank_kube::tell::Teller;
use replank_kube::{Claims, ServerClock};
use replank_kwok::{KwokCloud, KwokWorld, placer};
use replank_server::app::App;
use replank_server::auth::Keyring;
use replank_server::quota::Quotas;
use replank_server::serve::{Limits, serve};
use replank_service::Identity;
use replank_service::reconcile::Reconciler;
use replank_service::start_update::Rules;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::connect::{Reached, reach};
use super::data_directory;
use super::holder;
use super::kubeconfig;
use super::opened::{self, Opened};
use super::upgrade::NO_CLOUD;
use crate::cli::{self, Up};
use crate::errors::bad;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::probe::DieAt;
use crate::up::PORT;
use crate::up::binding::Binding;
use crate::up::descriptors;
use crate::up::installation::{self, Installation};

/// Note for a user without the permissions for updates with force.
const NO_FORCE: &str = "note: this user may not delete pods, so an update with force gets no further than one without; \
    the role replank-force, one of those that `replank rbac` prints, lets it";

/// Whether the flags name a real cluster.
pub(crate) fn is_meant(flags: &Up) -> bool {
    let cli::Real { reach, cloud } = &flags.real;
    reach.is_given() || cloud.is_some()
}

/// Serves until stopped.
pub(crate) fn run(flags: &Up, printer: &mut Printer) -> Result<Exit> {
    refuse(flags)?;
    let binding = Binding::read(&flags.bind)?;
    let opened = opened(flags)?;
    descriptors::raise();
    let Opened { reached, cloud, journal, records, data } = opened;
    let before = Installation::read(data.path())?;
    let usual = [before.as_ref().and_then(|before| before.ports().0), Some(PORT)];
    let listener = reached.runtime.block_on(binding.listen("--port", flags.port, usual))?;
    for one in &cloud.assumed {
        Printer::complain(&format!("note: {one}"));
    }
    if reached.may_force().is_err() {
        Printer::complain(NO_FORCE);
    }
    let (holder, by) = (holder::of_data(&data)?, holder::told(data.path())?);
    let claims = Claims::saying(reached.connection.clone(), holder, reached.runtime.handle().clone(), by);
    // Old nodes are cordoned, as EKS does.
    let rules = cloud.rules().context("the cluster has no node group")?;
    let rules = Rules { guard: Guard::Cordon, ..rules };
    let (service, rung) = opened::service(records, &reached, &cloud, claims.clone(), rules)?;
    let identity = &service.identity;
    let told = told(flags, &reached, &cloud, identity, (&binding, &listener, data.path()), before.as_ref())?;
    told.tell()?;
    let keyring = Keyring::of(&told.access_key, told.key());
    let app = App::new(service.clone(), keyring, Quotas::with(&flags.quotas), binding.tls.is_some());
    let link = binding.link(&app.entrance);
    let stop = CancellationToken::new();
    let answering =
        reached.runtime.spawn(serve(listener, binding.tls, Arc::new(app), Limits::default(), stop.clone()));
    let clock = ServerClock::new(reached.clock(vec![cloud.changes(), rung]));
    let KwokCloud { session, syncer, over, .. } = cloud;
    let cloud = session.world.clone();
    let probe = DieAt::from_environment(move || cloud.lock().faults.take_crash());
    let interrupt = reached.interrupt.clone();
    let world = KwokWorld {
        session,
        cluster: reached.cluster(),
        placer: placer(&reached.connection, over),
        claims: claims.clone(),
        teller: Teller::start(reached.connection.client.clone(), reached.runtime.handle()),
        among: None,
        leaves: Box::new(move || interrupt.asked()),
    };
    let reconciler = Reconciler::new(service.clone(), world, &journal)?;
    let journal = JournalThread::start(journal)?;
    say(&told, link.as_deref(), printer);
    let settings = Settings::default();
    let kept = reached.runtime.block_on(supervise(&reconciler, &journal, &clock, &probe, settings));
    service.feed.close();
    stop.cancel();
    reached.runtime.block_on(answering).context("the EKS endpoint")?;
    reached.runtime.block_on(claims.end());
    drop(syncer);
    told.ended()?;
    kept?;
    Ok(Exit::Done)
}

/// Error for flags that only the embedded world understands.
fn refuse(flags: &Up) -> Result<()> {
    match flags.real.cloud {
        Some(cli::remote::Cloud::Kwok) => {}
        Some(cli::remote::Cloud::Aws) => {
            let why = "--cloud aws: EKS itself is the endpoint of a cluster on AWS; updates of its groups run by `replank \
                       upgrade nodegroup NAME --cloud aws`";
            return Err(bad(why.to_owned()));
        }
        None => return Err(bad(NO_CLOUD.into())),
    }
    let world = &flags.world;
    let paced = flags.speed.as_deref().is_some_and(|speed| speed != "real");
    let given = [
        (paced, "--speed", "a real cluster keeps its own time"),
        (flags.kubernetes_port.is_some(), "--kubernetes-port", "its Kubernetes API is served already"),
        (!world.manifests.is_empty(), "--filename", "what runs in it is there already; use kubectl"),
        (world.autoscaler, "--autoscaler", "nothing in it scales this cloud"),
        (world.seed.is_some(), "--seed", "say it in the world file"),
    ];
    match given.into_iter().find(|(given, ..)| *given) {
        Some((_, flag, why)) => Err(bad(format!("{flag}: not with a real cluster: {why}"))),
        None => Ok(()),
    }
}

/// Connects to the cluster and opens the data directory.
fn opened(flags: &Up) -> Result<Opened> {
    let reached = reach(&flags.real.reach)?;
    reached.may_update()?;
    let path = flags.data.clone().map_or_else(|| data_directory::usual(&reached, None), Ok)?;
    let world = &flags.world;
    Opened::open(reached, &path, world.file.as_deref(), world.nodegroup.as_deref(), None)
}

/// What `replank env` prints.
fn told(
    flags: &Up,
    reached: &Reached,
    cloud: &KwokCloud,
    identity: &Identity,
    (binding, listener, data): (&Binding, &TcpListener, &Path),
    before: Option<&Installation>,
) -> Result<Installation> {
    let (access_key, secret_key) = binding.keys(before)?;
    Ok(Installation {
        pid: Some(std::process::id()),
        endpoint: binding.endpoint(listener.local_addr()?.port()),
        kubernetes: reached.connection.server.clone(),
        access_key,
        secret_key,
        region: identity.region.clone(),
        account: identity.account.clone(),
        cluster: cloud.session.cluster().name.clone(),
        nodegroup: cloud.session.groups().next().map(|group| group.name.clone()).unwrap_or_default(),
        data: Some(std::path::absolute(data)?),
        kubeconfig: kubeconfig::told(&flags.real.reach, data)?,
    })
}

fn say(told: &Installation, link: Option<&str>, printer: &mut Printer) {
    printer.line(&format!("Cluster {} is real, and its cloud embedded: kwok nodes.", told.cluster));
    printer.line(&format!("  EKS         {}", told.endpoint));
    printer.line(&format!("  Kubernetes  {}, the cluster's own", told.kubernetes));
    installation::say_dashboard(told, link, printer);
    installation::say_how(told, printer);
}
