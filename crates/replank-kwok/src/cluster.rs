//! The real cluster that this crate works beside.

use replank_kube::{Cache, Connection};
use tokio::runtime::Handle;

/// A cluster that answers.
#[derive(Clone, Debug)]
pub struct RealCluster {
    /// How it is spoken to.
    pub connection: Connection,
    /// What is seen of it.
    pub cache: Cache,
    /// Where calls wait for their answers. Whoever blocks on it is on no thread of its own.
    pub runtime: Handle,
}
