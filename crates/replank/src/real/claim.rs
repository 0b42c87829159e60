//! Which node groups this process acts on: a lease in the cluster says so, renewed beside the work.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use replank_core::action::Action;
use replank_core::names::NodeName;
use replank_core::observed::{Answer, Observation, Pod, Refused};
use replank_engine::ports::{Cloud, Cluster, ReadError};
use replank_kube::Connection;
use replank_kube::lease::{Lease, RENEW_EVERY};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A lease that is not given back in this time runs out by itself.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

/// The claims of this process.
#[derive(Debug)]
pub(crate) struct Claims {
    connection: Connection,
    holder: String,
    runtime: Handle,
    known: Mutex<BTreeMap<String, Weak<Claim>>>,
    kept: Mutex<Vec<JoinHandle<()>>>,
}

/// The claim to a node group. The last one to drop it gives the lease back.
#[derive(Debug)]
pub(crate) struct Claim {
    claims: Arc<Claims>,
    group: String,
    is_ours: Arc<AtomicBool>,
    /// Held while a lease is taken, so that nobody takes it twice. Its end is the lease's.
    renewed: tokio::sync::Mutex<Option<watch::Sender<()>>>,
}

impl Claims {
    /// None yet. `holder` names this process in leases.
    pub(crate) fn new(connection: Connection, holder: String, runtime: Handle) -> Arc<Self> {
        let (known, kept) = (Mutex::default(), Mutex::default());
        Arc::new(Self { connection, holder, runtime, known, kept })
    }

    /// The claim to a group, which is not ours until it is held.
    pub(crate) fn of(self: &Arc<Self>, group: &str) -> Arc<Claim> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, claim| claim.strong_count() > 0);
        if let Some(claim) = known.get(group).and_then(Weak::upgrade) {
            return claim;
        }
        let claim = Arc::new(Claim {
            claims: self.clone(),
            group: group.to_owned(),
            is_ours: Arc::default(),
            renewed: tokio::sync::Mutex::default(),
        });
        known.insert(group.to_owned(), Arc::downgrade(&claim));
        claim
    }

    /// Waits until every lease that nobody needs any more is given back, but not for long.
    pub(crate) async fn end(&self) {
        let kept: Vec<_> = self.kept.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect();
        for task in kept {
            let _runs_out = tokio::time::timeout(ENDS_WITHIN, task).await;
        }
    }

    /// Renews a lease until its claim is dropped or it is lost.
    fn keep(&self, mut lease: Lease, is_ours: Arc<AtomicBool>) -> watch::Sender<()> {
        let (claim, mut dropped) = watch::channel(());
        let task = self.runtime.spawn(async move {
            loop {
                if tokio::time::timeout(RENEW_EVERY, dropped.changed()).await.is_ok() {
                    return lease.release().await;
                }
                if lease.renew().await.is_err() {
                    return is_ours.store(false, Ordering::Release);
                }
            }
        });
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|task| !task.is_finished());
        kept.push(task);
        claim
    }
}

impl Claim {
    /// Makes sure that the group is ours. The error is in words for people.
    pub(crate) async fn hold(&self) -> Result<(), String> {
        let mut renewed = self.renewed.lock().await;
        if self.is_held() {
            return Ok(());
        }
        let taken = Lease::take(&self.claims.connection.client, &self.group, &self.claims.holder).await;
        let lease = taken.map_err(|error| format!("node group {}: {error}", self.group))?;
        self.is_ours.store(true, Ordering::Release);
        *renewed = Some(self.claims.keep(lease, self.is_ours.clone()));
        Ok(())
    }

    /// Whether it is ours now.
    pub(crate) fn is_held(&self) -> bool {
        self.is_ours.load(Ordering::Acquire)
    }
}

/// A side of a group that is seen and acted on only while the group is ours.
#[derive(Debug)]
pub(crate) struct Claimed<S> {
    side: S,
    claim: Arc<Claim>,
}

impl<S> Claimed<S> {
    /// The side, under the claim.
    pub(crate) fn new(side: S, claim: Arc<Claim>) -> Self {
        Self { side, claim }
    }

    fn refused(&self) -> Option<Answer> {
        let message = || "another process acts on the node group by now".to_owned();
        (!self.claim.is_held()).then(|| Answer::NotYet(Refused::Other { message: message() }))
    }
}

impl<S: Cluster> Cluster for Claimed<S> {
    async fn observe(&mut self, into: &mut Observation) -> Result<(), ReadError> {
        self.claim.hold().await.map_err(ReadError)?;
        self.side.observe(into).await
    }

    async fn perform(&self, action: &Action) -> Answer {
        match self.refused() {
            Some(refused) => refused,
            None => self.side.perform(action).await,
        }
    }

    async fn pods_on(&self, node: &NodeName) -> Result<Vec<Pod>, ReadError> {
        self.side.pods_on(node).await
    }
}

impl<S: Cloud> Cloud for Claimed<S> {
    async fn observe(&mut self, into: &mut Observation) -> Result<(), ReadError> {
        self.claim.hold().await.map_err(ReadError)?;
        self.side.observe(into).await
    }

    async fn perform(&self, action: &Action) -> Answer {
        match self.refused() {
            Some(refused) => refused,
            None => self.side.perform(action).await,
        }
    }
}
