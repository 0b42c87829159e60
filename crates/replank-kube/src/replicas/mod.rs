//! Replicas of one program that share its work: each says that it is there by a Lease of its own, and sees by theirs who else
//! is. Who is to do what follows from that, the same for all of them, without a word between them.
//!
//! Two of them may see different ones for a moment. So this says only who should act; who may is said by the lease of what is
//! acted on ([`crate::Claims`]), which one of them holds at a time.

mod sighted;
#[cfg(test)]
mod simulated;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use kube::Client;
use kube::core::WatchEvent;
use serde::Deserialize;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{debug, warn};

use crate::lease::{self, Lease, LeaseError, PRESENCE, Terms, Wire};
use crate::tenure::{self, Tenure};
use crate::{failure, request};
use sighted::Sighted;

/// Eleven seconds of silence, so that a killed replica is replaced within fifteen; of two renewals one may get lost. Two
/// replicas send less than half a request a second for it.
const PRESENT: Terms = Terms { lasts: Duration::from_secs(11), renews: Duration::from_secs(5) };
/// How often it is looked whether something ran out; no request is sent for that.
const LOOKS: Duration = Duration::from_millis(500);
/// Pause after a request that failed.
const AGAIN: Duration = Duration::from_secs(1);
/// Time limit for a request.
const DEADLINE: Duration = Duration::from_secs(5);
/// Seconds after which the server ends a watch, which is then begun again.
const WATCH_SECONDS: u32 = 290;
/// Longest silence of the watch: our own renewals come through it.
const SILENCE: Duration = Duration::from_secs(20);
/// What the places are named in which replicas say that they are there. Leases of node groups have no dot in their names.
const NAMED: &str = "replank.operator";

/// Those who share the work; clones are the same.
#[derive(Clone, Debug)]
pub struct Replicas(Arc<Inner>);

struct Inner {
    client: Client,
    us: String,
    tenure: Tenure,
    seen: Mutex<Seen>,
    /// Changes when one comes or goes.
    generation: AtomicU64,
    bell: watch::Sender<()>,
    leaves: watch::Sender<bool>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").field("us", &self.us).field("seen", &self.seen).finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Seen {
    sighted: Sighted,
    /// Whether all were listed once.
    is_whole: bool,
    /// Who is there, as it was told last.
    there: BTreeSet<String>,
}

/// A list of leases with the version from which they are watched.
#[derive(Deserialize)]
struct Listed {
    metadata: ListedMeta,
    items: Option<Vec<Wire>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedMeta {
    resource_version: String,
}

/// The tasks of a replica that takes part; [`Part::end`] ends them.
#[derive(Debug)]
pub struct Part {
    replicas: Replicas,
    present: JoinHandle<()>,
    watches: JoinHandle<()>,
}

impl Part {
    /// Gives the place back, so that the others do the work of this one at once.
    pub async fn end(self) {
        self.replicas.0.leaves.send_replace(true);
        tenure::ended(self.present).await;
        self.watches.abort();
    }
}

impl Replicas {
    /// Takes part as `us`, a name that no other replica has.
    pub fn join(client: &Client, us: &str, runtime: &Handle) -> (Self, Part) {
        let replicas = Self(Arc::new(Inner {
            client: client.clone(),
            us: us.to_owned(),
            tenure: Tenure::default(),
            seen: Mutex::default(),
            generation: AtomicU64::new(0),
            bell: watch::channel(()).0,
            leaves: watch::channel(false).0,
        }));
        let present = runtime.spawn(replicas.clone().stay(runtime.clone()));
        let watches = runtime.spawn(replicas.clone().look());
        let part = Part { replicas: replicas.clone(), present, watches };
        (replicas, part)
    }

    /// Name of this replica.
    pub fn us(&self) -> &str {
        &self.0.us
    }

    /// Whether this replica takes part: the others see that it is there, and it sees them.
    pub fn is_present(&self) -> bool {
        self.0.tenure.is_held() && self.0.lock().is_whole
    }

    /// Whether something is to be done by this replica.
    pub fn is_ours(&self, what: &str) -> bool {
        self.is_present() && {
            let others = self.0.lock().sighted.others(&self.0.us);
            let there = others.iter().map(String::as_str).chain([self.us()]);
            sighted::placed(what, there) == Some(self.us())
        }
    }

    /// Changes when one comes or goes, and with it what is to be done by this replica.
    pub fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    /// Wakes when one comes or goes, and when a lease was written that may be free now.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.0.bell.subscribe()
    }

    /// Returns when this replica takes part.
    pub async fn present(&self) {
        while !self.is_present() {
            tokio::time::sleep(LOOKS / 4).await;
        }
    }

    /// Whether another replica or process holds a lease that was found right now.
    pub(crate) fn is_held(&self, found: &Wire, us: &str) -> bool {
        self.0.lock().sighted.is_held(&found.found(), us, Instant::now())
    }

