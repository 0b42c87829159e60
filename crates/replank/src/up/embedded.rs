//! The embedded world as the reconciler of the service needs it.

use std::collections::BTreeMap;

use replank_engine::commands::Command;
use replank_engine::turn::Turned;
use replank_rehearsal::adapter::{SimulatedAccount, SimulatedCloud, SimulatedCluster};
use replank_rehearsal::session::Session;
use replank_service::reconcile::World;
use tracing::error;

use crate::demo::feed::{Feed, News};
use crate::interrupt::Interrupt;

/// Worlds of all clusters, the script of the first, and the feeds of their pods.
#[derive(Debug)]
pub(crate) struct Embedded {
    /// Session of the first world, with its script.
    pub(crate) session: Session,
    /// Account with the worlds of all clusters.
    pub(crate) account: SimulatedAccount,
    /// Set by SIGINT and SIGTERM.
    pub(crate) interrupt: Interrupt,
    /// Changes of pods, by cluster, while updates run.
    feeds: BTreeMap<String, Feed>,
    /// Whether the last turn ended its update.
    is_over: bool,
}

impl Embedded {
    /// World of the reconciler over the first session and all clusters.
    pub(crate) fn new(session: Session, account: SimulatedAccount, interrupt: Interrupt) -> Self {
        Self { session, account, interrupt, feeds: BTreeMap::new(), is_over: false }
    }
}

impl World for Embedded {
    type Cluster = SimulatedCluster;
    type Cloud = SimulatedCloud;

    fn sides(&mut self, cluster: &str, group: &str) -> (SimulatedCluster, SimulatedCloud) {
        let world = self.account.world_of(cluster);
        (SimulatedCluster::new(world.clone(), group), SimulatedCloud::new(world, group))
    }

    fn follow(&mut self, turned: &Turned<'_>) {
        self.session.follow(turned.rollout, turned.facts);
        self.is_over = turned.rollout.end().is_some();
        if let Some(failure) = self.session.failure() {
            error!("the world could not be written down: {failure}");
        }
    }

    fn news(&mut self, cluster: &str) -> Vec<String> {
        let world = || Feed::new(self.account.world_of(cluster));
        let feed = self.feeds.entry(cluster.to_owned()).or_insert_with(world);
        let news = feed.news().iter().map(News::text).collect();
        if self.is_over {
            // Another update makes it anew: in between nobody reads the changes of the world.
            self.feeds.remove(cluster);
        }
        news
    }

    fn commands(&mut self) -> Vec<Command> {
        self.session.commands()
    }

    fn leaves(&self) -> bool {
        self.interrupt.asked()
    }
}
