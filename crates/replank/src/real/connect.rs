//! From flags to a cluster that answers, with the threads that follow it.

use std::time::Duration;

use anyhow::{Context, Result};
use replank_kube::rights::{self, Right};
use replank_kube::{Access, Cache, Connection, WallClock, connect};
use replank_kwok::RealCluster;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::cli;
use crate::demo::interrupt::Interrupt;
use crate::settings;

/// How soon an interrupt is heard while the cluster is quiet.
const LISTENS_EVERY: Duration = Duration::from_millis(200);

/// A cluster that answers.
#[derive(Debug)]
pub(crate) struct Reached {
    /// The connection.
    pub(crate) connection: Connection,
    /// What is seen of it.
    pub(crate) cache: Cache,
    /// Whether it is time to end.
    pub(crate) interrupt: Interrupt,
    /// The threads.
    pub(crate) runtime: Runtime,
}

/// Finds the cluster and begins to follow it.
pub(crate) fn reach(flags: &cli::Reach) -> Result<Reached> {
    let runtime = Runtime::new().context("threads")?;
    let access = Access { kubeconfig: flags.kubeconfig.clone(), context: flags.context.clone() };
    let connection =
        runtime.block_on(connect::connect(&access)).map_err(|error| settings::bad(error.to_string()))?;
    let cache = Cache::start(&connection.client, runtime.handle());
    let interrupt = Interrupt::listen().context("signals")?;
    Ok(Reached { connection, cache, interrupt, runtime })
}

impl Reached {
    /// The cluster alone.
    pub(crate) fn cluster(&self) -> RealCluster {
        RealCluster {
            connection: self.connection.clone(),
            cache: self.cache.clone(),
            runtime: self.runtime.handle().clone(),
        }
    }

    /// Makes sure that an update may do what it will have to, before it begins.
    pub(crate) fn may_update(&self) -> Result<()> {
        self.may(rights::DRAIN.into_iter().chain(rights::UPDATE).chain(rights::KWOK))
    }

    /// Makes sure that an update may delete pods, as it will with force.
    pub(crate) fn may_force(&self) -> Result<()> {
        self.may(rights::FORCE)
    }

    /// Makes sure that a drain may do what it will have to, before it begins.
    pub(crate) fn may_drain(&self) -> Result<()> {
        self.may(rights::DRAIN)
    }

    fn may(&self, wanted: impl IntoIterator<Item = Right>) -> Result<()> {
        let missing = self.runtime.block_on(rights::missing(&self.connection.client, wanted));
        if missing.is_empty() {
            return Ok(());
        }
        let named = missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let server = &self.connection.server;
        let context = self.connection.context.as_deref().unwrap_or("of the pod");
        Err(settings::bad(format!(
            "{server} (context {context}) does not let this user {named}. These roles do, bound to the user as the \
             beginning of `replank rbac` shows:\n{}",
            rights::roles(&missing)
        )))
    }

    /// A clock that wakes when the cluster or another side changes, or when it is time to end.
    pub(crate) fn clock(&self, mut changes: Vec<watch::Receiver<()>>) -> WallClock {
        let (heard, interrupted) = watch::channel(());
        let interrupt = self.interrupt.clone();
        self.runtime.spawn(async move {
            while !interrupt.asked() {
                tokio::time::sleep(LISTENS_EVERY).await;
            }
            heard.send_replace(());
            // The channel stays, so that the rest it ended is not followed by one that nothing ends.
            std::future::pending::<()>().await;
        });
        changes.extend([self.cache.changes(), interrupted]);
        WallClock::new(changes)
    }
}
