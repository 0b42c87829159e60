//! Which node groups this process acts on: one Lease per group, renewed in the background.

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
use crate::lease::{Lease, LeaseError, Wire};
use crate::replicas::Replicas;
use crate::tenure::{self, Tenure};

/// What stands for a node group in the lease of a whole cluster; no node group has such a name.
const CLUSTER: &str = "the whole cluster";

/// The leases of this process, by node group.
#[derive(Debug)]
pub struct Claims {
    connection: Connection,
    holder: String,
    /// Which process this is, and where, in words for people.
    by: Option<String>,
    runtime: Handle,
    /// The replicas of which this process is one, if it is.
    among: Option<Replicas>,
    known: Mutex<BTreeMap<String, Weak<Claim>>>,
    kept: Mutex<Vec<JoinHandle<()>>>,
}

/// The lease of one node group; it is given back when the last clone is dropped.
#[derive(Debug)]
pub struct Claim {
    claims: Arc<Claims>,
    group: String,
    tenure: Tenure,
    /// How often the lease was acquired.
    tenures: AtomicU64,
    /// Locked while the lease is acquired, so that it is acquired once. Dropping the sender ends the renewal.
    renewed: tokio::sync::Mutex<Option<watch::Sender<()>>>,
}

impl Claims {
    /// No leases yet, for a process with this holder identity.
    pub fn new(connection: Connection, holder: String, runtime: Handle) -> Arc<Self> {
        let (known, kept) = (Mutex::default(), Mutex::default());
        Arc::new(Self { connection, holder, by: None, runtime, among: None, known, kept })
    }

    /// The same, saying in each lease which process this is, and where.
    pub fn saying(connection: Connection, holder: String, runtime: Handle, by: String) -> Arc<Self> {
        let (known, kept) = (Mutex::default(), Mutex::default());
        Arc::new(Self { connection, holder, by: Some(by), runtime, among: None, known, kept })
    }

    /// The same for one of several replicas: a lease counts as held only while the others see that this one is there, and
    /// one of theirs is taken when it was silent for as long as it lasts, as this one has seen it.
    pub fn among(connection: Connection, runtime: Handle, replicas: Replicas) -> Arc<Self> {
        let (known, kept) = (Mutex::default(), Mutex::default());
        let holder = format!("replank operator {}", replicas.us());
        Arc::new(Self { connection, holder, by: None, runtime, among: Some(replicas), known, kept })
    }

    /// Error when this process may not act at all, with a message for people.
    fn may_act(&self) -> Result<(), String> {
        match &self.among {
            Some(replicas) if !replicas.is_present() => {
                Err("the other replicas may not see that this one is there, so it does not act".to_owned())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The claim to take the cluster as a whole to another version; of node groups it says nothing.
    pub fn of_cluster(self: &Arc<Self>) -> Arc<Claim> {
        self.of(CLUSTER)
    }

    /// The claim to a group; its lease is acquired by [`Claim::hold`].
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

    async fn take(&self, group: &str) -> Result<Lease, LeaseError> {
        let client = &self.connection.client;
        match &self.among {
            Some(replicas) => {
                let is_held = |found: &Wire| replicas.is_held(found, &self.holder);
                Lease::take_among(client, group, &self.holder, is_held).await
            }
            None => Lease::take_saying(client, group, &self.holder, self.by.as_deref()).await,
        }
    }

    /// Waits a short time until all leases that are no longer needed are released.
    pub async fn end(&self) {
        let kept: Vec<_> = self.kept.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect();
        for task in kept {
            tenure::ended(task).await;
        }
    }

    /// Renews a lease in the background until its claim is dropped or the lease is lost.
    fn keep(&self, lease: Lease, since: Instant, tenure: &Tenure) -> watch::Sender<()> {
        let (claim, task) = tenure.keep(&self.runtime, lease, since);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|task| !task.is_finished());
        kept.push(task);
        claim
    }
}

impl Claim {
    /// Acquires the lease unless it is held. The error is a message for people.
    pub async fn hold(&self) -> Result<(), String> {
        self.claims.may_act()?;
        let mut renewed = self.renewed.lock().await;
        if self.is_held() {
            return Ok(());
        }
        let since = Instant::now();
        match self.claims.take(&self.group).await {
            Ok(lease) => {
                *renewed = Some(self.claims.keep(lease, since, &self.tenure));
                self.tenures.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => {
                let said = match self.group.as_str() {
                    CLUSTER => format!("{CLUSTER}: {error}"),
                    group => format!("node group {group}: {error}"),
                };
                if let LeaseError::Held { .. } = error {
                    self.tenure.is_taken(said.clone());
                }
                Err(said)
            }
        }
    }

    /// Whether the lease is held at present.
    pub fn is_held(&self) -> bool {
        self.claims.may_act().is_ok() && self.tenure.is_held()
    }

    /// How often the lease was acquired.
    fn tenures(&self) -> u64 {
        self.tenures.load(Ordering::Relaxed)
    }

    /// Who else holds the lease, as a message for people; `None` when nobody does.
    pub fn taken(&self) -> Option<String> {
        self.tenure.taken()
    }
}

/// A port that reads and acts only while the lease of its group is held.
#[derive(Debug)]
pub struct Claimed<S> {
    side: S,
    claim: Arc<Claim>,
    /// Number of the acquisition after which drains by hand were last looked for.
    looked: u64,
}

impl<S> Claimed<S> {
    /// Puts the port under the lease.
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
