//! Which node groups this process acts on: a lease in the cluster says so, renewed beside the work.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;

use replank_core::action::{CloudAction, ClusterAction};
use replank_core::names::NodeName;
use replank_core::observed::{Answer, Observation, Placement, Pod, Refused};
use replank_engine::ports::{Cloud, Cluster, ReadError};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cluster::KubeClusterPort;
use crate::connect::Connection;
use crate::lease::{Lease, LeaseError};
use crate::tenure::{self, Tenure};

/// The claims of this process.
#[derive(Debug)]
pub struct Claims {
    connection: Connection,
    holder: String,
    runtime: Handle,
    known: Mutex<BTreeMap<String, Weak<Claim>>>,
    kept: Mutex<Vec<JoinHandle<()>>>,
}

/// The claim to a node group. The last one to drop it gives the lease back.
#[derive(Debug)]
pub struct Claim {
    claims: Arc<Claims>,
    group: String,
    tenure: Tenure,
    /// How often the lease was taken.
    tenures: AtomicU64,
    /// Held while a lease is taken, so that nobody takes it twice. Its end is the lease's.
    renewed: tokio::sync::Mutex<Option<watch::Sender<()>>>,
}

impl Claims {
    /// None yet, for a process that is called `holder` in leases.
    pub fn new(connection: Connection, holder: String, runtime: Handle) -> Arc<Self> {
        let (known, kept) = (Mutex::default(), Mutex::default());
        Arc::new(Self { connection, holder, runtime, known, kept })
    }

    /// The claim to a group, which is not ours until it is held.
    pub fn of(self: &Arc<Self>, group: &str) -> Arc<Claim> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, claim| claim.strong_count() > 0);
        if let Some(claim) = known.get(group).and_then(Weak::upgrade) {
            return claim;
        }
        let claim = Arc::new(Claim {
            claims: self.clone(),
            group: group.to_owned(),
            tenure: Tenure::default(),
            tenures: AtomicU64::new(0),
            renewed: tokio::sync::Mutex::default(),
        });
        known.insert(group.to_owned(), Arc::downgrade(&claim));
        claim
    }

    /// Waits until every lease that nobody needs any more is given back, but not for long.
    pub async fn end(&self) {
        let kept: Vec<_> = self.kept.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect();
        for task in kept {
            tenure::ended(task).await;
        }
    }

    /// Renews a lease until its claim is dropped or it is lost.
    fn keep(&self, lease: Lease, since: Instant, tenure: &Tenure) -> watch::Sender<()> {
        let (claim, task) = tenure.keep(&self.runtime, lease, since);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|task| !task.is_finished());
        kept.push(task);
        claim
    }
}

impl Claim {
    /// Makes sure that the group is ours. The error is in words for people.
    pub async fn hold(&self) -> Result<(), String> {
        let mut renewed = self.renewed.lock().await;
        if self.is_held() {
            return Ok(());
        }
        let since = Instant::now();
        match Lease::take(&self.claims.connection.client, &self.group, &self.claims.holder).await {
            Ok(lease) => {
                *renewed = Some(self.claims.keep(lease, since, &self.tenure));
                self.tenures.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => {
                let said = format!("node group {}: {error}", self.group);
                if let LeaseError::Held { .. } = error {
                    self.tenure.is_taken(said.clone());
                }
                Err(said)
            }
        }
    }

    /// Whether it is ours now.
    pub fn is_held(&self) -> bool {
        self.tenure.is_held()
    }

    /// How often it was taken.
    fn tenures(&self) -> u64 {
        self.tenures.load(Ordering::Relaxed)
    }

    /// Who else has it, when somebody has.
    pub fn taken(&self) -> Option<String> {
        self.tenure.taken()
    }
}

/// A side of a group that is seen and acted on only while the group is ours.
#[derive(Debug)]
pub struct Claimed<S> {
    side: S,
    claim: Arc<Claim>,
    /// The tenure in which drains by hand were looked for.
    looked: u64,
}

impl<S> Claimed<S> {
    /// The side, under the claim.
    pub fn new(side: S, claim: Arc<Claim>) -> Self {
        Self { side, claim, looked: 0 }
    }

    fn refused(&self) -> Option<Answer> {
        let message = || "the lease of the node group has run out and is to be taken anew first".to_owned();
        (!self.claim.is_held()).then(|| Answer::NotYet(Refused::Other { message: message() }))
    }
}

impl Cluster for Claimed<KubeClusterPort> {
    async fn refresh(&mut self, seen: &Observation) -> Result<(), ReadError> {
        self.claim.hold().await.map_err(ReadError)?;
        let tenure = self.claim.tenures();
        if self.looked != tenure {
            // Drains that began while the lease was not ours saw nobody; those that begin now see us.
            self.side.look_for_drains();
        }
        self.side.refresh(seen).await?;
        self.looked = tenure;
        Ok(())
    }

    fn tell(&mut self, into: &mut Observation) {
        self.side.tell(into);
    }

    async fn perform(&self, action: &ClusterAction) -> Answer {
        match self.refused() {
            Some(refused) => refused,
            None if self.looked != self.claim.tenures() => {
                let message =
                    "the lease of the node group was taken anew, and drains by hand are looked for first";
                Answer::NotYet(Refused::Other { message: message.to_owned() })
            }
            None => self.side.perform(action).await,
        }
    }

    async fn pods_on(&self, node: &NodeName) -> Result<Vec<Pod>, ReadError> {
        self.side.pods_on(node).await
    }

    async fn place(&self, node: &NodeName) -> Placement {
        self.side.place(node).await
    }
}

impl<S: Cloud> Cloud for Claimed<S> {
    async fn refresh(&mut self, seen: &Observation) -> Result<(), ReadError> {
        self.claim.hold().await.map_err(ReadError)?;
        self.side.refresh(seen).await
    }

    fn tell(&mut self, into: &mut Observation) {
        self.side.tell(into);
    }

    async fn perform(&self, action: &CloudAction) -> Answer {
        match self.refused() {
            Some(refused) => refused,
            None => self.side.perform(action).await,
        }
    }
}
