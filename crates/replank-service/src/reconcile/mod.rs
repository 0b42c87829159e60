//! Carries out pending operations: hands updates to the engine, creates and removes groups and clusters, and records
//! how each of them ends.
//!
//! The records are the only source of what is to be done, so a wake-up carries no data and a kill loses nothing.

mod add_on;
mod cluster;
mod cluster_version;
mod fargate;
mod health;
mod node_group;
mod node_group_config;
pub mod update_end;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use replank_core::names::{NodeGroupName, UpdateId};
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::spec::Spec;
use replank_engine::cluster_upgrade::turn::UpgradeTurned;
use replank_engine::commands::{Command, CommandError};
use replank_engine::journal::{Journal, JournalError, Listed, StartError};
use replank_engine::ports::{Cloud, Cluster};
use replank_engine::supervise::{Pending, Reconcile};
use replank_engine::turn::{TurnError, Turned};
use tracing::{error, warn};

use crate::cluster_upgrade::ClusterPort;
use crate::ports::Account;
use crate::ports::inventory::Inventory;
use crate::records::{self, Kind, PendingOperation};
use crate::service::{Service, now};
use crate::tokens;

/// How often expired client tokens are deleted.
const SWEEP: SignedDuration = SignedDuration::from_hours(1);
/// Number of past updates whose facts are loaded at the start.
const REMEMBERED: usize = 100;
/// How soon a pending operation is looked at again.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(5);
/// How often the health of node groups is checked, in the time of the world.
const HEALTH_EVERY: SignedDuration = SignedDuration::from_secs(30);

/// Which of several processes that share a journal runs what.
pub trait Shares: Send + Sync {
    /// Whether something, such as a node group, is this process's.
    fn is_ours(&self, what: &str) -> bool;
    /// Changes whenever that may have changed.
    fn generation(&self) -> u64;
}

/// The part of one process.
pub type Share = Arc<dyn Shares>;

/// The world in which updates run, and its user interface. Calls never overlap.
pub trait World {
    /// Kubernetes port of an update.
    type Cluster: Cluster;
    /// Cloud port of an update.
    type Cloud: Cloud;

    /// Makes the two ports of a node group.
    fn sides(&mut self, cluster: &str, group: &str) -> (Self::Cluster, Self::Cloud);
    /// Is shown every turn.
    fn follow(&mut self, turned: &Turned<'_>);
    /// What happened to pods of a cluster since the last call, in words; empty where nobody watches.
    fn news(&mut self, _cluster: &str) -> Vec<String> {
        Vec::new()
    }
    /// Commands of persons since the last call.
    fn commands(&mut self) -> Vec<Command>;
    /// Whether the reconciler is to stop.
    fn leaves(&self) -> bool;
    /// Is told that updates of others may be its own from here on, before they are taken up.
    fn taken_up(&mut self) {}
    /// Which of several processes that share the journal this is; `None` when it is the only one.
    fn share(&self) -> Option<Share> {
        None
    }
}

/// The reconciler of a service in a world.
pub struct Reconciler<A, W> {
    service: Arc<Service<A>>,
    upgrades: ClusterPort<A>,
    world: RefCell<W>,
    state: RefCell<State>,
}

/// State that is not on record.
#[derive(Debug, Default)]
struct State {
    /// Pending operations that were handed to the engine.
    begun: BTreeSet<String>,
    swept_at: Option<Timestamp>,
    looked_at: Option<Timestamp>,
    /// Share of this process when it was last asked to take up what is its own.
    generation: Option<u64>,
}

impl<A, W> std::fmt::Debug for Reconciler<A, W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reconciler").field("state", &self.state).finish_non_exhaustive()
    }
}

