//! A rehearsal with everything that a person wants to see of it: what held nodes up and when, how deep budgets
//! dipped, which pods moved, when each node came and went, what found no place.

mod lives;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use replank_core::names::UpdateId;
use replank_core::node_group::preview::{Preview, Record, Unplaced};
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
use crate::disruption_statistics::{Dip, Moves, Workload};
use crate::rng::{Chance, mix};
use crate::shared::Shared;
use lives::Lives;

/// What a rehearsal of one group tells.
#[derive(Clone, Debug)]
pub struct GroupRehearsal {
    /// The update.
    pub spec: Spec,
    /// Phases, order, findings, end.
    pub preview: Preview,
    /// What held it up for so long that it is told, or to the end.
    pub stalls: Vec<Stall>,
}

impl GroupRehearsal {
    /// Whether every node runs the target in the end.
    pub fn succeeds(&self) -> bool {
        self.preview.end.as_ref().is_some_and(|end| end.outcome == Outcome::Succeeded)
    }

    /// How many nodes more than at home there were at the peak.
    pub fn extra_nodes(&self) -> u32 {
        let home = self.preview.measured.as_ref().map_or(0, |measured| measured.original.desired);
        self.preview.peak.saturating_sub(home)
    }
}

/// What one rehearsal tells.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    /// The seed that picks and delays were drawn by.
    pub seed: u64,
    /// When it began.
    pub begun: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// The groups, in the order of the world.
    pub groups: Vec<GroupRehearsal>,
    /// The nodes of these groups, in the order they came.
    pub nodes: Vec<NodeLife>,
    /// The lowest point of each budget, by namespace and name.
    pub budgets: BTreeMap<(Arc<str>, Arc<str>), Dip>,
    /// Pods that moved, by workload.
    pub moved: BTreeMap<Workload, Moves>,
    /// Pods that no node took.
    pub unplaced: Unplaced,
    /// Evictions accepted.
    pub evicted: u64,
    /// Evictions refused.
    pub refused: u64,
}

impl Rehearsal {
    /// Whether new nodes had room for all that had to move: no pod is without a node that was not before.
    pub fn fits(&self) -> bool {
        self.unplaced.left().0 == 0
    }
}

/// A rehearsal that cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum RehearseError {
    /// A change does not fit this world.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The rehearsal failed.
    #[error(transparent)]
    Foresee(#[from] ForeseeError),
}

impl Session {
    /// Changes that are the other reading of what is taken to be so of pods, each with what it says.
    pub fn doubts(&self) -> Vec<(&'static str, Change)> {
        let world = self.world.lock();
        let doubts = &world.kubelets.doubts;
        let jobs =
            (!doubts.work.is_empty()).then_some(("if Jobs of unknown length end soon", Change::JobsEndSoon));
        let unready = !doubts.unready.is_empty();
        let unready = unready.then_some(("if pods that are not Ready yet stay so", Change::UnreadyStay));
        jobs.into_iter().chain(unready).collect()
    }

    /// Runs the updates in a copy of the world under another seed, with changes that a person thinks of. Stalls are
    /// told that last at least as long as `least`.
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
    let mut watch = Watch {
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
        let preview = watch.records.remove(&spec.update)?.close(rollout, ended);
        let stalls = watch.stalls.remove(&spec.update);
        let stalls = stalls.map_or_else(Vec::new, |stalls| stalls.close(ended, rollout.end().is_none()));
        Some(GroupRehearsal { spec: spec.clone(), preview, stalls })
    });
    let groups: Vec<GroupRehearsal> = groups.collect();
    let over = groups.iter().filter_map(|group| group.preview.end.as_ref().map(|end| end.at)).max();
    Ok(Rehearsal {
        seed,
        begun,
        ended: over.unwrap_or(ended),
        groups,
        nodes: lives.take(&world),
        budgets: world.tally.dips(),
        moved: world.tally.moved.clone(),
        unplaced: world.unplaced(),
        evicted: world.tally.evicted,
        refused: world.tally.refused,
    })
}

/// Watches the turns, and leaves when nothing moves any more.
struct Watch {
    world: Shared,
    records: BTreeMap<UpdateId, Record>,
    stalls: BTreeMap<UpdateId, Stalls>,
    least: SignedDuration,
    patience: Patience,
}

impl Watch {
    fn now(&self) -> Timestamp {
        self.world.lock().now.into()
    }
}

impl Face for Watch {
    fn show(&mut self, turned: &Turned<'_>) {
        let spec = turned.rollout.spec();
        self.patience.follow(spec, turned.facts, self.now());
        if let Some(record) = self.records.get_mut(&spec.update) {
            record.take(turned.facts, turned.decision, turned.seen);
        }
        let stalls = self.stalls.entry(spec.update.clone());
        stalls.or_insert_with(|| Stalls::new(self.least)).take(turned);
    }

    fn asked(&mut self) -> Vec<Input> {
        if self.patience.is_over(self.now()) { vec![Input::Leave] } else { Vec::new() }
    }
}
