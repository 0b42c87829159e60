//! How others steer an update that runs in this process: the routes of the control API for it, on a port of loopback whose
//! keys only this user can read.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use replank_core::node_group::event::Event;
use replank_core::node_group::rollout::Rollout;
use replank_core::sizes::Sizes;
use replank_engine::commands::{Command, CommandError};
use replank_engine::run::Input;
use replank_engine::turn::Turned;
use replank_kube::lists::identity;
use replank_server::app::App;
use replank_server::auth::{Key, Keyring, new_pair};
use replank_server::quota::Quotas;
use replank_server::serve::{Limits, serve_steering};
use replank_service::ports::checks::Unchecked;
use replank_service::reconcile::update_end;
use replank_service::records::found::{Found, FoundGroup};
use replank_service::records::{ChangeError, Owner, Records, ScalingConfig, Update, UpdateConfig};
use replank_service::start_update::Rules;
use replank_service::update_feed::UpdateFeed;
use replank_service::{Identity, Service};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::connect::Reached;
use crate::up::ACCOUNT;
use crate::up::update_process::{REGION, UpdateProcess};

/// Whoever asked within this time may follow the update, and is given time to hear of its end.
const FOLLOWS: Duration = Duration::from_secs(30);
/// After so long without a question nobody follows any more.
const QUIET: Duration = Duration::from_secs(1);
/// How long the end is told at most.
const TELLS_MAX: Duration = Duration::from_secs(5);

/// What a process runs, by name.
pub(crate) struct Named {
    /// Id of the update or upgrade.
    pub(crate) update: String,
    /// Name of the cluster.
    pub(crate) cluster: String,
    /// Name of the node group; empty for the upgrade of a whole cluster.
    pub(crate) nodegroup: String,
}

/// The server for one update, or for the upgrade of a cluster.
pub(crate) struct Steering {
    app: Arc<App<()>>,
    told: UpdateProcess,
    rung: watch::Receiver<()>,
    /// When somebody asked last.
    asked: Arc<Mutex<Option<Instant>>>,
    stop: CancellationToken,
    answering: JoinHandle<()>,
}

impl Steering {
    /// Serves an update, whose `facts` were recorded so far, from the data directory at `data`.
    pub(crate) fn begin(reached: &Reached, data: &Path, rollout: &Rollout, facts: &[Event]) -> Result<Self> {
        let spec = rollout.spec();
        let named = Named {
            update: spec.update.to_string(),
            cluster: spec.cluster.to_string(),
            nodegroup: spec.group.to_string(),
        };
        let serving = Self::serve(reached, data, named, records(rollout)?)?;
        serving.app.service.feed.remember(&serving.told.update, facts);
        Ok(serving)
    }

    /// Serves what is named, with these records, from the data directory at `data`.
    pub(crate) fn serve(reached: &Reached, data: &Path, named: Named, records: Records) -> Result<Self> {
        let listener = reached.runtime.block_on(TcpListener::bind(("127.0.0.1", 0)));
        let listener = listener.context("no port on loopback")?;
        let (access_key, secret_key) = new_pair().context("no randomness for keys")?;
        let Named { update, cluster, nodegroup } = named;
        let told = UpdateProcess {
            pid: std::process::id(),
            endpoint: format!("http://{}", listener.local_addr()?),
            access_key,
            secret_key,
            update,
            cluster,
            nodegroup,
            server: reached.connection.server.clone(),
            cluster_uid: reached.runtime.block_on(identity(&reached.connection.client)),
            data: std::path::absolute(data)?,
        };
        let (ring, rung) = watch::channel(());
        let service = Service {
            records: Arc::new(records),
            account: (),
            identity: local(),
            rules: Rules::default(),
            feed: UpdateFeed::default(),
            checks: Arc::new(Unchecked),
            wake: Arc::new(move || ring.send_replace(())),
        };
        let key = Key { secret: told.secret_key.clone(), session_token: SecretString::default() };
        let keyring = Keyring::of(&told.access_key, key);
        let app = Arc::new(App::new(Arc::new(service), keyring, Quotas::default(), false));
        let (asked, stop) = (Arc::new(Mutex::new(None)), CancellationToken::new());
        let noted = asked.clone();
        let note = move || *noted.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        let serving = serve_steering(listener, app.clone(), note, Limits::default(), stop.clone());
        let answering = reached.runtime.spawn(serving);
        told.tell()?;
        Ok(Self { app, told, rung, asked, stop, answering })
    }

