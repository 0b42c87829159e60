//! Carries out what is on record as a wish: hands updates to the engine's supervisor, and writes down how they end.
//!
//! The estate is the only source of what is to be done, so a wake-up carries nothing and a kill loses nothing.

mod clusters;
mod configure;
mod health;
mod members;
mod settle;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use replank_core::names::UpdateId;
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::spec::Spec;
use replank_engine::commands::{Command, CommandError};
use replank_engine::estate::Kind;
use replank_engine::journal::{Journal, JournalError, StartError};
use replank_engine::ports::account::Account;
use replank_engine::ports::{Cloud, Cluster};
use replank_engine::supervise::{Household, Order};
use replank_engine::turn::{TurnError, Turned};

use crate::app::{self, App};
use crate::eks::record::{self, Wish};

/// How often old tokens are forgotten.
const SWEEP: SignedDuration = SignedDuration::from_hours(1);
/// Updates of earlier processes whose history is at hand.
const REMEMBERED: usize = 100;
/// How often a wish that waits for the world is looked at again.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(5);
/// How often the health of node groups is looked at, in the world's time.
const HEALTH_EVERY: SignedDuration = SignedDuration::from_secs(30);

/// The world an update acts on, and whoever else has a say in it.
pub trait World {
    /// The Kubernetes side of an update.
    type Cluster: Cluster;
    /// The cloud side of an update.
    type Cloud: Cloud;

    /// The two sides of a group.
    fn sides(&mut self, cluster: &str, group: &str) -> (Self::Cluster, Self::Cloud);
    /// An update as it is run here: EKS has no word for some of it.
    fn laid_over(&self, spec: Spec) -> Spec {
        spec
    }
    /// Is shown every turn.
    fn follow(&mut self, turned: &Turned<'_>);
    /// What happened to pods of a cluster since the last call, in words; nothing, where nobody looks.
    fn news(&mut self, _cluster: &str) -> Vec<String> {
        Vec::new()
    }
    /// What persons ask of updates since the last call.
    fn commands(&mut self) -> Vec<Command>;
    /// Whether it is time to end.
    fn leaves(&self) -> bool;
    /// Something went wrong that no client hears of.
    fn complain(&mut self, text: &str);
}

/// The household of a server.
pub struct House<A, W> {
    app: Arc<App<A>>,
    world: W,
    begun: BTreeSet<String>,
    swept_at: Option<Timestamp>,
    looked_at: Option<Timestamp>,
}

impl<A, W> std::fmt::Debug for House<A, W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("House").field("begun", &self.begun).finish_non_exhaustive()
    }
}

impl<A: Account, W: World> House<A, W> {
    /// A household for `app` in `world`. Writes down the ends of updates that a kill kept from it.
    pub fn new(app: Arc<App<A>>, mut world: W, journal: &Journal) -> Result<Self, JournalError> {
        let listed = journal.list()?;
        for one in listed.iter().rev().take(REMEMBERED) {
            let (_, facts) = journal.load(&one.update)?;
            app.board.remember(one.update.as_str(), &facts);
        }
        let over = listed.into_iter().filter(|listed| listed.outcome.is_some());
        let over: BTreeSet<String> = over.map(|listed| listed.update.to_string()).collect();
        for (key, _) in app.estate.all(Kind::Wish) {
            if over.contains(&key.name) {
                let (recorded, _) = journal.load(&UpdateId::new(key.name.as_str()))?;
                settle::update(&app, &recorded.rollout, &mut |text| world.complain(text));
            }
        }
        Ok(Self { app, world, begun: BTreeSet::new(), swept_at: None, looked_at: None })
    }

    fn settle(&mut self, rollout: &Rollout) {
        settle::update(&self.app, rollout, &mut |text| self.world.complain(text));
        self.begun.remove(rollout.spec().update.as_str());
        self.app.board.ring();
    }
}

impl<A: Account, W: World> Household for House<A, W> {
    type Cluster = W::Cluster;
    type Cloud = W::Cloud;

    fn sides(&mut self, spec: &Spec) -> (W::Cluster, W::Cloud) {
        self.world.sides(spec.cluster.as_str(), spec.group.as_str())
    }

    fn orders(&mut self) -> Vec<Order> {
        if self.world.leaves() {
            return vec![Order::Leave];
        }
        let mut orders: Vec<Order> = self.world.commands().into_iter().map(Order::Command).collect();
        orders.extend(self.app.board.take().into_iter().map(Order::Command));
        for (key, record) in self.app.estate.all(Kind::Wish) {
            if self.begun.contains(&key.name) {
                continue;
            }
            match record::read::<Wish>(&record.document) {
                Ok(
                    Wish::NodegroupConfig(_)
                    | Wish::NodegroupCreate(_)
                    | Wish::NodegroupDelete(_)
                    | Wish::ClusterCreate(_)
                    | Wish::ClusterDelete(_),
                ) => continue,
                Ok(Wish::NodegroupVersion(wish)) => {
                    orders.push(Order::Begin(Box::new(self.world.laid_over(wish.spec()))));
                }
                Err(failure) => self.world.complain(&failure.message),
            }
            self.begun.insert(key.name);
        }
        orders
    }

    async fn tend(&mut self, now: Timestamp) -> Option<Timestamp> {
        let mut wake = None;
        let wall = app::now();
        if self.swept_at.is_none_or(|at| wall.duration_since(at) >= SWEEP) {
            crate::eks::forget_old_tokens(&self.app.estate, wall);
            self.swept_at = Some(wall);
        }
        for (_, record) in self.app.estate.all(Kind::Wish) {
            let outcome = match record::read::<Wish>(&record.document) {
                Ok(Wish::NodegroupConfig(wish)) => configure::run(&self.app, &wish).await,
                Ok(Wish::NodegroupCreate(wish)) => members::create(&self.app, *wish, now).await,
                Ok(Wish::NodegroupDelete(wish)) => members::delete(&self.app, wish, now).await,
                Ok(Wish::ClusterCreate(wish)) => clusters::create(&self.app, wish, now).await,
                Ok(Wish::ClusterDelete(wish)) => clusters::delete(&self.app, wish, now).await,
                Ok(Wish::NodegroupVersion(_)) | Err(_) => continue,
            };
            wake = Some(now + LOOK_AGAIN);
            if let Err(said) = outcome {
                self.world.complain(&said);
            }
        }
        if self.looked_at.is_none_or(|at| now.duration_since(at) >= HEALTH_EVERY) {
            health::look(&self.app, &mut |said| self.world.complain(said)).await;
            self.looked_at = Some(now);
        }
        wake
    }

    fn show(&mut self, turned: &Turned<'_>) {
        self.world.follow(turned);
        let news = self.world.news(turned.rollout.spec().cluster.as_str());
        self.app.board.show(turned, news);
        if turned.rollout.end().is_some() {
            self.settle(turned.rollout);
        }
    }

    fn refused(&mut self, update: &UpdateId, error: &StartError) {
        settle::never_begun(&self.app, update, &error.to_string());
        self.app.board.ring();
        self.world.complain(&error.to_string());
    }

    fn answered(&mut self, command: &Command, answer: Result<(), CommandError>) {
        let said = match &answer {
            Ok(()) => Ok(()),
            Err(error) => Err(error.to_string()),
        };
        if !self.app.board.answer(command, said)
            && let Err(error) = answer
        {
            self.world.complain(&error.to_string());
        }
    }

    fn broke(&mut self, update: &UpdateId, error: &TurnError) {
        self.world.complain(&format!("update {update} broke off and is tried again: {error}"));
    }
}
