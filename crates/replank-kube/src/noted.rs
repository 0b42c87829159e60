//! A drain that a person runs, noted in the cluster beside its work: updates, deletions of groups and other drains know
//! of it, and it of them.

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

/// The side of a drain, acted on only while the drain is noted and nobody else acts on its nodes.
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
    /// A drain of these nodes, each with its group, by whoever is called `by`. It is not noted yet.
    pub fn new(
        side: KubeClusterPort,
        connection: Connection,
        runtime: Handle,
        nodes: Vec<(NodeName, Option<String>)>,
        by: String,
    ) -> Self {
        Self { side, connection, runtime, by, nodes, tenure: Tenure::default(), kept: None }
    }

    /// Who acts on these nodes already.
    pub async fn taken(&self) -> Result<Option<Taken>, String> {
        let taken = hand::taken(&self.connection.client, &self.by, &self.nodes).await;
        taken.map_err(|error| error.to_string())
    }

    /// Makes sure that the drain is noted and nobody else acts on its nodes. The note comes first: whoever begins after
    /// it sees it, and whoever began before it is seen. The error is in words for people.
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

    /// How it stands, for whoever watches.
    pub fn watched(&self) -> impl Fn() -> Option<String> + use<> {
        let tenure = self.tenure.clone();
        move || tenure.taken()
    }

    /// Takes the note back.
    pub async fn end(self) {
        if let Some((kept, task)) = self.kept {
            drop(kept);
            tenure::ended(task).await;
        }
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
        if self.tenure.is_held() {
            return self.side.perform(action).await;
        }
        let message = "the note of this drain in the cluster has run out and is to be written anew first";
        Answer::NotYet(Refused::Other { message: message.to_owned() })
    }

    async fn pods_on(&self, node: &NodeName) -> Result<Vec<Pod>, ReadError> {
        self.side.pods_on(node).await
    }

    async fn place(&self, node: &NodeName) -> Placement {
        self.side.place(node).await
    }
}
