//! The embedded cloud for a real cluster: its instances are shown as kwok nodes.
//!
//! The embedded world holds scaling groups, templates, images and instances, and no pods. It runs in real time. The
//! nodes that it began with and the acts since then are kept in the data directory, from which another process goes on.

use std::borrow::Cow;
use std::fs;
use std::path::Path;
use std::time::Instant;

use jiff::Timestamp;
use replank_engine::data_dir::DataDir;
use replank_engine::state_file;
use replank_formats::snapshot::{self, LaidOver, Snapshot};
use replank_formats::worldfile::spec::Update;
use replank_kube::lists::{ListError, identity, version};
use replank_rehearsal::adapter::NODEGROUP;
use replank_rehearsal::session::{Session, Steady};
use replank_world::time::{Span, Time};
use tokio::sync::watch;

use crate::asked::without_target;
use crate::node_syncer::NodeSyncer;
use crate::snapshot_read;
use crate::{KwokError, RealCluster};

/// File in the data directory with the nodes as they were when the cloud began.
const FOUND: &str = "cloud.snapshot";
/// Number of nodes that an error names.
const NAMED_MAX: usize = 5;
/// File in the data directory that identifies its cluster.
const CLUSTER: &str = "cluster.json";

/// Who acts in a cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    /// This process.
    Alone,
    /// This process and others.
    WithOthers,
}

/// The embedded cloud of a real cluster.
#[derive(Debug)]
pub struct KwokCloud {
    /// Session of the embedded world.
    pub session: Session,
    /// Assumptions about the cluster, as notes for the user.
    pub assumed: Vec<String>,
    /// World file with what a cluster does not tell.
    pub over: Option<LaidOver>,
    /// What the world file says of updates.
    pub(crate) update: Update,
    /// Task that shows the instances as nodes.
    pub syncer: NodeSyncer,
}

impl KwokCloud {
    /// Opens the cloud of the data directory, or starts a new one with the nodes of the cluster. Updates are those of
    /// one group, or of all.
    pub fn open(
        data: &DataDir,
        cluster: &RealCluster,
        over: Option<LaidOver>,
        group: Option<&str>,
    ) -> Result<Self, KwokError> {
        Self::open_for(data, cluster, over, group, Who::Alone)
    }

    /// The same for one of several replicas, which act in one cloud.
    pub fn open_shared(
        data: &DataDir,
        cluster: &RealCluster,
        over: Option<LaidOver>,
    ) -> Result<Self, KwokError> {
        Self::open_for(data, cluster, over, None, Who::WithOthers)
    }

    fn open_for(
        data: &DataDir,
        cluster: &RealCluster,
        over: Option<LaidOver>,
        group: Option<&str>,
        who: Who,
    ) -> Result<Self, KwokError> {
        belongs(data, cluster)?;
        let file = data.path().join(FOUND);
        let goes_on = file.exists();
        let found = if goes_on { kept(&file)? } else { nodes(cluster)? };
        let mut wanted =
            snapshot::world_file(&found, over.as_ref()).map_err(|error| KwokError::no_world(&error))?;
        if let Some(group) = group {
            let groups = &wanted.clusters[0].node_groups;
            if groups.iter().all(|known| known.name != group) {
                let known: Vec<&str> = groups.iter().map(|known| known.name.as_str()).collect();
                return Err(KwokError::NoNodeGroup { group: group.to_owned(), known: known.join(", ") });
            }
            wanted.update.groups = Some(vec![group.to_owned()]);
        }
        let update = wanted.update.clone();
        without_target(&mut wanted);
        if who == Who::WithOthers && !wanted.acts.is_empty() {
            let why =
                "acts: replicas that share a cloud would each play them; leave them out, and do them by hand";
            return Err(KwokError::NoWorld(why.to_owned()));
        }
        let today = if goes_on { Cow::Owned(today(&found, cluster)) } else { Cow::Borrowed(&found) };
        let (session, notes) =
            Session::of_snapshot(&today, wanted).map_err(|error| KwokError::no_world(&error))?;
        if !goes_on {
            // Only now: what makes no cloud is looked at anew the next time.
            keep(&found, &file)?;
        }
        let file = data.world_file();
        let kept = match who {
            Who::Alone => session.kept_for_any_update(&file),
            Who::WithOthers => session.kept_with_others(&file, steady()),
        };
        let session = kept.map_err(|error| KwokError::no_world(&error))?;
        if goes_on {
            refuse_foreign_nodes(&session, data, cluster)?;
        }
        let syncer = NodeSyncer::start(session.world.clone(), cluster);
        Ok(Self { session, assumed: notes.assumed, over, update, syncer })
    }

