//! Handles to the real cluster that this crate works with.

use replank_kube::{Cache, Connection};
use tokio::runtime::Handle;

/// Connection, watch cache and runtime of a real cluster.
#[derive(Clone, Debug)]
pub struct RealCluster {
    /// Connection to its API server.
    pub connection: Connection,
    /// Watch cache.
    pub cache: Cache,
    /// Runtime on which calls block; must not be used from one of its own threads.
    pub runtime: Handle,
}
