//! Sessions: a world to run updates in, made from a world file, manifests or a snapshot, with its script, kept on
//! disk on request.

mod foresee;
mod job_losses;
mod log;
mod make;
mod own_template;
mod paces;
mod patience;
mod rehearsal;
mod rehearse;
mod script;
mod script_deeds;
mod seeded;
mod self_managed;
mod spec;
mod stage;
mod what_if;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use replank_core::names::UpdateId;
use replank_core::node_group::event::Event;
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::spec::Spec;
use replank_engine::commands::Command;
use thiserror::Error;

pub use log::{LogError, WorldLog, Written};
pub use rehearsal::{GroupRehearsal, NodeLife, Rehearsal, RehearseError};
pub(crate) use rehearse::foresee;
pub use rehearse::{ForeseeError, REHEARSED_IN_A_REQUEST_MAX, REHEARSED_MAX};
pub(crate) use script_deeds::bring_about;

use crate::seed::Notes;
use patience::Patience;
use replank_formats::manifest::Source;
use replank_formats::snapshot::Snapshot;
use replank_formats::worldfile::spec::{Cluster, NodeGroup, WorldSpec};
use replank_formats::yaml::{BadInput, BadInputs};
use replank_world::shared::Shared;
use replank_world::time::Time;
use script::Script;
pub use script::Told;
pub use what_if::{Change, ChangeError};
pub use writer::Steady;
use writer::Writer;

/// The definition of a world.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The parsed world file.
    pub spec: WorldSpec,
    /// Its path, to which the manifests it names are relative.
    pub world_file: Option<PathBuf>,
    /// Additional manifests.
    pub manifests: Vec<Source>,
    /// Whether these replace the workloads of the world file.
    pub replaces_workloads: bool,
}