    /// Says that this replica is there, again whenever that was lost.
    async fn stay(self, runtime: Handle) {
        let mut leaves = self.0.leaves.subscribe();
        let mut said = String::new();
        while !*leaves.borrow() {
            let since = Instant::now();
            let lease = match self.take_place().await {
                Ok(lease) => lease,
                Err(why) => {
                    let why = why.to_string();
                    if why != said {
                        warn!("this replica cannot say that it is there: {why}");
                        said = why;
                    }
                    tokio::time::sleep(AGAIN).await;
                    continue;
                }
            };
            said.clear();
            let (kept, mut task) = self.0.tenure.keep(&runtime, lease, since);
            self.0.tell();
            let left = async { drop(leaves.wait_for(|leaves| *leaves).await) };
            tokio::select! {
                _lost = &mut task => self.0.tell(),
                () = left => {
                    drop(kept);
                    return tenure::ended(task).await;
                }
            }
        }
    }

    async fn take_place(&self) -> Result<Lease, LeaseError> {
        let late = |_| LeaseError::Failed { name: NAMED.to_owned(), why: "no answer in time".to_owned() };
        tokio::time::timeout(DEADLINE, self.list()).await.map_err(late)??;
        let name = self.0.lock().sighted.place_of(&self.0.us, NAMED);
        let taken = async {
            let found = lease::read(&self.0.client, &name).await?;
            // Another one was faster; the next look finds another place.
            if found.as_ref().and_then(Wire::holder).is_some_and(|holder| holder != self.0.us) {
                return Err(LeaseError::Held { holder: "another replica".to_owned(), seconds: 0 });
            }
            Lease::acquire(&self.0.client, &name, &self.0.us, PRESENT, found.as_ref()).await
        };
        tokio::time::timeout(DEADLINE, taken).await.map_err(late)?
    }

    /// Follows the leases of all.
    async fn look(self) {
        loop {
            let listed = tokio::time::timeout(DEADLINE, self.list()).await;
            match listed {
                Ok(Ok(version)) => {
                    self.bury().await;
                    if let Err(why) = self.watch(&version).await {
                        debug!("the watch of the leases broke off: {}", failure::of(&why));
                        tokio::time::sleep(AGAIN).await;
                    }
                }
                Ok(Err(why)) => {
                    debug!("the leases were not listed: {why}");
                    tokio::time::sleep(AGAIN).await;
                }
                Err(_) => {}
            }
            self.0.tell();
        }
    }

    /// Lists all leases of ours; the version from which to watch them.
    async fn list(&self) -> Result<String, LeaseError> {
        let asked = Instant::now();
        let path = format!("{}?labelSelector={PRESENCE}", lease::all());
        let failed =
            |error: kube::Error| LeaseError::Failed { name: NAMED.to_owned(), why: failure::of(&error) };
        let listed = request::send::<Listed>(&self.0.client, request::get(&path)).await.map_err(failed)?;
        let found = listed.items.into_iter().flatten().map(|wire| wire.found()).collect();
        let mut seen = self.0.lock();
        seen.sighted.listed(found, asked, Instant::now());
        seen.is_whole = true;
        drop(seen);
        self.0.tell();
        // What ran out may be taken now.
        self.0.bell.send_replace(());
        Ok(listed.metadata.resource_version)
    }

    /// Gives back the places of those who fell silent. One that wakes up finds its own written by another, and takes a
    /// place anew.
    async fn bury(&self) {
        let silent = self.0.lock().sighted.silent(&self.0.us);
        for (name, version) in silent {
            let buried = lease::give_back(&self.0.client, &name, &version);
            // Another one may have been faster; and one that renewed its lease is there.
            let _either_way = tokio::time::timeout(DEADLINE, buried).await;
        }
    }

    /// Watches until the server ends it, or until something looks as if it had run out.
    async fn watch(&self, version: &str) -> Result<(), kube::Error> {
        let path = format!(
            "{}?labelSelector={PRESENCE}&watch=true&timeoutSeconds={WATCH_SECONDS}&resourceVersion={version}",
            lease::all()
        );
        let begun =
            tokio::time::timeout(DEADLINE, self.0.client.request_events::<Wire>(request::get(&path)?));
        let Ok(events) = begun.await else { return Ok(()) };
        let mut events = std::pin::pin!(events?);
        let mut heard = Instant::now();
        loop {
            match tokio::time::timeout(LOOKS, events.next()).await {
                Ok(None) => return Ok(()),
                Ok(Some(event)) => {
                    heard = Instant::now();
                    match event? {
                        WatchEvent::Added(wire) | WatchEvent::Modified(wire) => {
                            self.0.lock().sighted.saw(wire.found(), heard);
                            if wire.holder().is_none() {
                                self.0.bell.send_replace(());
                            }
                        }
                        WatchEvent::Deleted(wire) => self.0.lock().sighted.gone(&wire.found().name),
                        WatchEvent::Bookmark(_) => {}
                        WatchEvent::Error(_) => return Ok(()),
                    }
                    self.0.tell();
                }
                Err(_) => {
                    let now = Instant::now();
                    if heard.elapsed() > SILENCE || self.0.lock().sighted.is_due(&self.0.us, now) {
                        return Ok(());
                    }
                    self.0.tell();
                }
            }
        }
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells when one came or went, this one too.
    fn tell(&self) {
        let mut seen = self.lock();
        let mut there = seen.sighted.others(&self.us);
        if self.tenure.is_held() {
            there.insert(self.us.clone());
        }
        if seen.there != there {
            seen.there = there;
            self.generation.fetch_add(1, Ordering::AcqRel);
            self.bell.send_replace(());
        }
    }
}
