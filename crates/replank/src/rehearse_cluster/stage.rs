//! What stands around the upgrade while it is rehearsed: the world, what is noted of it, and when it is given up.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use replank_core::cluster_upgrade::observed::Checked;
use replank_core::names::UpdateId;
use replank_core::version::Minor;
use replank_engine::cluster_upgrade::report::UpgradeStatus;
use replank_engine::commands::Command;
use replank_engine::report::{Stall, Stalls};
use replank_engine::turn::Turned;
use replank_rehearsal::adapter::{Founder, SimulatedAccount, SimulatedCloud, SimulatedCluster};
use replank_service::Service;
use replank_service::ports::checks::Checks;
use replank_service::ports::clusters::{ClusterRequest, Endpoint};
use replank_service::ports::{ActError, ReadError};
use replank_service::reconcile::World;
use replank_world::shared::Shared;

use crate::check::WorldChecks;

/// A check that does not pass within this never does: nobody mends anything in a rehearsal.
const CHECK_MAX: SignedDuration = SignedDuration::from_mins(5);
/// No step takes longer than this; every update of a node group has deadlines of its own.
const STEP_MAX: SignedDuration = SignedDuration::from_hours(24);

/// Stalls of the updates of node groups, with the name of the group.
pub(super) type Noted = Rc<RefCell<BTreeMap<UpdateId, (String, Stalls)>>>;

/// The copy of the cluster in which the upgrade runs, and what was noted there.
pub(super) struct RehearsalWorld {
    pub(super) world: Shared,
    pub(super) service: Arc<Service<SimulatedAccount>>,
    pub(super) stalls: Noted,
    /// Stalls of at least this length are noted.
    pub(super) least: SignedDuration,
    /// The present step, and since when.
    pub(super) step: Cell<Option<(usize, Timestamp)>>,
}

impl World for RehearsalWorld {
    type Cluster = SimulatedCluster;
    type Cloud = SimulatedCloud;

    fn sides(&mut self, _cluster: &str, group: &str) -> (SimulatedCluster, SimulatedCloud) {
        let world = &self.world;
        (SimulatedCluster::new(world.clone(), group), SimulatedCloud::new(world.clone(), group))
    }

    fn follow(&mut self, turned: &Turned<'_>) {
        let spec = turned.rollout.spec();
        let mut noted = self.stalls.borrow_mut();
        let new = || (spec.group.to_string(), Stalls::new(self.least));
        noted.entry(spec.update.clone()).or_insert_with(new).1.take(turned);
    }

    fn commands(&mut self) -> Vec<Command> {
        Vec::new()
    }

    fn leaves(&self) -> bool {
        let Some(report) = self.service.feed.upgrades.reports().pop() else { return false };
        // A person alone would bring it on.
        if report.status.is_over() || report.status == UpgradeStatus::Waiting {
            return true;
        }
        let now = self.world.lock().now.into();
        let since = match self.step.get() {
            Some((step, since)) if step == report.step => since,
            Some(_) | None => {
                self.step.set(Some((report.step, now)));
                now
            }
        };
        let is_check = report.steps.get(report.step - 1).is_some_and(|step| step.kind == "check");
        now.duration_since(since) > if is_check { CHECK_MAX } else { STEP_MAX }
    }
}

/// The stalls that were noted, by group, each update's earliest first.
pub(super) fn closed(noted: &Noted, now: Timestamp) -> Vec<(String, Stall)> {
    let all = std::mem::take(&mut *noted.borrow_mut());
    let one = |(group, stalls): (String, Stalls)| {
        stalls.close(now, false).into_iter().map(move |stall| (group.clone(), stall)).collect::<Vec<_>>()
    };
    let mut all: Vec<(String, Stall)> = all.into_values().flat_map(one).collect();
    all.sort_by_key(|(_, stall)| stall.since);
    all
}

/// The check, and what it said of each minor when it was made for it.
pub(super) struct NotedChecks {
    pub(super) checks: WorldChecks,
    pub(super) said: Mutex<BTreeMap<Minor, Checked>>,
}

impl Checks for NotedChecks {
    fn check(&self, cluster: &str, to: Minor) -> Result<Checked, ReadError> {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = said.get(&to) {
            return Ok(known.clone());
        }
        let checked = self.checks.check(cluster, to)?;
        said.insert(to, checked.clone());
        Ok(checked)
    }
}

/// Makes no clusters: there is one.
#[derive(Debug)]
pub(super) struct NoFounder;

impl Founder for NoFounder {
    fn found(&self, _wish: &ClusterRequest) -> Result<(Shared, Endpoint), ActError> {
        Err(ActError("no clusters are made in a rehearsal".to_owned()))
    }

    fn end(&self, _cluster: &str) {}
}
