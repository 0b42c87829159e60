//! One rehearsal of an upgrade.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use replank_core::cluster_upgrade::observed::Checked;
use replank_core::node_group::plan::Unplaced;
use replank_engine::block::block_on;
use replank_engine::cluster_upgrade::report::UpgradeReport;
use replank_engine::journal::{Inline, Journal};
use replank_engine::probe::Pass;
use replank_engine::report::Stall;
use replank_engine::supervise::supervise;
use replank_engine::turn::Settings;
use replank_kwok::found;
use replank_rehearsal::adapter::SimulatedAccount;
use replank_rehearsal::drive::WorldClock;
use replank_rehearsal::session::Session;
use replank_service::ports::clusters::Endpoint;
use replank_service::reconcile::Reconciler;
use replank_service::records::{Gate, Records};
use replank_service::start_cluster_upgrade::{self, StartClusterUpgrade};
use replank_service::start_update::Rules;
use replank_service::update_feed::UpdateFeed;
use replank_service::{Identity, Service, now, uuid_of};
use replank_world::disruption_statistics::{Moves, Workload};
use replank_world::time::Span;
use replank_world::wall_clock_map::WallClockMap;

use super::stage::{NoFounder, Noted, NotedChecks, RehearsalWorld, closed};
use crate::check::WorldChecks;
use crate::errors::bad;
use crate::up::ACCOUNT;

/// Events within this time of each other are seen by one turn, as in a real run.
const GATHER: Span = Span::millis(50);

/// What is rehearsed.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Kubernetes minor to reach; `None` means the latest that EKS serves.
    pub(crate) to: Option<String>,
    /// Stalls of at least this length are told.
    pub(crate) least: SignedDuration,
    /// Seed of picks.
    pub(crate) seed: u64,
}

/// How a rehearsal went.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The upgrade at its end.
    pub(crate) upgrade: UpgradeReport,
    /// Virtual time at its start.
    pub(crate) begun: Timestamp,
    /// Virtual time at its end.
    pub(crate) ended: Timestamp,
    /// What the check said of each minor when it was its turn. It held nothing up, so that what comes behind is seen too.
    pub(crate) checked: Vec<Checked>,
    /// What held the updates of node groups up, with the group.
    pub(crate) stalls: Vec<(String, Stall)>,
    /// Pods that moved, by workload.
    pub(crate) moved: BTreeMap<Workload, Moves>,
    /// Pods without a node.
    pub(crate) unplaced: Unplaced,
    /// Accepted evictions.
    pub(crate) evicted: u64,
    /// Refused evictions.
    pub(crate) refused: u64,
}

/// Rehearses in the world of the session, which is used up by it; `None` when the cluster is there already.
pub(crate) fn rehearse(session: &Session, wanted: &Wanted) -> Result<Option<Outcome>> {
    let world = session.world.clone();
    let (begun, clock) = {
        let mut world = world.lock();
        world.begin_tally();
        let begun: Timestamp = world.now.into();
        (begun, Arc::new(Mutex::new(WallClockMap::new(world.now, begun))))
    };
    let account = SimulatedAccount::new(world.clone(), Arc::new(NoFounder));
    let name = &session.cluster().name;
    account.serves(name, world.clone(), Endpoint { url: String::new(), authority: String::new() });
    let checks =
        Arc::new(NotedChecks { checks: WorldChecks::new(account.clone(), clock), said: Mutex::default() });
    let service = service(session, account, checks.clone())?;
    let asked = StartClusterUpgrade {
        cluster: name.clone(),
        version: wanted.to.clone(),
        all: true,
        gate: Gate::None,
        accept: replank_check::CHECKS
            .iter()
            .flat_map(|all| all.iter())
            .map(|one| one.id.to_owned())
            .collect(),
        ..StartClusterUpgrade::default()
    };
    let refused = |refusal: replank_service::Refusal| bad(refusal.message);
    let Some(mut order) = start_cluster_upgrade::prepare(&service, &asked).map_err(refused)? else {
        return Ok(None);
    };
    // Its id decides the picks of its updates.
    order.upgrade = uuid_of(&format!("rehearsal {}", wanted.seed));
    start_cluster_upgrade::begin(&service, &asked.tokened(), order).map_err(refused)?;
    let stalls = Noted::default();
    let stage = RehearsalWorld {
        world: world.clone(),
        service: service.clone(),
        stalls: stalls.clone(),
        least: wanted.least,
        step: Cell::new(None),
    };
    let mut journal = Journal::in_memory()?;
    let reconciler = Reconciler::new(service.clone(), stage, &journal)?;
    let clock = WorldClock::new(world.clone(), GATHER);
    block_on(supervise(&reconciler, &Inline::new(&mut journal), &clock, &Pass, Settings::default()))?;
    let Some(upgrade) = service.feed.upgrades.reports().pop() else { return Ok(None) };
    let world = world.lock();
    let ended: Timestamp = world.now.into();
    let checked = std::mem::take(&mut *checks.said.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Some(Outcome {
        upgrade,
        begun,
        ended,
        checked: checked.into_values().collect(),
        stalls: closed(&stalls, ended),
        moved: world.tally.moved().clone(),
        unplaced: world.unplaced(),
        evicted: world.tally.evicted,
        refused: world.tally.refused,
    }))
}

fn service(
    session: &Session,
    account: SimulatedAccount,
    checks: Arc<NotedChecks>,
) -> Result<Arc<Service<SimulatedAccount>>> {
    let region = session.cluster().region.clone();
    let identity = Identity { account: ACCOUNT.into(), region, user: "replank".into() };
    let records = Arc::new(Records::in_memory()?);
    found(session, &identity, now()).put(&records)?;
    let feed = UpdateFeed::default();
    let rules = Rules::default();
    Ok(Arc::new(Service { records, account, identity, rules, feed, checks, wake: Arc::new(|| {}) }))
}