impl<A: Account + Inventory, W: World> Reconciler<A, W> {
    /// The reconciler of `service` in `world`. Records the ends of updates that a kill left unrecorded.
    pub fn new(service: Arc<Service<A>>, world: W, journal: &Journal) -> Result<Self, JournalError> {
        let listed = journal.list()?;
        for one in listed.iter().rev().take(REMEMBERED) {
            let (_, facts) = journal.load(&one.update)?;
            service.feed.remember(one.update.as_str(), &facts);
        }
        let over = listed.into_iter().filter(|listed| listed.outcome.is_some());
        let over: BTreeSet<String> = over.map(|listed| listed.update.to_string()).collect();
        for (key, _) in service.records.all(Kind::PendingOperation) {
            if over.contains(&key.name) {
                let (recorded, _) = journal.load(&UpdateId::new(key.name.as_str()))?;
                update_end::update(&service, &recorded.rollout);
            }
        }
        for one in journal.upgrades()?.iter().rev().take(REMEMBERED) {
            let (recorded, facts) = journal.load_upgrade(&one.upgrade)?;
            service.feed.upgrades.remember(&recorded.upgrade, &facts, now());
            if one.is_over {
                update_end::upgrade(&service, &recorded.upgrade);
            }
        }
        let upgrades = ClusterPort::new(service.clone());
        Ok(Self { service, upgrades, world: RefCell::new(world), state: RefCell::default() })
    }

    fn over(&self, rollout: &Rollout) {
        update_end::update(&self.service, rollout);
        self.state.borrow_mut().begun.remove(rollout.spec().update.as_str());
        self.service.feed.ring();
    }

    /// Whether `every` has passed since `at`; sets `at` to `now` then.
    fn is_due(at: &mut Option<Timestamp>, every: SignedDuration, now: Timestamp) -> bool {
        let is_due = at.is_none_or(|at| now.duration_since(at) >= every);
        if is_due {
            *at = Some(now);
        }
        is_due
    }
}

impl<A: Account + Inventory, W: World> Reconcile for Reconciler<A, W> {
    type Upgrades = ClusterPort<A>;
    type Cluster = W::Cluster;
    type Cloud = W::Cloud;

    fn upgrades(&self) -> &ClusterPort<A> {
        &self.upgrades
    }

    fn show_upgrade(&self, turned: &UpgradeTurned<'_>) {
        self.service.feed.upgrades.show(turned);
        if turned.upgrade.end().is_some() {
            update_end::upgrade(&self.service, turned.upgrade);
            self.state.borrow_mut().begun.remove(turned.upgrade.spec().upgrade.as_str());
        }
        self.service.feed.ring();
    }

    fn sides(&self, spec: &Spec) -> (W::Cluster, W::Cloud) {
        self.world.borrow_mut().sides(spec.cluster.as_str(), spec.group.as_str())
    }

    fn pending(&self) -> Vec<Pending> {
        let mut world = self.world.borrow_mut();
        if world.leaves() {
            return vec![Pending::Leave];
        }
        let mut pending = Vec::new();
        if let Some(generation) = world.share().map(|share| share.generation())
            && !self.service.feed.has_taken_up(generation)
        {
            self.state.borrow_mut().generation = Some(generation);
            pending.push(Pending::TakeUp);
        }
        let commands: Vec<Pending> = world.commands().into_iter().map(Pending::Command).collect();
        pending.extend(commands);
        pending.extend(self.service.feed.take().into_iter().map(Pending::Command));
        let begun = &mut self.state.borrow_mut().begun;
        for (key, record) in self.service.records.all(Kind::PendingOperation) {
            if begun.contains(&key.name) {
                continue;
            }
            match records::read::<PendingOperation>(&record.document) {
                Ok(
                    PendingOperation::NodegroupConfig(_)
                    | PendingOperation::NodegroupCreate(_)
                    | PendingOperation::NodegroupDelete(_)
                    | PendingOperation::ClusterCreate(_)
                    | PendingOperation::ClusterDelete(_)
                    | PendingOperation::ClusterVersion(_)
                    | PendingOperation::AddOnVersion(_)
                    | PendingOperation::FargateProfiles(_),
                ) => continue,
                Ok(PendingOperation::ClusterUpgrade(order)) => {
                    pending.push(Pending::Upgrade(Box::new(order.spec())));
                }
                Ok(PendingOperation::NodegroupVersion(update)) => {
                    pending.push(Pending::Update(Box::new(update.spec(self.service.rules))));
                }
                Err(refusal) => error!(operation = %key.name, "{refusal}"),
            }
            begun.insert(key.name);
        }
        pending
    }

