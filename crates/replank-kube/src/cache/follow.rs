//! Lists one kind and then watches it.
//!
//! The initial list comes through the watch (`sendInitialEvents`) where the server supports that, else in pages. Then
//! come changes and bookmarks; 410 starts over. A watch that is silent for longer than the interval of bookmarks is
//! dropped.
//!
//! Not `kube_runtime::watcher` (5.0.0, tried on 2026-11-30 against servers that do one thing wrong each). It begins a
//! silent watch again after 295 s and tells nobody: 20 minutes of silence look like 20 quiet minutes, and it swallows the
//! bookmarks, by which one could tell. Nothing may be decided on such a reading, so its end has to be heard. It waits for
//! a list without an end for an hour and longer. It asks a server without initial events for them again and again (41
//! times in 28 minutes, and no list), so which of both to ask for would have to be found out before. And its store keeps
//! whole objects: 30,000 pods of 7 kB take 1,709 MB, and 3,725 MB while they are listed anew after a 410; a drain that
//! follows 50,000 pods here takes 106 MiB (`docs/reference/speed.md`).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use jiff::Timestamp;
use kube::Client;
use kube::core::{Status, WatchEvent};
use serde::de::DeserializeOwned;

use super::changes::Key;
use super::node::SeenNode;
use super::state::{Feed, Kind, State};
use super::{Shared, convert, wire};
use crate::{failure, request};

/// Objects per page (client-go reflectors: 500).
const PAGE: usize = 500;
/// Seconds after which the server ends a watch, which is then resumed (client-go: 5 to 10 minutes).
const WATCH_SECONDS: u32 = 290;
/// Longest silence of a watch; bookmarks come about every minute.
const SILENCE: Duration = Duration::from_secs(150);
/// Time limit for a page, or for the start of a watch.
const ANSWER: Duration = Duration::from_mins(1);
/// A resumed watch that is silent for this long has missed nothing, since missed changes come at once.
const CATCHES_UP: Duration = Duration::from_secs(1);
/// Pauses after failures: the first one, doubled each time up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// Annotation of the bookmark that ends the initial events (Kubernetes).
const INITIAL_END: &str = "k8s.io/initial-events-end";

/// Follows a kind until its task is aborted.
pub(super) async fn follow(client: Client, shared: Arc<Shared>, kind: Kind) {
    match kind {
        Kind::Nodes => Follower::<wire::Node>::new(client, shared, kind).run().await,
        Kind::Pods => Follower::<wire::Pod>::new(client, shared, kind).run().await,
        Kind::Budgets => Follower::<wire::Budget>::new(client, shared, kind).run().await,
    }
}

/// A kind of objects that is followed.
trait Seen: DeserializeOwned + Clone + Send + 'static {
    fn key(&self) -> Key;
    fn version(&self) -> &str;
    fn put(self, into: &mut State);
    fn remove(self, from: &mut State);
}

impl Seen for wire::Node {
    fn key(&self) -> Key {
        Key::Node(replank_core::names::NodeName::new(self.metadata.name.clone()))
    }
    fn version(&self) -> &str {
        &self.metadata.resource_version
    }
    fn put(self, into: &mut State) {
        into.put_node(SeenNode::read(self));
    }
    fn remove(self, from: &mut State) {
        from.remove_node(&replank_core::names::NodeName::new(self.metadata.name));
    }
}

impl Seen for wire::Pod {
    fn key(&self) -> Key {
        Key::Pod(replank_core::names::Uid(self.metadata.uid))
    }
    fn version(&self) -> &str {
        &self.metadata.resource_version
    }
    fn put(self, into: &mut State) {
        let (pod, labels) = convert::pod(self);
        into.put_pod(pod, labels);
    }
    fn remove(self, from: &mut State) {
        from.remove_pod(replank_core::names::Uid(self.metadata.uid));
    }
}

impl Seen for wire::Budget {
    fn key(&self) -> Key {
        Key::Budget(convert::budget(self.clone()).0.name)
    }
    fn version(&self) -> &str {
        &self.metadata.resource_version
    }
    fn put(self, into: &mut State) {
        let (budget, selector) = convert::budget(self);
        into.put_budget(budget, selector);
    }
    fn remove(self, from: &mut State) {
        let (budget, _) = convert::budget(self);
        from.remove_budget(&budget.name);
    }
}

/// Why a watch ended.
enum Broken {
    /// 410: the server has forgotten the resource version; start over.
    Expired,
    /// The server does not support `sendInitialEvents`.
    NoInitialEvents,
    /// Any other failure, with its message.
    Failed(String),
}

struct Follower<T> {
    client: Client,
    shared: Arc<Shared>,
    kind: Kind,
    /// Resource version up to which everything was seen; `None` before the first list.
    at: Option<String>,
    streams: bool,
    listed: BTreeSet<Key>,
    of: std::marker::PhantomData<fn() -> T>,
}

impl<T: Seen> Follower<T> {
    fn new(client: Client, shared: Arc<Shared>, kind: Kind) -> Self {
        let of = std::marker::PhantomData;
        Self { client, shared, kind, at: None, streams: true, listed: BTreeSet::new(), of }
    }

