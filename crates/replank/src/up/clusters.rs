//! The served clusters: that of the world file, and those that `CreateCluster` made. Each has its own world and
//! Kubernetes API; time is the same in all.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, TcpListener as StdListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use replank_engine::state_file;
use replank_formats::worldfile;
use replank_formats::worldfile::spec::{Addon, Cluster, WorldSpec};
use replank_kubeapi::{Authority, Live};
use replank_rehearsal::adapter::{Founder, SimulatedAccount};
use replank_rehearsal::session::{Definition, Session};
use replank_service::ports::ActError;
use replank_service::ports::clusters::{ClusterRequest, Endpoint};
use replank_world::shared::Shared;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::binding::Binding;
use super::kubernetes::{Callers, Kubernetes};
use crate::printer::Printer;

/// How long before its creation the world of a new cluster begins, so that the pods it starts with are settled.
const BEFORE: SignedDuration = SignedDuration::from_mins(20);
/// Directory in a data directory for clusters that were created.
const DIRECTORY: &str = "clusters";

/// Environment for serving clusters.
#[derive(Debug)]
pub(crate) struct ServingSettings {
    /// Runtime of the API servers.
    pub(crate) runtime: Handle,
    /// Callers that are admitted.
    pub(crate) callers: Callers,
    /// Parts of the world file that are the same for all clusters: timings, region, account.
    pub(crate) base: WorldSpec,
    /// Data directory, if there is one.
    pub(crate) data: Option<PathBuf>,
    /// World of the world file, which sets the time of all.
    pub(crate) first: Arc<Live>,
}

/// The served clusters.
#[derive(Debug)]
pub(crate) struct Clusters {
    settings: ServingSettings,
    address: IpAddr,
    /// Hostname that clients use.
    host: String,
    /// Hostnames and addresses for certificates.
    hosts: Vec<String>,
    running: Mutex<BTreeMap<String, Running>>,
    /// Incremented whenever clusters are added or removed.
    generation: AtomicU64,
}

/// A served cluster.
#[derive(Debug)]
struct Running {
    live: Arc<Live>,
    stop: CancellationToken,
}

/// State file of a cluster that was created.
#[derive(Debug, Serialize, Deserialize)]
struct StoredCluster {
    spec: WorldSpec,
    port: u16,
    authority: Authority,
}

impl Clusters {
    /// No clusters yet.
    pub(crate) fn new(settings: ServingSettings, binding: &Binding) -> Self {
        let (address, host, hosts) = (binding.address, binding.host.clone(), binding.hosts());
        let running = Mutex::default();
        Self { settings, address, host, hosts, running, generation: AtomicU64::new(0) }
    }

    /// Serves the cluster of the world file; returns its address.
    pub(crate) fn serve_first(
        &self,
        name: &str,
        authority: Authority,
        listener: TcpListener,
    ) -> Result<Endpoint> {
        let (live, callers) = (self.settings.first.clone(), self.settings.callers.clone());
        let kubernetes = Kubernetes { authority, live, cluster: name.to_owned(), callers };
        self.begin(kubernetes, listener)
    }

    /// Serves the clusters that were created before a restart.
    pub(crate) fn restore(&self, account: &SimulatedAccount) -> Result<()> {
        let Some(directory) = self.directory() else { return Ok(()) };
        let Ok(files) = fs::read_dir(&directory) else { return Ok(()) };
        for file in files {
            let path = file?.path();
            if path.extension().is_some_and(|it| it == "json")
                && let Some(stored) = state_file::read::<StoredCluster>(&path)?
            {
                let name =
                    stored.spec.clusters.first().map(|cluster| cluster.name.clone()).unwrap_or_default();
                let (world, endpoint) = self.serve(stored).with_context(|| format!("cluster {name}"))?;
                account.serves(&name, world, endpoint);
            }
        }
        Ok(())
    }

    /// Current generation, and the worlds besides the first if the generation has changed since the given one.
    pub(crate) fn others_since(&self, generation: u64) -> (u64, Option<Vec<Arc<Live>>>) {
        let now = self.generation.load(Ordering::Acquire);
        let others = (now != generation).then(|| {
            let running = self.running();
            let lives = running.values().map(|running| running.live.clone());
            lives.filter(|live| !Arc::ptr_eq(live, &self.settings.first)).collect()
        });
        (now, others)
    }

