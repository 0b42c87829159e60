//! A real cluster as the reconciler of the service needs it.

use std::sync::Arc;

use replank_engine::commands::Command;
use replank_engine::turn::Turned;
use replank_kube::tell::Teller;
use replank_kube::{Claim, Claimed, Claims, KubeClusterPort, Placer};
use replank_rehearsal::adapter::SimulatedCloud;
use replank_rehearsal::session::Session;
use replank_service::reconcile::{Share, World};
use replank_world::shared::Shared;
use tracing::error;

use crate::RealCluster;

/// A real cluster and its embedded cloud.
pub struct KwokWorld {
    /// Session of the embedded cloud, with its script.
    pub session: Session,
    /// The real cluster whose nodes and pods it acts on.
    pub cluster: RealCluster,
    /// Answers where pods would be scheduled.
    pub placer: Placer,
    /// Leases of the node groups that this process holds.
    pub claims: Arc<Claims>,
    /// Writes Events to the cluster.
    pub teller: Teller,
    /// Whether the process is asked to end.
    pub leaves: Box<dyn Fn() -> bool + Send>,
    /// Of several replicas that act in the cloud: which one this is.
    pub among: Option<Among>,
}

/// One of several replicas.
pub struct Among {
    /// What is run by this one.
    pub share: Share,
    /// Puts on record what became of the cloud by others.
    pub find: Box<dyn Fn(&Session) + Send>,
}

/// Both sides of a group of the cluster, seen and acted on only while the claim holds.
pub fn sides(
    cluster: &RealCluster,
    cloud: Shared,
    placer: Placer,
    claim: Arc<Claim>,
    group: &str,
) -> (Claimed<KubeClusterPort>, Claimed<SimulatedCloud>) {
    let cluster = cluster.port(group).with_placer(placer);
    let cloud = SimulatedCloud::new(cloud, group);
    (Claimed::new(cluster, claim.clone()), Claimed::new(cloud, claim))
}

impl World for KwokWorld {
    type Cluster = Claimed<KubeClusterPort>;
    type Cloud = Claimed<SimulatedCloud>;

    fn sides(&mut self, _cluster: &str, group: &str) -> (Self::Cluster, Self::Cloud) {
        let cloud = self.session.world.clone();
        sides(&self.cluster, cloud, self.placer.clone(), self.claims.of(group), group)
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

    fn share(&self) -> Option<Share> {
        self.among.as_ref().map(|among| among.share.clone())
    }

    fn taken_up(&mut self) {
        if let Some(among) = &self.among {
            (among.find)(&self.session);
        }
    }
}
