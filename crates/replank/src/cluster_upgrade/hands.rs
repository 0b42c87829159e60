//! Who launches and terminates the machines of a cluster that is upgraded: the port behind which groups of nodes are
//! replaced, and nobody, where only their owners can.

use std::collections::BTreeSet;
use std::sync::Arc;

use replank_core::action::CloudAction;
use replank_core::cluster_upgrade::observed::State;
use replank_core::cluster_upgrade::spec::GroupKind;
use replank_core::names::UpdateId;
use replank_core::node_group::event::Event;
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::spec::Spec;
use replank_core::observed::{Answer, Observation};
use replank_core::version::Minor;
use replank_engine::ports::{Cloud, Cluster, ReadError};
use replank_engine::turn::Turned;
use replank_kube::{Claimed, Claims, KubeClusterPort};
use tokio::sync::watch;

/// A node group that a cloud has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HandGroup {
    pub(super) name: String,
    pub(super) kind: GroupKind,
    /// The minor that its record has, where there is one.
    pub(super) minor: Option<Minor>,
    pub(super) state: State,
    /// Ids of its instances; `None` where the label of a node says which group it is in.
    pub(super) instances: Option<BTreeSet<String>>,
    /// How many nodes it is asked to have.
    pub(super) nodes: u32,
    /// How many of them may be unavailable at once.
    pub(super) batch: u32,
}

/// What the update of a group begins as.
pub(super) enum Begun {
    /// An update that this process runs.
    Ours(Box<Spec>),
    /// One of the service, by its id, which is followed.
    OfService(String),
}

/// Who launches and terminates machines.
pub(super) trait Hands {
    /// Kubernetes port of an update.
    type Cluster: Cluster;
    /// Cloud port of an update.
    type Cloud: Cloud;

    /// Every node group that it has.
    async fn groups(&self) -> Result<Vec<HandGroup>, ReadError>;
    /// Begins to bring a group to a minor. Asked twice with an id, it begins once. The error is the answer that the
    /// upgrade gets.
    async fn begin(&self, group: &str, to: Minor, id: &UpdateId) -> Result<Begun, Answer>;
    /// Both sides of a group.
    fn sides(&self, group: &str) -> (Self::Cluster, Self::Cloud);
    /// Takes in what an earlier process recorded of an update that goes on.
    fn remember(&self, _rollout: &Rollout, _facts: &[Event]) {}
    /// Is shown every turn of an update of this process.
    fn follow(&self, _turned: &Turned<'_>) {}
    /// Gives back what was held for updates that are over.
    async fn settle(&self) {}
    /// Gives back what must not stay held when the process ends.
    async fn leave(&self) {}
    /// What wakes a turn.
    fn changes(&self) -> Vec<watch::Receiver<()>> {
        Vec::new()
    }
}

/// Nobody: every group is its owner's to bring along.
pub(super) struct Nobody {
    pub(super) side: KubeClusterPort,
    pub(super) claims: Arc<Claims>,
}

impl Hands for Nobody {
    type Cluster = Claimed<KubeClusterPort>;
    type Cloud = NoCloud;

    async fn groups(&self) -> Result<Vec<HandGroup>, ReadError> {
        Ok(Vec::new())
    }

    async fn begin(&self, group: &str, _to: Minor, _id: &UpdateId) -> Result<Begun, Answer> {
        Err(Answer::Impossible(NoCloud::refusal(group)))
    }

    /// An earlier process may have begun an update with a cloud that this one was not told of.
    fn sides(&self, group: &str) -> (Self::Cluster, Self::Cloud) {
        (Claimed::new(self.side.clone(), self.claims.of(group)), NoCloud)
    }
}

/// A cloud that is not there.
#[derive(Debug)]
pub(super) struct NoCloud;

impl NoCloud {
    fn refusal(group: &str) -> String {
        format!("node group {group}: nothing launches its machines here; begin again with --cloud")
    }
}

impl Cloud for NoCloud {
    async fn refresh(&mut self, _seen: &Observation) -> Result<(), ReadError> {
        Err(ReadError(Self::refusal("of this update")))
    }

    fn tell(&mut self, _into: &mut Observation) {}

    async fn perform(&self, _action: &CloudAction) -> Answer {
        Answer::Impossible(Self::refusal("of this update"))
    }
}
