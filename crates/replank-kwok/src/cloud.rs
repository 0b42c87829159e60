//! A cloud for a real cluster whose nodes are kwok nodes: the embedded cloud, its instances shown as nodes.
//!
//! The embedded world holds scaling groups, templates, images and instances, and no pods. It lives in real time. What
//! it found at the beginning and what happened since is kept in the data directory, so that another process goes on.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use replank_engine::data_dir::DataDir;
use replank_engine::state_file;
use replank_kube::lists::{ListError, identity, version};
use replank_sim::adapter::NODEGROUP;
use replank_sim::session::Session;
use replank_sim::snapshot::{self, LaidOver, Snapshot};
use replank_sim::time::Time;
use replank_sim::worldfile::spec::WorldSpec;
use tokio::sync::watch;

use crate::node_syncer::NodeSyncer;
use crate::snapshot_read;
use crate::{KwokError, RealCluster};

/// The nodes as they were when the cloud began, in the data directory.
const FOUND: &str = "cloud.snapshot";
/// How many nodes an error names.
const NAMED_MAX: usize = 5;
/// Which cluster the data directory belongs to.
const CLUSTER: &str = "cluster.json";

/// The embedded cloud of a real cluster.
#[derive(Debug)]
pub struct KwokCloud {
    /// The world it is in.
    pub session: Session,
    /// What a person should know of it.
    pub assumed: Vec<String>,
    /// The world file that was laid over what the nodes tell.
    pub over: Option<LaidOver>,
    /// Who shows its instances as nodes.
    pub syncer: NodeSyncer,
}

impl KwokCloud {
    /// The cloud that the data directory holds, or a new one around the nodes that are there. Updates are to be of one
    /// of its groups, or of all of them; `change` is made to the definition before the world is made of it.
    pub fn open(
        data: &DataDir,
        cluster: &RealCluster,
        over: Option<LaidOver>,
        group: Option<&str>,
        change: impl FnOnce(&mut WorldSpec),
    ) -> Result<Self, KwokError> {
        belongs(data, cluster)?;
        let file = data.path().join(FOUND);
        let goes_on = file.exists();
        let found = found(&file, cluster)?;
        let mut wanted =
            snapshot::world_file(&found, over.as_ref()).map_err(|error| KwokError::no_world(&error))?;
        change(&mut wanted);
        if let Some(group) = group {
            let groups = &wanted.clusters[0].node_groups;
            if groups.iter().all(|known| known.name != group) {
                let known: Vec<&str> = groups.iter().map(|known| known.name.as_str()).collect();
                return Err(KwokError::NoNodeGroup { group: group.to_owned(), known: known.join(", ") });
            }
            wanted.update.groups = Some(vec![group.to_owned()]);
        }
        let (session, notes) = Session::of_snapshot(&today(&found, cluster), wanted)
            .map_err(|error| KwokError::no_world(&error))?;
        // Only now: what makes no cloud is looked at anew the next time.
        keep(&found, &file)?;
        let session =
            session.kept_for_any_update(&data.world_file()).map_err(|error| KwokError::no_world(&error))?;
        if goes_on {
            refuse_foreign_nodes(&session, data, cluster)?;
        }
        let syncer = NodeSyncer::start(session.world.clone(), cluster);
        Ok(Self { session, assumed: notes.assumed, over, syncer })
    }

    /// Tells whenever something happened in the cloud.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.syncer.changes()
    }
}

/// Makes sure that the directory is not that of another cluster, whose nodes would be taken for gone.
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

/// Refuses to go on beside another cloud: nodes of a group that none of our instances is, another one launched.
fn refuse_foreign_nodes(session: &Session, data: &DataDir, cluster: &RealCluster) -> Result<(), KwokError> {
    let there = nodes(cluster)?;
    let mut world = session.world.lock();
    // Instances came up while nobody looked.
    let now = Time::from(Timestamp::now()).max(world.now);
    world.advance_to(now);
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

/// The nodes that the cloud began with, or begins with now.
fn found(file: &Path, cluster: &RealCluster) -> Result<Snapshot, KwokError> {
    if !file.exists() {
        return Ok(nodes(cluster)?);
    }
    let bytes = fs::read(file).map_err(|why| failed(file, why))?;
    snapshot::read(&bytes).map_err(|error| KwokError::NoWorld(format!("{}: {error}", file.display())))
}

/// The nodes that are there.
fn nodes(cluster: &RealCluster) -> Result<Snapshot, ListError> {
    let nodes = snapshot_read::read(&cluster.connection, |kind| kind.kind == "Node");
    cluster.runtime.block_on(nodes).map(|taken| taken.snapshot)
}

/// What was found, with the version that the control plane serves today: nodes may follow it.
fn today(found: &Snapshot, cluster: &RealCluster) -> Snapshot {
    let served = cluster.runtime.block_on(version(&cluster.connection.client));
    Snapshot { server: served.unwrap_or_else(|_| found.server.clone()), ..found.clone() }
}

/// Keeps what the cloud began with, unless it is kept already.
fn keep(found: &Snapshot, file: &Path) -> Result<(), KwokError> {
    if file.exists() {
        return Ok(());
    }
    let mut bytes = Vec::new();
    snapshot::write(found, &mut bytes).map_err(|why| failed(file, why))?;
    let aside = file.with_extension("new");
    fs::write(&aside, bytes).and_then(|()| fs::rename(&aside, file)).map_err(|why| failed(file, why))
}

fn failed(file: &Path, why: std::io::Error) -> KwokError {
    KwokError::File { path: file.display().to_string(), why }
}
