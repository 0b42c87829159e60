//! Connects to the cluster that flags name, and starts its watches.

use std::sync::Arc;

use anyhow::{Context, Result};
use replank_kube::rights::{self, Right};
use replank_kube::{Access, Cache, Connection, KubeClusterPort, NodeScope, WallClock, connect};
use replank_kwok::RealCluster;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::cli;
use crate::errors;
use crate::interrupt::Interrupt;
use crate::runtime;

/// A real cluster that is watched.
#[derive(Debug)]
pub(crate) struct Reached {
    /// Connection to its API server.
    pub(crate) connection: Connection,
    /// Watch cache.
    pub(crate) cache: Cache,
    /// Set by SIGINT and SIGTERM.
    pub(crate) interrupt: Interrupt,
    /// Runtime of the watches and calls. It ends with the last who has it, and everything that runs on it.
    pub(crate) runtime: Arc<Runtime>,
}

/// Connects to the cluster that the flags name.
pub(crate) fn connection(runtime: &Runtime, flags: &cli::Reach) -> Result<Connection> {
    let access = Access { kubeconfig: flags.kubeconfig.clone(), context: flags.context.clone() };
    runtime.block_on(connect::connect(&access)).map_err(|error| errors::bad(error.to_string()))
}

/// Connects to the cluster and starts the watches.
pub(crate) fn reach(flags: &cli::Reach) -> Result<Reached> {
    let runtime = Arc::new(runtime::threads()?);
    let connection = connection(&runtime, flags)?;
    let cache = Cache::start(&connection.client, runtime.handle());
    let interrupt = Interrupt::listen().context("signals")?;
    Ok(Reached { connection, cache, interrupt, runtime })
}

impl Reached {
    /// Port of the cluster for these nodes.
    pub(crate) fn side(&self, scope: NodeScope) -> KubeClusterPort {
        KubeClusterPort::new(self.connection.client.clone(), self.cache.clone(), scope)
    }

    /// Handles to the cluster, for `replank-kwok`.
    pub(crate) fn cluster(&self) -> RealCluster {
        RealCluster {
            connection: self.connection.clone(),
            cache: self.cache.clone(),
            runtime: self.runtime.handle().clone(),
        }
    }

    /// Error unless the user has the permissions that an update of kwok nodes needs, which it makes and deletes itself.
    pub(crate) fn may_update(&self) -> Result<()> {
        self.may(rights::DRAIN.into_iter().chain(rights::UPDATE).chain(rights::KWOK))
    }

    /// Error unless the user has the permissions that an update needs where nodes come and go with their instances.
    pub(crate) fn may_update_nodes(&self) -> Result<()> {
        self.may(rights::DRAIN.into_iter().chain(rights::UPDATE))
    }

    /// Error unless the user may delete pods, which a forced update does.
    pub(crate) fn may_force(&self) -> Result<()> {
        self.may(rights::FORCE)
    }

    /// Error unless the user has the permissions that a drain needs.
    pub(crate) fn may_drain(&self) -> Result<()> {
        self.may(rights::DRAIN)
    }

    /// Error unless the user has these permissions.
    pub(crate) fn may(&self, wanted: impl IntoIterator<Item = Right>) -> Result<()> {
        let missing = self.runtime.block_on(rights::missing(&self.connection.client, wanted));
        if missing.is_empty() {
            return Ok(());
        }
        let named = missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let server = &self.connection.server;
        let context = self.connection.context.as_deref().unwrap_or("of the pod");
        Err(errors::bad(format!(
            "{server} (context {context}) does not let this user {named}. These roles do, bound to the user as the \
             beginning of `replank rbac` shows:\n{}",
            rights::roles(&missing)
        )))
    }

    /// Clock that wakes when the cluster or another side changes, or when the process is asked to end.
    pub(crate) fn clock(&self, mut changes: Vec<watch::Receiver<()>>) -> WallClock {
        let (heard, interrupted) = watch::channel(());
        let interrupt = self.interrupt.clone();
        self.runtime.spawn(async move {
            interrupt.wait().await;
            heard.send_replace(());
            // The channel stays, so that the rest it ended is not followed by one that nothing ends.
            std::future::pending::<()>().await;
        });
        changes.extend([self.cache.changes(), interrupted]);
        WallClock::new(changes)
    }
}