/// Why a session cannot be made.
#[derive(Debug, Error)]
pub enum SessionError {
    /// Manifests or world file are invalid.
    #[error("{0}")]
    Input(#[from] BadInputs),
    /// A file cannot be read.
    #[error("{0}")]
    File(#[from] BadInput),
    /// The update names an unknown group or cluster.
    #[error("{asked}: there is no such {what}; there is {known}")]
    Unknown {
        /// `node group` or `cluster`.
        what: &'static str,
        /// The name given.
        asked: String,
        /// The names there are.
        known: String,
    },
    /// A group has no valid target.
    #[error("node group {group}: {why}")]
    Target {
        /// Name of the node group.
        group: String,
        /// Why it has none.
        why: String,
    },
    /// Cloud or cluster refuse what the world file defines.
    #[error("{what}: {why}")]
    Refused {
        /// The object refused.
        what: String,
        /// Error message of the cloud or the API server.
        why: String,
    },
    /// The world log cannot be opened or written.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// A world with its script and the updates to run in it.
#[derive(Debug)]
pub struct Session {
    /// The world, shared with adapters and clock.
    pub world: Shared,
    definition: Definition,
    cluster: usize,
    groups: Vec<usize>,
    targets: Vec<Spec>,
    warnings: Vec<String>,
    script: Script,
    patience: Patience,
    log: Option<Arc<Writer>>,
}

impl Session {
    /// Makes a new world.
    pub fn new(definition: Definition) -> Result<Self, SessionError> {
        make::session(definition)
    }

    /// Makes the world of a snapshot, with notes for the user. `wanted` is its world file, see
    /// [`replank_formats::snapshot::world_file`].
    pub fn of_snapshot(snapshot: &Snapshot, wanted: WorldSpec) -> Result<(Self, Notes), SessionError> {
        seeded::session(snapshot, wanted, None)
    }

    /// As [`Self::of_snapshot`], for an update that is requested elsewhere: the update settings of the world file
    /// do not apply.
    pub fn of_snapshot_for(
        snapshot: &Snapshot,
        wanted: WorldSpec,
        asked: &Spec,
    ) -> Result<(Self, Notes), SessionError> {
        let mut wanted = wanted;
        wanted.update.groups = Some(vec![asked.group.to_string()]);
        seeded::session(snapshot, wanted, Some(asked))
    }

    /// Makes a world that is kept in a file, or restores the one in it by replaying its log.
    pub fn open(definition: Definition, file: &Path) -> Result<Self, SessionError> {
        Ok(Self::new(definition)?.kept(file)?)
    }

    /// Keeps a new world in a file, or restores the one in it. The file is created last, so that invalid input
    /// leaves nothing behind.
    pub fn kept(self, file: &Path) -> Result<Self, LogError> {
        let text = serde_json::to_string(&self.definition.spec).unwrap_or_default();
        self.kept_as(&text, file)
    }

    /// As [`Self::kept`], but the file does not depend on the update settings, since later updates may have
    /// others.
    pub fn kept_for_any_update(self, file: &Path) -> Result<Self, LogError> {
        let text = self.without_update();
        self.kept_as(&text, file)
    }

    /// As [`Self::kept_for_any_update`], in a file by which several processes act in one world, each with a copy of it.
    /// Time in it goes on at the pace of `clock`, and never back.
    pub fn kept_with_others(mut self, file: &Path, clock: Steady) -> Result<Self, LogError> {
        let log = WorldLog::open_shared(file, &self.with_sources(&self.without_update()))?;
        let writer = Arc::new(Writer::with_others(log, clock));
        let mut world = self.world.lock();
        world.log = Some(writer.clone());
        let now = world.now;
        world.pass_to(now);
        drop(world);
        self.log = Some(writer);
        Ok(self)
    }

    /// The world file without its update settings.
    fn without_update(&self) -> String {
        let mut spec = serde_json::to_value(&self.definition.spec).unwrap_or_default();
        if let Some(members) = spec.as_object_mut() {
            members.remove("update");
        }
        spec.to_string()
    }

    /// A world file and its manifests, as one text.
    fn with_sources(&self, text: &str) -> String {
        let sources = self.definition.manifests.iter();
        let sources = sources.map(|source| {
            let namespace = source.namespace.iter().map(|name| format!("# namespace {name}\n"));
            namespace.collect::<String>() + &String::from_utf8_lossy(&source.text)
        });
        sources.fold(text.to_owned(), |text, source| text + "\n---\n" + &source)
    }

    fn kept_as(mut self, text: &str, file: &Path) -> Result<Self, LogError> {
        let log = WorldLog::open(file, &self.with_sources(text))?;
        let Written { acts, reached } = log.read()?;
        self.script.restore(log.script()?);
        let counts = log.faults()?;
        let writer = Arc::new(Writer::alone(log));
        let mut world = self.world.lock();
        for (at, act) in acts {
            world.advance_to(at);
            // What was refused then is refused again.
            let _as_before = world.take_in(act);
        }
        if let Some(reached) = reached {
            world.advance_to(reached);
        }
        world.faults.restore(&counts);
        world.log = Some(writer.clone());
        drop(world);
        self.log = Some(writer);
        Ok(self)
    }

    /// Warnings for the user about the world.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The updates that the world file asks for, one for each group, with ids from `id`.
    pub fn specs(&self, id: impl Fn(usize) -> UpdateId) -> Vec<Spec> {
        self.targets.iter().enumerate().map(|(at, spec)| Spec { update: id(at), ..spec.clone() }).collect()
    }

    /// The id of the `number`-th update of this world: a UUID drawn from the seed.
    pub fn update_id(&self, number: usize) -> UpdateId {
        let chance = self.world.lock().chance;
        let number = number as u64;
        let (high, low) = (chance.draw("update", "high", number), chance.draw("update", "low", number));
        let bits = (u128::from(high) << 64) | u128::from(low);
        let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (4 << 76) | (2 << 62);
        UpdateId::new(replank_world::object::Uid(bits).to_string())
    }

    /// The cluster that is updated.
    pub fn cluster(&self) -> &Cluster {
        &self.definition.spec.clusters[self.cluster]
    }

    /// The node groups that are updated.
    pub fn groups(&self) -> impl Iterator<Item = &NodeGroup> {
        self.groups.iter().map(|at| &self.cluster().node_groups[*at])
    }

    /// Follows a turn of the engine, and carries out the script's commands that are due.
    pub fn follow(&mut self, rollout: &Rollout, facts: &[Event]) {
        let now = self.now();
        self.patience.follow(rollout.spec(), facts, now);
        let writer = self.log.clone();
        let log = writer.as_ref().map(|writer| &writer.log);
        let noted = self.script.follow(&self.world, rollout, facts, log);
        if let Some(writer) = &self.log {
            let now = self.world.lock().now;
            writer.keep(noted.and_then(|()| writer.log.reached(now)));
        }
    }

    /// Follows facts recorded before a restart, and advances the world to the last of them: no command came after
    /// the last note of time and before the kill.
    pub fn remember(&mut self, rollout: &Rollout, facts: &[Event]) {
        self.script.remember(rollout, facts);
        if let Some(last) = facts.last() {
            let mut world = self.world.lock();
            let at = Time::from(last.at).max(world.now);
            world.pass_to(at);
        }
    }

    /// Scripted commands carried out since the last call.
    pub fn told(&mut self) -> Vec<Told> {
        self.script.told()
    }

    /// Whether the world file has a script or faults, which previews leave out.
    pub fn is_scripted(&self) -> bool {
        !self.definition.spec.acts.is_empty() || !self.definition.spec.faults.is_empty()
    }

    /// Whether nothing was recorded for so long that only a user could change anything, and the script has
    /// nothing left.
    pub fn is_stuck(&self) -> bool {
        self.patience.is_over(self.now()) && self.script.next_at().is_none()
    }

    /// Commands to the engine that the script gave since the last call.
    pub fn commands(&mut self) -> Vec<Command> {
        self.script.commands()
    }

    /// The error of a write to the log, if one failed; reported once.
    pub fn failure(&self) -> Option<LogError> {
        self.log.as_ref()?.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The virtual time.
    pub fn now(&self) -> Timestamp {
        self.world.lock().now.into()
    }
}