    /// Asks the tasks of every cluster to end; does not wait for them.
    pub(crate) fn stop(&self) {
        for running in self.running().values() {
            running.stop.cancel();
        }
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn directory(&self) -> Option<PathBuf> {
        self.settings.data.as_ref().map(|data| data.join(DIRECTORY))
    }

    /// Creates and serves a cluster.
    fn make(&self, wish: &ClusterRequest) -> Result<(Shared, Endpoint)> {
        let authority = Authority::new(&self.hosts).context("certificates")?;
        // What a kill left of an attempt that told nobody.
        if let Some(directory) = self.directory() {
            forget(&directory, &wish.name);
        }
        let now: Timestamp = self.settings.first.world().lock().now.into();
        let spec = spec(&self.settings.base, wish, now - BEFORE);
        self.serve(StoredCluster { spec, port: 0, authority })
    }

    /// Makes the world of a cluster, replays its acts, and serves its API.
    fn serve(&self, mut stored: StoredCluster) -> Result<(Shared, Endpoint)> {
        let name = stored.spec.clusters.first().map(|cluster| cluster.name.clone()).unwrap_or_default();
        let definition = Definition {
            spec: stored.spec.clone(),
            world_file: None,
            manifests: Vec::new(),
            replaces_workloads: false,
        };
        let mut session = Session::new(definition)?;
        self.share_images(&session);
        session.world.lock().events.routine = true;
        let file = self.directory().map(|directory| directory.join(format!("{name}.sqlite")));
        if let Some(file) = &file {
            file.parent().map_or(Ok(()), fs::create_dir_all)?;
            session = session.kept(file)?;
        }
        let world = session.world.clone();
        let now = self.settings.first.world().lock().now;
        let live = Live::new(world.clone(), Some(self.settings.first.clock_map()), Timestamp::now());
        live.advance_to(now, Timestamp::now());
        let listener = self.listen(stored.port)?;
        stored.port = listener.local_addr()?.port();
        let authority = stored.authority.clone();
        if let Some(file) = file {
            state_file::write(&file.with_extension("json"), &stored)?;
        }
        let callers = self.settings.callers.clone();
        let kubernetes = Kubernetes { authority, live, cluster: name, callers };
        let listener = {
            let _inside = self.settings.runtime.enter();
            TcpListener::from_std(listener)?
        };
        Ok((world, self.begin(kubernetes, listener)?))
    }

    /// Copies custom images of the account into the world of a cluster.
    fn share_images(&self, session: &Session) {
        let first = self.settings.first.world().lock();
        let images: Vec<_> = first.cloud.own_images().cloned().collect();
        drop(first);
        let mut world = session.world.lock();
        images.into_iter().for_each(|image| world.cloud.add_image(image));
    }

    /// Listens on the port from before, or on any.
    fn listen(&self, port: u16) -> Result<StdListener> {
        let at = |port| StdListener::bind((self.address, port));
        let listener = at(port).or_else(|_| at(0)).context("no port to listen on")?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    }

    fn begin(&self, kubernetes: Kubernetes, listener: TcpListener) -> Result<Endpoint> {
        let port = listener.local_addr()?.port();
        let endpoint = kubernetes.endpoint(&format!("https://{}:{port}", self.host));
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let (name, live) = (kubernetes.cluster.clone(), kubernetes.live.clone());
        let told = name.clone();
        self.settings.runtime.spawn(async move {
            if let Err(error) = kubernetes.serve(listener, stopped).await {
                Printer::complain(&format!("warning: cluster {told}: {error}"));
            }
        });
        self.running().insert(name, Running { live, stop });
        self.generation.fetch_add(1, Ordering::AcqRel);
        Ok(endpoint)
    }
}

impl Founder for Clusters {
    fn found(&self, wish: &ClusterRequest) -> Result<(Shared, Endpoint), ActError> {
        self.make(wish).map_err(|error| ActError(format!("{error:#}")))
    }

    fn end(&self, cluster: &str) {
        if let Some(running) = self.running().remove(cluster) {
            running.stop.cancel();
        }
        self.generation.fetch_add(1, Ordering::AcqRel);
        if let Some(directory) = self.directory() {
            forget(&directory, cluster);
        }
    }
}

/// Deletes the files of a cluster, its state file first, so that a kill in between restores nothing.
fn forget(directory: &Path, cluster: &str) {
    for ending in ["json", "sqlite", "sqlite-wal", "sqlite-shm"] {
        let file = directory.join(format!("{cluster}.{ending}"));
        match fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Printer::complain(&format!("warning: {}: {error}", file.display()));
            }
            _ => {}
        }
    }
}

/// Definition of a new cluster: system pods, no nodes, no script.
fn spec(base: &WorldSpec, wish: &ClusterRequest, start: Timestamp) -> WorldSpec {
    let mut spec = base.clone();
    // Each cluster has chances of its own, which its name decides.
    spec.seed =
        wish.name.bytes().fold(base.seed, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
    spec.start = worldfile::Moment(start);
    spec.clusters.truncate(1);
    for cluster in &mut spec.clusters {
        *cluster = Cluster {
            name: wish.name.clone(),
            version: wish.version.clone(),
            region: cluster.region.clone(),
            account: cluster.account.clone(),
            node_groups: Vec::new(),
            addons: if wish.addons {
                vec![Addon::AwsNode, Addon::KubeProxy, Addon::Coredns]
            } else {
                Vec::new()
            },
            autoscaler: spec_autoscaler(cluster),
            workloads: Vec::new(),
            manifests: Vec::new(),
            operators: cluster.operators,
            paces: Vec::new(),
        };
    }
    spec.update.cluster = None;
    spec.update.groups = None;
    spec.update.after = worldfile::Length(SignedDuration::ZERO);
    spec.acts.clear();
    spec.faults.clear();
    spec
}

/// A new cluster has no Cluster Autoscaler.
fn spec_autoscaler(cluster: &Cluster) -> worldfile::spec::Autoscaler {
    worldfile::spec::Autoscaler { enabled: false, ..cluster.autoscaler.clone() }
}