    /// What those who ask are told from.
    pub(crate) fn service(&self) -> &Service<()> {
        &self.app.service
    }

    /// Wakes when somebody asks something of the update.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.rung.clone()
    }

    /// Takes in a turn.
    pub(crate) fn show(&self, turned: &Turned<'_>) {
        // Its end is on record before anybody hears that something happened.
        update_end::of_own(&self.app.service.records, turned.rollout);
        self.app.service.feed.show(turned, Vec::new());
    }

    /// What was asked of the update.
    pub(crate) fn asked(&self) -> Vec<Input> {
        self.app.service.feed.take().into_iter().map(Input::Command).collect()
    }

    /// Passes an answer on.
    pub(crate) fn answered(&self, command: &Command, answer: Result<(), &CommandError>) {
        self.app.service.feed.answer(command, answer.map_err(ToString::to_string));
    }

    /// Ends it, once those who follow the update have heard how that ended.
    pub(crate) fn end(self, runtime: &Runtime, is_over: bool) {
        let silence = || {
            let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.map(|at| at.elapsed())
        };
        let begun = Instant::now();
        if is_over && silence().is_some_and(|silence| silence < FOLLOWS) {
            self.app.service.feed.ring();
            while begun.elapsed() < QUIET
                || (silence().is_some_and(|silence| silence < QUIET) && begun.elapsed() < TELLS_MAX)
            {
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        self.told.ended();
        self.app.service.feed.close();
        self.stop.cancel();
        let _ended = runtime.block_on(self.answering);
    }
}

/// Who serves it; nobody looks.
pub(crate) fn local() -> Identity {
    Identity { account: ACCOUNT.to_owned(), region: REGION.to_owned(), user: "replank".to_owned() }
}

/// The cluster, the node group and the update on record, as far as the update tells of them.
fn records(rollout: &Rollout) -> Result<Records> {
    let spec = rollout.spec();
    // Before the first turn nobody has looked at them.
    let sizes = rollout.measured().map_or(Sizes { min: 0, desired: 0, max: 0 }, |measured| measured.original);
    let group = FoundGroup {
        version: Some(spec.target.version.clone()),
        release: spec.target.release.clone(),
        ..bare(
            spec.group.as_str(),
            ScalingConfig { min_size: sizes.min, max_size: sizes.max, desired_size: sizes.desired },
        )
    };
    let found = Found {
        name: spec.cluster.to_string(),
        version: spec.target.version.clone(),
        at: rollout.started_at(),
        identity: local(),
        groups: vec![group],
    };
    let records = Records::in_memory().context("the records")?;
    found.put(&records).context("the records")?;
    let noted = records.change::<(), std::convert::Infallible>(|change| {
        let begun = rollout.started_at().as_millisecond() as f64 / 1000.0;
        let update =
            Update { created_at: begun, ..Update::begun(spec.update.as_str(), "VersionUpdate", Vec::new()) };
        update.put(change, spec.cluster.as_str(), Owner::Nodegroup(spec.group.to_string()));
        Ok(())
    });
    match noted {
        Ok(()) => Ok(records),
        Err(ChangeError::Records(error)) => Err(error).context("the records"),
        Err(ChangeError::Refused(never)) => match never {},
    }
}

/// A node group of which only the name and the sizes are known.
pub(crate) fn bare(name: &str, sizes: ScalingConfig) -> FoundGroup {
    FoundGroup {
        name: name.to_owned(),
        version: None,
        release: String::new(),
        ami_type: "CUSTOM".to_owned(),
        capacity_type: "ON_DEMAND".to_owned(),
        sizes,
        instance_type: String::new(),
        zones: Vec::new(),
        labels: std::collections::BTreeMap::new(),
        taints: Vec::new(),
        tags: std::collections::BTreeMap::new(),
        update_config: UpdateConfig::default(),
        launch_template: None,
        scaling_group: name.to_owned(),
    }
}
