//! Rehearsals with everything shown to the user: stalls of nodes, lowest points of budgets, moved pods, life of
//! each node, unschedulable pods.

mod lives;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use replank_core::names::UpdateId;
use replank_core::node_group::plan::{Plan, Record, Unplaced};
use replank_core::node_group::problem::Outcome;
use replank_core::node_group::spec::Spec;
use replank_engine::report::{Stall, Stalls};
use replank_engine::run::{Face, Input};
use replank_engine::turn::Turned;

pub use lives::NodeLife;

use super::patience::Patience;
use super::rehearse::{copy, run_in};
use super::what_if::{Change, ChangeError};
use super::{ForeseeError, Session};
use lives::Lives;
use replank_components::{kubelet, schedule};
use replank_world::disruption_statistics::{Dip, Moves, Workload};
use replank_world::rng::{Chance, mix};
use replank_world::shared::Shared;

/// The result of a rehearsal for one node group.
#[derive(Clone, Debug)]
pub struct GroupRehearsal {
    /// The update as it would be started.
    pub spec: Spec,
    /// Phases, order of nodes, findings and end.
    pub plan: Plan,
    /// What held it up for long enough to report, or to the end.
    pub stalls: Vec<Stall>,
}

impl GroupRehearsal {
    /// Whether every node runs the target at the end.
    pub fn succeeds(&self) -> bool {
        self.plan.end.as_ref().is_some_and(|end| end.outcome == Outcome::Succeeded)
    }

    /// How many nodes there were at the peak beyond the original desired size.
    pub fn extra_nodes(&self) -> u32 {
        let home = self.plan.measured.as_ref().map_or(0, |measured| measured.original.desired);
        self.plan.peak.saturating_sub(home)
    }
}

/// The result of a rehearsal.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    /// The seed of all random draws.
    pub seed: u64,
    /// Virtual time at its start.
    pub begun: Timestamp,
    /// Virtual time at its end.
    pub ended: Timestamp,
    /// The groups, in the order of the world file.
    pub groups: Vec<GroupRehearsal>,
    /// The nodes of these groups, in the order they appeared.
    pub nodes: Vec<NodeLife>,
    /// The lowest point of each budget, by namespace and name.
    pub budgets: BTreeMap<(Arc<str>, Arc<str>), Dip>,
    /// Pods that moved, by workload.
    pub moved: BTreeMap<Workload, Moves>,
    /// Pods that were unschedulable.
    pub unplaced: Unplaced,
    /// Accepted evictions.
    pub evicted: u64,
    /// Refused evictions.
    pub refused: u64,
}

impl Rehearsal {
    /// Whether all evicted pods found a node: none is unschedulable that was not before.
    pub fn fits(&self) -> bool {
        self.unplaced.left().0 == 0
    }
}

/// Why a rehearsal cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum RehearseError {
    /// A change does not apply to this world.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The rehearsal itself failed.
    #[error(transparent)]
    Foresee(#[from] ForeseeError),
}

impl Session {
    /// The assumptions about pods in this world, each as the change that assumes the opposite, with its label.
    pub fn doubts(&self) -> Vec<(&'static str, Change)> {
        let world = self.world.lock();
        let jobs = kubelet::is_work_assumed(&world)
            .then_some(("if Jobs of unknown length end soon", Change::JobsEndSoon));
        let unready = kubelet::is_ready_assumed(&world);
        let unready = unready.then_some(("if pods that are not Ready yet stay so", Change::UnreadyStay));
        let gated = schedule::is_held_by_gates(&world);
        let gated = gated.then_some(("if somebody lifts the scheduling gates", Change::GatesLifted));
        jobs.into_iter().chain(unready).chain(gated).collect()
    }

    /// Runs the updates in a copy of the world with another seed and these changes. Stalls of at least `least`
    /// are reported.
    pub fn rehearse(
        &self,
        seed: u64,
        changes: &[Change],
        least: SignedDuration,
    ) -> Result<Rehearsal, RehearseError> {
        let world = copy(&self.world);
        let mut specs = self.specs(|at| self.update_id(at));
        {
            let mut world = world.lock();
            world.chance = Chance(mix(world.chance.0 ^ mix(seed)));
            for change in changes {
                change.apply(&mut world, &mut specs)?;
            }
        }
        for spec in &mut specs {
            spec.seed = seed;
        }
        Ok(rehearse(&world, &specs, seed, least)?)
    }
}

fn rehearse(
    world: &Shared,
    specs: &[Spec],
    seed: u64,
    least: SignedDuration,
) -> Result<Rehearsal, ForeseeError> {
    let (begun, lives) = {
        let mut world = world.lock();
        world.begin_tally();
        let lives = Arc::new(Lives::of(&world, specs));
        world.follower = Some(lives.clone());
        (world.now.into(), lives)
    };
    let mut watch = StallRecorder {
        world: world.clone(),
        records: BTreeMap::new(),
        stalls: BTreeMap::new(),
        least,
        patience: Patience::default(),
    };
    let rollouts = run_in(world, specs, &mut watch, |watch, spec, record| {
        watch.records.insert(spec.update.clone(), record);
    })?;
    let world = world.lock();
    let ended: Timestamp = world.now.into();
    let groups = specs.iter().zip(&rollouts).filter_map(|(spec, rollout)| {
        let plan = watch.records.remove(&spec.update)?.close(rollout, ended);
        let stalls = watch.stalls.remove(&spec.update);
        let stalls = stalls.map_or_else(Vec::new, |stalls| stalls.close(ended, rollout.end().is_none()));
        Some(GroupRehearsal { spec: spec.clone(), plan, stalls })
    });
    let groups: Vec<GroupRehearsal> = groups.collect();
    let over = groups.iter().filter_map(|group| group.plan.end.as_ref().map(|end| end.at)).max();
    Ok(Rehearsal {
        seed,
        begun,
        ended: over.unwrap_or(ended),
        groups,
        nodes: lives.take(&world),
        budgets: world.tally.dips(),
        moved: world.tally.moved(),
        unplaced: world.unplaced(),
        evicted: world.tally.evicted,
        refused: world.tally.refused,
    })
}

/// Records each turn, and leaves when nothing can change any more.
struct StallRecorder {
    world: Shared,
    records: BTreeMap<UpdateId, Record>,
    stalls: BTreeMap<UpdateId, Stalls>,
    least: SignedDuration,
    patience: Patience,
}

impl StallRecorder {
    fn now(&self) -> Timestamp {
        self.world.lock().now.into()
    }
}

impl Face for StallRecorder {
    fn show(&mut self, turned: &Turned<'_>) {
        let spec = turned.rollout.spec();
        self.patience.follow(spec, turned.facts, self.now());
        if let Some(record) = self.records.get_mut(&spec.update) {
            record.take(turned.facts, turned.decision, turned.seen, turned.at);
        }
        let stalls = self.stalls.entry(spec.update.clone());
        stalls.or_insert_with(|| Stalls::new(self.least)).take(turned);
    }

    fn asked(&mut self) -> Vec<Input> {
        if self.patience.is_over(self.now()) { vec![Input::Leave] } else { Vec::new() }
    }
}
