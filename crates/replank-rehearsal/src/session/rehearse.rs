//! Rehearsals of updates: the engine itself runs in a copy of the world.
//!
//! Only the world knows what scheduler, controllers and cloud make of an update, so a plan asks a copy of it. The
//! copy has neither script nor faults: a plan foresees neither users nor failures. A rehearsal takes as long as the
//! update, so a world that is too large for whoever waits for it is projected instead.

use std::collections::BTreeMap;

use jiff::Timestamp;
use replank_core::names::UpdateId;
use replank_core::node_group::plan::{Plan, Record, beside, findings, plan};
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::spec::Spec;
use replank_engine::block::block_on;
use replank_engine::journal::{Journal, OpenError, StartError};
use replank_engine::ports::ReadError;
use replank_engine::probe::Pass;
use replank_engine::run::{Face, Input, run};
use replank_engine::turn::{Settings, TurnError, Turned, Update};
use thiserror::Error;

use super::Session;

use super::foresee::{homeless, observed, paces, with_unplaced};
use super::job_losses::with_losses;
use super::patience::Patience;
use crate::adapter::{SimulatedCloud, SimulatedCluster};
use crate::drive::WorldClock;
use replank_world::fault::Faults;
use replank_world::rng::{Chance, mix};
use replank_world::shared::Shared;
use replank_world::time::Span;

/// Worlds with more pods than this are projected even for somebody who waits for a plan: the rehearsal of so many takes
/// some ten seconds and some hundred MiB.
pub const REHEARSED_MAX: usize = 200_000;
/// The same for a plan that a request waits for, which has a deadline, and whose world stands still for the copy.
pub const REHEARSED_IN_A_REQUEST_MAX: usize = 30_000;
/// Events within this time of each other are seen by one turn, as in a real run.
const GATHER: Span = Span::millis(50);

/// Why a plan cannot be made.
#[derive(Debug, Error)]
pub enum ForeseeError {
    /// The world cannot be observed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The journal of the rehearsal cannot be opened.
    #[error(transparent)]
    Journal(#[from] OpenError),
    /// An update cannot be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A turn of the engine failed.
    #[error(transparent)]
    Turn(#[from] TurnError),
}

impl Session {
    /// Whether this world is too large to be rehearsed.
    pub fn is_projected(&self) -> bool {
        self.world.lock().store.pods.len() > REHEARSED_MAX
    }

    /// The plans of the updates that the world file asks for, if they began now, by rehearsal: all groups together as
    /// they would run. The world is not changed.
    pub fn rehearsed(&self) -> Result<Vec<(Spec, Plan)>, ForeseeError> {
        rehearsed(&self.world, self.specs(|at| self.update_id(at)))
    }

    /// The plans by projection, which is cheap and knows no scheduler.
    pub fn projected(&self) -> Result<Vec<(Spec, Plan)>, ForeseeError> {
        projected(&self.world, self.specs(|at| self.update_id(at)))
    }
}

/// The plan of one update that begins now, and whether it was projected.
pub(crate) fn foresee(world: &Shared, spec: &Spec) -> Result<(Plan, bool), ForeseeError> {
    let is_projected = world.lock().store.pods.len() > REHEARSED_IN_A_REQUEST_MAX;
    let specs = vec![spec.clone()];
    let mut plans = if is_projected { projected(world, specs) } else { rehearsed(world, specs) }?;
    let missing = || ForeseeError::Read(ReadError("the rehearsal left no record".to_owned()));
    plans.pop().map(|(_, plan)| (plan, is_projected)).ok_or_else(missing)
}

fn rehearsed(original: &Shared, specs: Vec<Spec>) -> Result<Vec<(Spec, Plan)>, ForeseeError> {
    let world = copy(original);
    world.lock().begin_tally();
    let mut notes = Notes { world: world.clone(), records: BTreeMap::new(), patience: Patience::default() };
    let rollouts = run_in(&world, &specs, &mut notes, |notes, spec, record| {
        notes.records.insert(spec.update.clone(), record);
    })?;
    let (now, unplaced) = {
        let world = world.lock();
        (Timestamp::from(world.now), world.unplaced())
    };
    let mut plans = Vec::new();
    for (spec, rollout) in specs.into_iter().zip(&rollouts) {
        let Some(record) = notes.records.remove(&spec.update) else { continue };
        plans.push((spec, Plan { unplaced: unplaced.clone(), ..record.close(rollout, now) }));
    }
    Ok(plans)
}

/// Runs updates in a world to their end, or until only a user could go on. `begin` gets each update and its
/// record before the first turn.
pub(super) fn run_in<F: Face>(
    world: &Shared,
    specs: &[Spec],
    face: &mut F,
    begin: impl Fn(&mut F, &Spec, Record),
) -> Result<Vec<Rollout>, ForeseeError> {
    let mut journal = Journal::in_memory()?;
    let mut updates = Vec::new();
    for spec in specs {
        let (seen, now) = observed(world, &spec.group)?;
        let found = with_losses(world, findings(spec, &seen, &homeless(world, &spec.group)));
        let recorded = journal.start(spec.clone(), now)?;
        let around = beside(spec, &seen, now);
        begin(face, spec, Record::new(&recorded.rollout, found, around));
        let group = spec.group.to_string();
        let cluster = SimulatedCluster::new(world.clone(), &group);
        updates.push(Update::new(recorded, cluster, SimulatedCloud::new(world.clone(), &group)));
    }
    let clock = WorldClock::new(world.clone(), GATHER);
    block_on(run(&mut updates, &mut journal, &clock, &Pass, Settings::default(), face))?;
    Ok(updates.into_iter().map(|update| update.recorded.rollout).collect())
}

fn projected(world: &Shared, specs: Vec<Spec>) -> Result<Vec<(Spec, Plan)>, ForeseeError> {
    let one = |spec: Spec| {
        let (seen, now) = observed(world, &spec.group)?;
        let homeless = homeless(world, &spec.group);
        let mut shown = plan(spec.clone(), &seen, now, paces(world), &homeless);
        shown.findings = with_losses(world, shown.findings);
        shown.unplaced = with_unplaced(world, shown.unplaced);
        Ok((spec, shown))
    };
    specs.into_iter().map(one).collect()
}

/// A copy of a world without log, followers, routine events and faults.
pub(super) fn copy(original: &Shared) -> Shared {
    let mut world = original.lock().clone();
    world.log = None;
    world.follower = None;
    world.events.routine = false;
    world.faults = Faults::none(Chance(mix(world.chance.0)));
    Shared::new(world)
}

/// Records each turn, and leaves when nothing can change any more.
struct Notes {
    world: Shared,
    records: BTreeMap<UpdateId, Record>,
    patience: Patience,
}

impl Notes {
    fn now(&self) -> Timestamp {
        self.world.lock().now.into()
    }
}

impl Face for Notes {
    fn show(&mut self, turned: &Turned<'_>) {
        let spec = turned.rollout.spec();
        self.patience.follow(spec, turned.facts, self.now());
        if let Some(record) = self.records.get_mut(&spec.update) {
            record.take(turned.facts, turned.decision, turned.seen, turned.at);
        }
    }

    fn asked(&mut self) -> Vec<Input> {
        if self.patience.is_over(self.now()) { vec![Input::Leave] } else { Vec::new() }
    }
}
