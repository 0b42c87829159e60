//! A world to run updates in: made from a world file and manifests, with its script, kept on disk when asked.

mod foresee;
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
mod spec;
mod what_if;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

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
pub use rehearse::{ForeseeError, REHEARSED_MAX};
pub(crate) use script_deeds::bring_about;

use crate::act::{Act, ActLog};
use crate::fault::Counts;
use crate::manifest::Source;
use crate::shared::Shared;
use crate::snapshot::{Notes, Snapshot};
use crate::time::Time;
use crate::worldfile::spec::{Cluster, NodeGroup, WorldSpec};
use crate::yaml::{BadInput, Refused};
use patience::Patience;
use script::Script;
pub use script::Told;
pub use what_if::{Change, ChangeError};

/// What a world is made from.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The world file, read.
    pub spec: WorldSpec,
    /// Where it lies: manifests that it names are beside it.
    pub world_file: Option<PathBuf>,
    /// Manifests on top of it.
    pub manifests: Vec<Source>,
    /// Whether they replace the applications of the world file.
    pub replaces_workloads: bool,
}

/// A world that cannot be made.
#[derive(Debug, Error)]
pub enum SessionError {
    /// Manifests or files are wrong.
    #[error("{0}")]
    Input(#[from] Refused),
    /// A file is wrong.
    #[error("{0}")]
    File(#[from] BadInput),
    /// An update is asked for a group or a cluster that is not there.
    #[error("{asked}: there is no such {what}; there is {known}")]
    Unknown {
        /// A node group or a cluster.
        what: &'static str,
        /// What was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
    /// There is nothing a group could be updated to.
    #[error("node group {group}: {why}")]
    Target {
        /// The group.
        group: String,
        /// Why not.
        why: String,
    },
    /// The cloud or the cluster refuses what the world file asks for.
    #[error("{what}: {why}")]
    Refused {
        /// What was asked for.
        what: String,
        /// In whose words.
        why: String,
    },
    /// The world cannot be kept or opened.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// A world to run updates in.
#[derive(Debug)]
pub struct Session {
    /// The world.
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

/// Writes acts to the log; a failure is kept until somebody asks.
#[derive(Debug)]
struct Writer {
    log: WorldLog,
    failure: Mutex<Option<LogError>>,
}

impl Writer {
    fn keep(&self, written: Result<(), LogError>) {
        if let Err(error) = written {
            *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
    }
}

impl ActLog for Writer {
    fn note(&self, at: Time, act: &Act) {
        self.keep(self.log.append(at, act));
    }

    fn note_faults(&self, counts: &Counts) {
        self.keep(self.log.note_faults(counts));
    }
}

impl Session {
    /// A new world.
    pub fn new(definition: Definition) -> Result<Self, SessionError> {
        make::session(definition)
    }

    /// The world of a cluster as it was when a snapshot was taken, and what a person should know of it. `wanted` is the
    /// world file of the snapshot, see [`crate::snapshot::world_file`].
    pub fn of_snapshot(snapshot: &Snapshot, wanted: WorldSpec) -> Result<(Self, Notes), SessionError> {
        seeded::session(snapshot, wanted, None)
    }

    /// As [`Self::of_snapshot`], for an update that is asked for elsewhere: what the world file says of updates of its
    /// group counts for nothing.
    pub fn of_snapshot_for(
        snapshot: &Snapshot,
        wanted: WorldSpec,
        asked: &Spec,
    ) -> Result<(Self, Notes), SessionError> {
        let mut wanted = wanted;
        wanted.update.groups = Some(vec![asked.group.to_string()]);
        seeded::session(snapshot, wanted, Some(asked))
    }

    /// The world of a file: a new one, or the one that is there, played again up to where it was.
    pub fn open(definition: Definition, file: &Path) -> Result<Self, SessionError> {
        Ok(Self::new(definition)?.kept(file)?)
    }

    /// Keeps a new world in a file, or goes on with the one that is there, played again up to where it was. The file
    /// is touched last, so that wrong input leaves nothing behind.
    pub fn kept(self, file: &Path) -> Result<Self, LogError> {
        let text = serde_json::to_string(&self.definition.spec).unwrap_or_default();
        self.kept_as(&text, file)
    }

    /// As [`Self::kept`], for a world that outlives its update: the next one may ask for something else.
    pub fn kept_for_any_update(self, file: &Path) -> Result<Self, LogError> {
        let mut spec = serde_json::to_value(&self.definition.spec).unwrap_or_default();
        if let Some(members) = spec.as_object_mut() {
            members.remove("update");
        }
        self.kept_as(&spec.to_string(), file)
    }

    fn kept_as(mut self, text: &str, file: &Path) -> Result<Self, LogError> {
        let sources = self.definition.manifests.iter();
        let sources = sources.map(|source| String::from_utf8_lossy(&source.text).into_owned());
        let text = sources.fold(text.to_owned(), |text, source| text + "\n---\n" + &source);
        let log = WorldLog::open(file, &text)?;
        let Written { acts, reached } = log.read()?;
        self.script.restore(log.script()?);
        let counts = log.faults()?;
        let writer = Arc::new(Writer { log, failure: Mutex::new(None) });
        let mut world = self.world.lock();
        for (at, act) in acts {
            world.advance_to(at);
            // What was refused then is refused again.
            let _as_before = world.act(act);
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

    /// What a person should know of the world before it runs.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The updates the world file asks for, one for each group, each under the name that `id` gives it.
    pub fn specs(&self, id: impl Fn(usize) -> UpdateId) -> Vec<Spec> {
        self.targets.iter().enumerate().map(|(at, spec)| Spec { update: id(at), ..spec.clone() }).collect()
    }

    /// A name for the `number`-th update of this world: a UUID that the seed decides.
    pub fn update_id(&self, number: usize) -> UpdateId {
        let chance = self.world.lock().chance;
        let number = number as u64;
        let (high, low) = (chance.draw("update", "high", number), chance.draw("update", "low", number));
        let bits = (u128::from(high) << 64) | u128::from(low);
        let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (4 << 76) | (2 << 62);
        UpdateId::new(crate::object::Uid(bits).to_string())
    }

    /// The cluster that is updated.
    pub fn cluster(&self) -> &Cluster {
        &self.definition.spec.clusters[self.cluster]
    }

    /// The node groups that are updated.
    pub fn groups(&self) -> impl Iterator<Item = &NodeGroup> {
        self.groups.iter().map(|at| &self.cluster().node_groups[*at])
    }

    /// Takes in what a turn recorded, and lets people and machines of the script act.
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

    /// Takes in what was recorded before a restart. The world goes on at least from there: what it forgot between
    /// its last note and the kill is time in which nobody outside acted.
    pub fn remember(&mut self, rollout: &Rollout, facts: &[Event]) {
        self.script.remember(rollout, facts);
        if let Some(last) = facts.last() {
            let mut world = self.world.lock();
            let at = Time::from(last.at).max(world.now);
            world.advance_to(at);
        }
    }

    /// Acts of the script that happened since the last call.
    pub fn told(&mut self) -> Vec<Told> {
        self.script.told()
    }

    /// Whether the world file has acts or faults, which a preview leaves out.
    pub fn is_scripted(&self) -> bool {
        !self.definition.spec.acts.is_empty() || !self.definition.spec.faults.is_empty()
    }

    /// Whether nothing was recorded for so long that only a person could change anything, and none of the script will.
    pub fn is_stuck(&self) -> bool {
        self.patience.is_over(self.now()) && self.script.next_at().is_none()
    }

    /// What persons of the script asked for since the last call.
    pub fn commands(&mut self) -> Vec<Command> {
        self.script.commands()
    }

    /// Why the world could not be written down, if that happened.
    pub fn failure(&self) -> Option<LogError> {
        self.log.as_ref()?.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The time of the world.
    pub fn now(&self) -> Timestamp {
        self.world.lock().now.into()
    }
}
