//! Which node groups this process acts on: a lease in the cluster says so, renewed beside the work.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::Timestamp;
use replank_core::action::Action;
use replank_core::names::NodeName;
use replank_core::observed::{Answer, Observation, Placement, Pod, Refused};
use replank_engine::data_dir::DataDir;
use replank_engine::ports::{Cloud, Cluster, ReadError};
use replank_kube::Connection;
use replank_kube::lease::{DURATION, Lease, LeaseError, RENEW_EVERY, Renewed};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::up::kept;

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
    tenure: Arc<Mutex<Tenure>>,
    /// Held while a lease is taken, so that nobody takes it twice. Its end is the lease's.
    renewed: tokio::sync::Mutex<Option<watch::Sender<()>>>,
}

/// How a claim stands.
#[derive(Clone, Debug, Default)]
enum Tenure {
    /// Not ours.
    #[default]
    Open,
    /// Ours until then, unless it is renewed. Later than that another process may act.
    Until(Instant),
    /// Another process has it, in its words.
    Taken(String),
}

impl Claims {
    /// None yet, for the process that holds this data directory.
    pub(crate) fn new(connection: Connection, data: &DataDir, runtime: Handle) -> Result<Arc<Self>> {
        let holder = holder(data)?;
        let (known, kept) = (Mutex::default(), Mutex::default());
        Ok(Arc::new(Self { connection, holder, runtime, known, kept }))
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
            tenure: Arc::default(),
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
    fn keep(&self, mut lease: Lease, tenure: Arc<Mutex<Tenure>>) -> watch::Sender<()> {
        let (claim, mut dropped) = watch::channel(());
        let task = self.runtime.spawn(async move {
            loop {
                if tokio::time::timeout(RENEW_EVERY, dropped.changed()).await.is_ok() {
                    return lease.release().await;
                }
                let until = Instant::now() + DURATION;
                match lease.renew().await {
                    Ok(Renewed::Yes) => set(&tenure, Tenure::Until(until)),
                    Ok(Renewed::Unheard) => {}
                    // Whoever looks next takes it anew, or hears who has it.
                    Err(_) => return set(&tenure, Tenure::Open),
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
        let until = Instant::now() + DURATION;
        match Lease::take(&self.claims.connection.client, &self.group, &self.claims.holder).await {
            Ok(lease) => {
                set(&self.tenure, Tenure::Until(until));
                *renewed = Some(self.claims.keep(lease, self.tenure.clone()));
                Ok(())
            }
            Err(error) => {
                let said = format!("node group {}: {error}", self.group);
                if let LeaseError::Held { .. } = error {
                    set(&self.tenure, Tenure::Taken(said.clone()));
                }
                Err(said)
            }
        }
    }

    /// Whether it is ours now.
    pub(crate) fn is_held(&self) -> bool {
        matches!(*lock(&self.tenure), Tenure::Until(until) if Instant::now() < until)
    }

    /// Who else has it, when somebody has.
    pub(crate) fn taken(&self) -> Option<String> {
        match &*lock(&self.tenure) {
            Tenure::Taken(said) => Some(said.clone()),
            Tenure::Open | Tenure::Until(_) => None,
        }
    }
}

fn lock(tenure: &Mutex<Tenure>) -> MutexGuard<'_, Tenure> {
    tenure.lock().unwrap_or_else(PoisonError::into_inner)
}

fn set(tenure: &Mutex<Tenure>, now: Tenure) {
    *lock(tenure) = now;
}

/// The name in leases: that of the data directory, which one process at a time holds, so that a restart goes on without
/// waiting for the lease of the dead one.
fn holder(data: &DataDir) -> Result<String> {
    let file = data.path().join("holder.json");
    if let Some(kept) = kept::read(&file)? {
        return Ok(kept);
    }
    let made = format!("{}-{}-{}", hostname(), std::process::id(), Timestamp::now().as_millisecond());
    kept::write(&file, &made)?;
    Ok(made)
}

/// The name of this machine.
fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map_or_else(|_| "replank".to_owned(), |name| name.trim().to_owned())
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
        let message = || "the lease of the node group has run out and is to be taken anew first".to_owned();
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

    async fn place(&self, node: &NodeName) -> Placement {
        self.side.place(node).await
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