    async fn run(&mut self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let outcome = match (&self.at, self.streams) {
                (None, false) => self.list().await,
                (None, true) | (Some(_), _) => self.watch().await,
            };
            match outcome {
                Ok(()) => pause = FIRST_PAUSE,
                Err(Broken::Expired) if self.at.is_some() => self.expired(),
                Err(Broken::NoInitialEvents) => self.streams = false,
                Err(Broken::Expired) => {
                    self.broken(
                        "the list took so long that the server has forgotten its beginning",
                        &mut pause,
                    )
                    .await;
                }
                Err(Broken::Failed(why)) => self.broken(&why, &mut pause).await,
            }
        }
    }

    /// Notes the failure and pauses, longer each time.
    async fn broken(&self, why: &str, pause: &mut Duration) {
        let feed = Feed::Broken { since: Timestamp::now(), why: why.to_owned() };
        self.shared.lock().set_feed(self.kind, feed);
        self.shared.announce();
        tokio::time::sleep(*pause).await;
        *pause = (*pause * 2).min(LONGEST_PAUSE);
    }

    /// Notes that the cache must be listed again before it is trusted.
    fn expired(&mut self) {
        self.at = None;
        self.shared.lock().set_feed(self.kind, Feed::Filling { read: 0 });
        self.shared.announce();
    }

    /// Lists the kind in pages.
    async fn list(&mut self) -> Result<(), Broken> {
        self.listed.clear();
        let mut next = String::new();
        loop {
            let path = format!("{}?limit={PAGE}&continue={}", self.kind.path(), request::escaped(&next));
            let page = request::send::<wire::List<T>>(&self.client, request::get(&path));
            let page = tokio::time::timeout(ANSWER, page).await.map_err(|_| silent(ANSWER))?;
            let page = page.map_err(|error| broken(&error))?;
            let mut state = self.shared.lock();
            for item in page.items.into_iter().flatten() {
                self.listed.insert(item.key());
                item.put(&mut state);
            }
            if page.metadata.next.is_empty() {
                drop(state);
                self.filled(page.metadata.resource_version);
                return Ok(());
            }
            state.set_feed(self.kind, Feed::Filling { read: self.listed.len() });
            next = page.metadata.next;
        }
    }

    fn filled(&mut self, at: String) {
        let mut state = self.shared.lock();
        state.keep_only(self.kind, &self.listed);
        state.set_feed(self.kind, Feed::Live);
        drop(state);
        self.listed = BTreeSet::new();
        self.at = Some(at);
        self.shared.announce();
    }

    /// Watches from the present resource version, or from the beginning, until the server ends the watch.
    async fn watch(&mut self) -> Result<(), Broken> {
        let place = match &self.at {
            Some(at) => format!("resourceVersion={at}"),
            None => "sendInitialEvents=true&resourceVersionMatch=NotOlderThan".to_owned(),
        };
        self.listed.clear();
        let path = format!(
            "{}?watch=true&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}&{place}",
            self.kind.path()
        );
        let request = request::get(&path).map_err(|error| broken(&error))?;
        let begun = tokio::time::timeout(ANSWER, self.client.request_events::<T>(request)).await;
        let events = begun.map_err(|_| silent(ANSWER))?.map_err(|error| broken(&error))?;
        // What came together is taken together.
        let events = events.map(|event| event.map_err(|error| broken(&error)));
        let mut events = std::pin::pin!(events.ready_chunks(256));
        // That the server answers does not say that it knows what was missed: it may say next that this is forgotten.
        let mut catches_up = self.at.is_some();
        loop {
            let limit = if catches_up { CATCHES_UP } else { SILENCE };
            match tokio::time::timeout(limit, events.next()).await {
                Ok(Some(batch)) => self.take(batch)?,
                Ok(None) => return Ok(()),
                Err(_) if catches_up => {}
                Err(_) => return Err(silent(SILENCE)),
            }
            if std::mem::take(&mut catches_up) {
                self.shared.lock().set_feed(self.kind, Feed::Live);
                self.shared.announce();
            }
        }
    }

    fn take(&mut self, batch: Vec<Result<WatchEvent<T>, Broken>>) -> Result<(), Broken> {
        for event in batch {
            match event? {
                WatchEvent::Added(item) | WatchEvent::Modified(item) => {
                    match &mut self.at {
                        Some(at) => item.version().clone_into(at),
                        None => drop(self.listed.insert(item.key())),
                    }
                    item.put(&mut self.shared.lock());
                }
                WatchEvent::Deleted(item) => {
                    if let Some(at) = &mut self.at {
                        item.version().clone_into(at);
                    }
                    item.remove(&mut self.shared.lock());
                }
                WatchEvent::Bookmark(bookmark) => {
                    let ends = bookmark.metadata.annotations.contains_key(INITIAL_END);
                    let version = bookmark.metadata.resource_version;
                    match &mut self.at {
                        Some(at) => *at = version,
                        None if ends => self.filled(version),
                        None => {}
                    }
                }
                WatchEvent::Error(status) => return Err(said(&status)),
            }
        }
        if self.at.is_none() {
            let read = self.listed.len();
            self.shared.lock().set_feed(self.kind, Feed::Filling { read });
        }
        self.shared.announce();
        Ok(())
    }
}

fn silent(limit: Duration) -> Broken {
    Broken::Failed(format!("the server said nothing for {} s", limit.as_secs()))
}

fn broken(error: &kube::Error) -> Broken {
    match failure::status(error) {
        Some(status) => said(status),
        None => Broken::Failed(failure::of(error)),
    }
}

fn said(status: &Status) -> Broken {
    match status.code {
        410 => Broken::Expired,
        // Kubernetes before 1.32, and servers with the feature WatchList switched off.
        400 | 422 if status.message.contains("sendInitialEvents") => Broken::NoInitialEvents,
        _ => Broken::Failed(failure::said(status)),
    }
}
