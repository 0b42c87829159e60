//! A cloud for a real cluster whose nodes are kwok nodes: the embedded cloud, its instances shown as nodes.
//!
//! The embedded world holds scaling groups, templates, images and instances, and no pods. It lives in real time. What
//! it found at the beginning and what happened since is kept in the data directory, so that another process goes on.

mod node;
mod node_syncer;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use jiff::Timestamp;
use replank_engine::data_dir::DataDir;
use replank_engine::state_file;
use replank_kube::lists::{identity, version};
use replank_sim::adapter::NODEGROUP;
use replank_sim::session::Session;
use replank_sim::snapshot::{self, LaidOver, Snapshot};
use replank_sim::time::Time;
use tokio::sync::watch;

pub(crate) use node_syncer::NodeSyncer;

use super::connect::Reached;
use super::snapshot_read;
use crate::cli;
use crate::settings::{self, bad};

/// The nodes as they were when the cloud began, in the data directory.
const FOUND: &str = "cloud.snapshot";
/// How many nodes an error names.
const STRANGERS_MAX: usize = 5;
/// Which cluster the data directory belongs to.
const CLUSTER: &str = "cluster.json";

/// The embedded cloud of a real cluster.
#[derive(Debug)]
pub(crate) struct Kwok {
    /// The world it is in.
    pub(crate) session: Session,
    /// What a person should know of it.
    pub(crate) assumed: Vec<String>,
    /// The world file that was laid over what the nodes tell.
    pub(crate) over: Option<LaidOver>,
    /// Who shows its instances as nodes.
    pub(crate) shadow: NodeSyncer,
}

impl Kwok {
    /// The cloud that the data directory holds, or a new one around the nodes that are there. What is asked for is
    /// one of its groups, or all of them.
    pub(crate) fn open(
        data: &DataDir,
        reached: &Reached,
        world: Option<&Path>,
        group: Option<&str>,
        update: &cli::Update,
    ) -> Result<Self> {
        belongs(data, reached)?;
        let file = data.path().join(FOUND);
        let goes_on = file.exists();
        let found = found(&file, reached)?;
        let over = world.map(laid_over).transpose()?;
        let mut wanted =
            snapshot::world_file(&found, over.as_ref()).map_err(|error| bad(error.to_string()))?;
        settings::lay_over(&mut wanted.update, update)?;
        settings::recreated(&mut wanted, update);
        if let Some(group) = group {
            let groups = &wanted.clusters[0].node_groups;
            if groups.iter().all(|known| known.name != group) {
                let known: Vec<&str> = groups.iter().map(|known| known.name.as_str()).collect();
                return Err(bad(format!("there is no node group {group}; there is {}", known.join(", "))));
            }
            wanted.update.groups = Some(vec![group.to_owned()]);
        }
        let (session, notes) =
            Session::of_snapshot(&today(&found, reached), wanted).map_err(|error| bad(error.to_string()))?;
        // Only now: what makes no cloud is looked at anew the next time.
        keep(&found, &file)?;
        let session =
            session.kept_for_any_update(&data.world_file()).map_err(|error| bad(error.to_string()))?;
        if goes_on {
            refuse_strangers(&session, data, reached)?;
        }
        let shadow = NodeSyncer::start(session.world.clone(), reached);
        Ok(Self { session, assumed: notes.assumed, over, shadow })
    }

    /// Tells whenever something happened in the cloud.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.shadow.changes()
    }
}

/// Makes sure that the directory is not that of another cluster, whose nodes would be taken for gone.
fn belongs(data: &DataDir, reached: &Reached) -> Result<()> {
    let file = data.path().join(CLUSTER);
    let server = &reached.connection.server;
    let Some(here) = reached.runtime.block_on(identity(&reached.connection.client)) else { return Ok(()) };
    match state_file::read::<[String; 2]>(&file)? {
        None => Ok(state_file::write(&file, &[here, server.clone()])?),
        Some([before, _]) if before == here => Ok(()),
        Some([_, before]) => Err(bad(format!(
            "{} holds the cloud of another cluster, which was at {before}; {server} is not that one. Name another \
             directory with --data",
            data.path().display()
        ))),
    }
}

/// Refuses to go on beside another cloud: nodes of a group that none of our instances is, another one launched.
fn refuse_strangers(session: &Session, data: &DataDir, reached: &Reached) -> Result<()> {
    let there = nodes(reached)?;
    let mut world = session.world.lock();
    // Instances came up while nobody looked.
    let now = Time::from(Timestamp::now()).max(world.now);
    world.advance_to(now);
    let is_ours = |instance: &str| world.cloud.find(instance).is_some();
    let strangers = there.of("Node").filter_map(|node| {
        let group = node["metadata"]["labels"][NODEGROUP].as_str()?;
        let instance = node["spec"]["providerID"].as_str()?.rsplit('/').next()?;
        let known = world.cloud.group_of(group).is_some();
        (known && !is_ours(instance)).then(|| node["metadata"]["name"].as_str().unwrap_or_default())
    });
    let strangers: Vec<&str> = strangers.take(STRANGERS_MAX).collect();
    if strangers.is_empty() {
        return Ok(());
    }
    Err(bad(format!(
        "{} holds a cloud that knows nothing of {}: another one launched them, or a person made them. Name a new \
         directory with --data, in which the cloud begins with the nodes that are there",
        data.path().display(),
        strangers.join(", ")
    )))
}

/// The nodes that the cloud began with, or begins with now.
fn found(file: &Path, reached: &Reached) -> Result<Snapshot> {
    if file.exists() {
        let bytes = fs::read(file).map_err(|error| bad(format!("{}: {error}", file.display())))?;
        return snapshot::read(&bytes).map_err(|error| bad(format!("{}: {error}", file.display())));
    }
    nodes(reached)
}

/// The nodes that are there.
fn nodes(reached: &Reached) -> Result<Snapshot> {
    let nodes = snapshot_read::read(&reached.connection, |kind| kind.kind == "Node");
    reached.runtime.block_on(nodes).map_err(|error| bad(error.to_string()))
}

/// What was found, with the version that the control plane serves today: nodes may follow it.
fn today(found: &Snapshot, reached: &Reached) -> Snapshot {
    let served = reached.runtime.block_on(version(&reached.connection.client));
    Snapshot { server: served.unwrap_or_else(|_| found.server.clone()), ..found.clone() }
}

/// Keeps what the cloud began with, unless it is kept already.
fn keep(found: &Snapshot, file: &Path) -> Result<()> {
    if file.exists() {
        return Ok(());
    }
    let named = |error: std::io::Error| bad(format!("{}: {error}", file.display()));
    let mut bytes = Vec::new();
    snapshot::write(found, &mut bytes).map_err(named)?;
    let aside = file.with_extension("new");
    fs::write(&aside, bytes).and_then(|()| fs::rename(&aside, file)).map_err(named)
}

fn laid_over(file: &Path) -> Result<LaidOver> {
    let name = file.display().to_string();
    let text = fs::read(file)
        .with_context(|| format!("--world {name}"))
        .map_err(|error| bad(format!("{error:#}")))?;
    Ok(LaidOver { file: name, text })
}
