//! Handles to the real cluster that this crate works with.

use replank_core::names::NodeGroupName;
use replank_kube::{Cache, Connection, KubeClusterPort, NodeScope};
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

impl RealCluster {
    /// Port of the cluster for the nodes of a group.
    pub(crate) fn port(&self, group: &str) -> KubeClusterPort {
        let scope = NodeScope::Group(NodeGroupName::from(group));
        KubeClusterPort::new(self.connection.client.clone(), self.cache.clone(), scope)
    }
}