    async fn reconcile(&self, now_there: Timestamp) -> Option<Timestamp> {
        let mut wake = None;
        let service = &*self.service;
        let wall = now();
        if Self::is_due(&mut self.state.borrow_mut().swept_at, SWEEP, wall) {
            tokens::forget_old(&service.records, wall);
        }
        for (key, record) in service.records.all(Kind::PendingOperation) {
            let outcome = match records::read::<PendingOperation>(&record.document) {
                Ok(PendingOperation::NodegroupConfig(wanted)) => {
                    node_group_config::run(service, &wanted).await
                }
                Ok(PendingOperation::NodegroupCreate(made)) => {
                    node_group::create(service, *made, now_there).await
                }
                Ok(PendingOperation::NodegroupDelete(gone)) => {
                    node_group::delete(service, gone, now_there).await
                }
                Ok(PendingOperation::ClusterCreate(made)) => cluster::create(service, made, now_there).await,
                Ok(PendingOperation::ClusterDelete(gone)) => cluster::delete(service, gone, now_there).await,
                Ok(PendingOperation::ClusterVersion(moving)) => {
                    cluster_version::run(service, moving, now_there).await
                }
                Ok(PendingOperation::AddOnVersion(moving)) => add_on::run(service, &moving).await,
                Ok(PendingOperation::FargateProfiles(changed)) => fargate::run(service, &changed).await,
                Ok(PendingOperation::NodegroupVersion(_) | PendingOperation::ClusterUpgrade(_)) | Err(_) => {
                    continue;
                }
            };
            wake = Some(now_there + LOOK_AGAIN);
            if let Err(said) = outcome {
                warn!(cluster = %key.cluster, operation = %key.name, "{said}");
            }
        }
        let looks = Self::is_due(&mut self.state.borrow_mut().looked_at, HEALTH_EVERY, now_there);
        if looks {
            health::look(service).await;
        }
        wake
    }

    fn show(&self, turned: &Turned<'_>) {
        let mut world = self.world.borrow_mut();
        world.follow(turned);
        let news = world.news(turned.rollout.spec().cluster.as_str());
        drop(world);
        self.service.feed.show(turned, news);
        if turned.rollout.end().is_some() {
            self.over(turned.rollout);
        }
    }

    fn refused(&self, update: &UpdateId, why: &StartError) {
        if let StartError::Journal(_) = why {
            // Nothing is known of it: it stays pending, and is begun when the journal can be written.
            self.state.borrow_mut().begun.remove(update.as_str());
            error!(%update, "the update is not begun yet: {why}");
            return;
        }
        update_end::never_begun(&self.service, update, &why.to_string());
        self.service.feed.ring();
        error!(%update, "the update could not be begun: {why}");
    }

    fn answered(&self, command: &Command, answer: Result<(), CommandError>) {
        let said = match &answer {
            Ok(()) => Ok(()),
            Err(error) => Err(error.to_string()),
        };
        if !self.service.feed.answer(command, said)
            && let Err(why) = answer
        {
            warn!(update = %command.update, "a command was refused: {why}");
        }
    }

    fn broke(&self, update: &UpdateId, why: &TurnError) {
        error!(%update, "the update broke off and is tried again: {why}");
    }

    fn is_ours(&self, group: &NodeGroupName) -> bool {
        self.world.borrow().share().is_none_or(|share| share.is_ours(group.as_str()))
    }

    fn laid_down(&self, update: &UpdateId) {
        self.service.feed.forget(update.as_str());
        self.state.borrow_mut().begun.remove(update.as_str());
        update_end::elsewhere(&self.service, update);
    }

    fn taken_up(&self, listed: &[Listed]) {
        self.world.borrow_mut().taken_up();
        // What has come or gone meanwhile is another generation, which is taken up after this one.
        let generation = self.state.borrow_mut().generation.take();
        self.service.feed.on_record(listed, generation);
    }

    fn not_taken_up(&self, why: &JournalError) {
        error!("the journal cannot be read to take up updates, which is tried again: {why}");
    }
}