    /// Wakes whenever the cloud changed.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.syncer.changes()
    }
}

/// The time of day when this is called, and from then on that of a clock that nobody sets.
fn steady() -> Steady {
    let (at, begun) = (Time::from(Timestamp::now()), Instant::now());
    Box::new(move || at + Span(begun.elapsed().as_micros() as i64))
}

/// Error if the directory belongs to another cluster: the nodes of that one would be taken for deleted.
fn belongs(data: &DataDir, cluster: &RealCluster) -> Result<(), KwokError> {
    let file = data.path().join(CLUSTER);
    let server = &cluster.connection.server;
    let Some(here) = cluster.runtime.block_on(identity(&cluster.connection.client)) else { return Ok(()) };
    match state_file::read::<[String; 2]>(&file)? {
        None => Ok(state_file::write(&file, &[here, server.clone()])?),
        Some([before, _]) if before == here => Ok(()),
        Some([_, before]) => {
            Err(KwokError::OtherCluster { directory: data.path().to_owned(), before, server: server.clone() })
        }
    }
}

/// Error if a group has nodes that are none of our instances: another cloud launched them.
fn refuse_foreign_nodes(session: &Session, data: &DataDir, cluster: &RealCluster) -> Result<(), KwokError> {
    let there = nodes(cluster)?;
    let mut world = session.world.lock();
    // Instances came up while nobody looked.
    let now = Time::from(Timestamp::now()).max(world.now);
    world.pass_to(now);
    let is_ours = |instance: &str| world.cloud.find(instance).is_some();
    let foreign = there.of("Node").filter_map(|node| {
        let group = node["metadata"]["labels"][NODEGROUP].as_str()?;
        let instance = node["spec"]["providerID"].as_str()?.rsplit('/').next()?;
        let known = world.cloud.group_of(group).is_some();
        (known && !is_ours(instance)).then(|| node["metadata"]["name"].as_str().unwrap_or_default())
    });
    let foreign: Vec<&str> = foreign.take(NAMED_MAX).collect();
    if foreign.is_empty() {
        return Ok(());
    }
    Err(KwokError::ForeignNodes { directory: data.path().to_owned(), nodes: foreign.join(", ") })
}

/// Snapshot of the nodes that the cloud began with.
fn kept(file: &Path) -> Result<Snapshot, KwokError> {
    let bytes = fs::read(file).map_err(|why| failed(file, why))?;
    snapshot::read(&bytes).map_err(|error| KwokError::NoWorld(format!("{}: {error}", file.display())))
}

/// Snapshot of the nodes of the cluster.
fn nodes(cluster: &RealCluster) -> Result<Snapshot, ListError> {
    let nodes = snapshot_read::read(&cluster.connection, |kind| kind.kind == "Node");
    cluster.runtime.block_on(nodes).map(|taken| taken.snapshot)
}

/// The snapshot, with the current version of the control plane, which new nodes may get.
fn today(found: &Snapshot, cluster: &RealCluster) -> Snapshot {
    let served = cluster.runtime.block_on(version(&cluster.connection.client));
    Snapshot { server: served.unwrap_or_else(|_| found.server.clone()), ..found.clone() }
}

/// Writes the snapshot.
fn keep(found: &Snapshot, file: &Path) -> Result<(), KwokError> {
    let mut bytes = Vec::new();
    snapshot::write(found, &mut bytes).map_err(|why| failed(file, why))?;
    let aside = file.with_extension("new");
    fs::write(&aside, bytes).and_then(|()| fs::rename(&aside, file)).map_err(|why| failed(file, why))
}

fn failed(file: &Path, why: std::io::Error) -> KwokError {
    KwokError::File { path: file.display().to_string(), why }
}
