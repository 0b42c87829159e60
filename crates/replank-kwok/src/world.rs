//! A real cluster as the reconciler of the service needs it.

use std::sync::Arc;

use replank_core::names::NodeGroupName;
use replank_engine::commands::Command;
use replank_engine::turn::Turned;
use replank_kube::tell::Teller;
use replank_kube::{Cache, Claimed, Claims, Connection, KubeClusterPort, NodeScope, Placer};
use replank_service::reconcile::World;
use replank_sim::adapter::SimulatedCloud;
use replank_sim::session::Session;
use tracing::error;

/// A real cluster and its embedded cloud.
pub struct KwokWorld {
    /// Session of the embedded cloud, with its script.
    pub session: Session,
    /// Connection to the cluster.
    pub connection: Connection,
    /// Watch cache of the cluster.
    pub cache: Cache,
    /// Answers where pods would be scheduled.
    pub placer: Placer,
    /// Leases of the node groups that this process holds.
    pub claims: Arc<Claims>,
    /// Writes Events to the cluster.
    pub teller: Teller,
    /// Whether the process is asked to end.
    pub leaves: Box<dyn Fn() -> bool + Send>,
}

impl World for KwokWorld {
    type Cluster = Claimed<KubeClusterPort>;
    type Cloud = Claimed<SimulatedCloud>;

    fn sides(&mut self, _cluster: &str, group: &str) -> (Self::Cluster, Self::Cloud) {
        let claim = self.claims.of(group);
        let whose = NodeScope::Group(NodeGroupName::from(group));
        let cluster = KubeClusterPort::new(self.connection.client.clone(), self.cache.clone(), whose)
            .with_placer(self.placer.clone());
        let cloud = SimulatedCloud::new(self.session.world.clone(), group);
        (Claimed::new(cluster, claim.clone()), Claimed::new(cloud, claim))
    }

    fn follow(&mut self, turned: &Turned<'_>) {
        self.teller.follow(turned);
        self.session.follow(turned.rollout, turned.facts);
        if let Some(failure) = self.session.failure() {
            error!("the cloud could not be written down: {failure}");
        }
    }

    fn commands(&mut self) -> Vec<Command> {
        self.session.commands()
    }

    fn leaves(&self) -> bool {
        (self.leaves)()
    }
}
