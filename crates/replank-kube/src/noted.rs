//! The Kubernetes port of a drain by hand, with its lease renewed in the background.

use std::collections::BTreeSet;
use std::time::Instant;

use replank_core::action::ClusterAction;
use replank_core::names::NodeName;
use replank_core::observed::{Answer, Observation, Placement, Pod, Refused};
use replank_engine::ports::{Cluster, ReadError};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cluster::KubeClusterPort;
use crate::connect::Connection;
use crate::hand::{self, Taken};
use crate::tenure::{self, Tenure};

/// A port that acts only while the drain's lease is held and nobody else acts on its nodes.
#[derive(Debug)]
pub struct Noted {
    side: KubeClusterPort,
    connection: Connection,
    runtime: Handle,
    by: String,
    nodes: Vec<(NodeName, Option<String>)>,
    tenure: Tenure,
    kept: Option<(watch::Sender<()>, JoinHandle<()>)>,
}

impl Noted {
    /// A drain of these nodes, each given with its group, run by `by`. Its lease is acquired by [`Noted::hold`].
    pub fn new(
        side: KubeClusterPort,
        connection: Connection,
        runtime: Handle,
        nodes: Vec<(NodeName, Option<String>)>,
        by: String,
    ) -> Self {
        Self { side, connection, runtime, by, nodes, tenure: Tenure::default(), kept: None }
    }

    /// Who else acts on these nodes, if somebody does.
    pub async fn taken(&self) -> Result<Option<Taken>, String> {
        let taken = hand::taken(&self.connection.client, &self.by, &self.nodes).await;
        taken.map_err(|error| error.to_string())
    }

    /// Acquires the lease unless it is held, and then checks that nobody else acts on the nodes. The error is a message
    /// for people.
    pub async fn hold(&mut self) -> Result<(), String> {
        if self.tenure.is_held() {
            return Ok(());
        }
        self.kept = None;
        let since = Instant::now();
        let names: BTreeSet<NodeName> = self.nodes.iter().map(|(name, _)| name.clone()).collect();
        let lease = hand::note(&self.connection.client, &self.by, &names).await;
        let lease = lease.map_err(|error| error.to_string())?;
        match self.taken().await {
            Ok(None) => {
                self.kept = Some(self.tenure.keep(&self.runtime, lease, since));
                Ok(())
            }
            Ok(Some(taken)) => {
                lease.release().await;
                self.tenure.is_taken(taken.to_string());
                Err(taken.to_string())
            }
            Err(why) => {
                lease.release().await;
                Err(why)
            }
        }
    }

    /// A function that says who took over, if somebody did.
    pub fn watched(&self) -> impl Fn() -> Option<String> + use<> {
        let tenure = self.tenure.clone();
        move || tenure.taken()
    }

    /// What acts for this drain.
    pub fn hand(&self) -> NotedHand {
        NotedHand { side: self.side.clone(), tenure: self.tenure.clone() }
    }

    /// Releases the lease.
    pub async fn end(self) {
        if let Some((kept, task)) = self.kept {
            drop(kept);
            tenure::ended(task).await;
        }
    }
}

/// What acts on the cluster for a drain, while its port reads it. A clone acts under the same lease.
#[derive(Clone, Debug)]
pub struct NotedHand {
    side: KubeClusterPort,
    tenure: Tenure,
}

impl NotedHand {
    /// Performs one action, without retries; refused while the drain's lease is not held.
    pub async fn perform(&self, action: &ClusterAction) -> Answer {
        if self.tenure.is_held() {
            return self.side.perform(action).await;
        }
        let message = "the note of this drain in the cluster has run out and is to be written anew first";
        Answer::NotYet(Refused::Other { message: message.to_owned() })
    }
}

impl Cluster for Noted {
    async fn refresh(&mut self, seen: &Observation) -> Result<(), ReadError> {
        self.hold().await.map_err(ReadError)?;
        self.side.refresh(seen).await
    }

    fn tell(&mut self, into: &mut Observation) {
        self.side.tell(into);
    }

    async fn perform(&self, action: &ClusterAction) -> Answer {
        self.hand().perform(action).await
    }

    async fn pods_on(&self, node: &NodeName) -> Result<Vec<Pod>, ReadError> {
        self.side.pods_on(node).await
    }

    async fn place(&self, node: &NodeName) -> Placement {
        self.side.place(node).await
    }
}
