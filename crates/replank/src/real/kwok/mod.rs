//! A cloud for a real cluster whose nodes are kwok nodes: the embedded cloud, its instances shown as nodes.
//!
//! The embedded world holds scaling groups, templates, images and instances, and no pods. It lives in real time. What
//! it found at the beginning and what happened since is kept in the data directory, so that another process goes on.

mod node;
mod shadow;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use replank_engine::data_dir::DataDir;
use replank_sim::session::Session;
use replank_sim::snapshot::{self, LaidOver, Snapshot};
use tokio::sync::watch;

pub(crate) use shadow::Shadow;

use super::reach::Reached;
use super::taken;
use crate::cli;
use crate::settings::{self, bad};

/// The nodes as they were when the cloud began, in the data directory.
const FOUND: &str = "cloud.snapshot";

/// The embedded cloud of a real cluster.
#[derive(Debug)]
pub(crate) struct Kwok {
    /// The world it is in.
    pub(crate) session: Session,
    /// What a person should know of it.
    pub(crate) assumed: Vec<String>,
    /// Who shows its instances as nodes.
    pub(crate) shadow: Shadow,
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
        let found = found(&data.path().join(FOUND), reached)?;
        let over = world.map(laid_over).transpose()?;
        let mut wanted =
            snapshot::world_file(&found, over.as_ref()).map_err(|error| bad(error.to_string()))?;
        settings::lay_over(&mut wanted.update, update)?;
        if let Some(group) = group {
            let groups = &wanted.clusters[0].node_groups;
            if groups.iter().all(|known| known.name != group) {
                let known: Vec<&str> = groups.iter().map(|known| known.name.as_str()).collect();
                return Err(bad(format!("there is no node group {group}; there is {}", known.join(", "))));
            }
            wanted.update.groups = Some(vec![group.to_owned()]);
        }
        let (session, notes) =
            Session::of_snapshot(&found, wanted).map_err(|error| bad(error.to_string()))?;
        let session =
            session.kept_for_any_update(&data.world_file()).map_err(|error| bad(error.to_string()))?;
        let shadow = Shadow::cast(session.world.clone(), reached);
        Ok(Self { session, assumed: notes.assumed, shadow })
    }

    /// Tells whenever something happened in the cloud.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.shadow.changes()
    }
}

/// The nodes that the cloud began with.
fn found(file: &Path, reached: &Reached) -> Result<Snapshot> {
    let named = |error: std::io::Error| bad(format!("{}: {error}", file.display()));
    if file.exists() {
        let bytes = fs::read(file).map_err(named)?;
        return snapshot::read(&bytes).map_err(|error| bad(format!("{}: {error}", file.display())));
    }
    let nodes = taken::read(&reached.connection, |kind| kind.kind == "Node");
    let found = reached.runtime.block_on(nodes).map_err(|error| bad(error.to_string()))?;
    let mut bytes = Vec::new();
    snapshot::write(&found, &mut bytes).map_err(named)?;
    let aside = file.with_extension("new");
    fs::write(&aside, bytes).and_then(|()| fs::rename(&aside, file)).map_err(named)?;
    Ok(found)
}

fn laid_over(file: &Path) -> Result<LaidOver> {
    let name = file.display().to_string();
    let text = fs::read(file)
        .with_context(|| format!("--world {name}"))
        .map_err(|error| bad(format!("{error:#}")))?;
    Ok(LaidOver { file: name, text })
}
