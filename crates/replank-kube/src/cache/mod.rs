//! The cluster as it was seen last, kept up by one list and one watch of each kind that decides.
//!
//! One cache serves every node group of a cluster. It keeps of each object what decides, knows in which order objects
//! changed, and how old what it knows is. It decides nothing.

mod budget_queue;
mod changes;
mod convert;
mod follow;
mod labels;
mod node;
mod selector;
mod state;
mod touches;
mod wire;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use kube::Client;
use replank_core::names::{InstanceId, NodeName, Uid};
use replank_engine::ports::ReadError;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use budget_queue::BudgetQueues;

pub(crate) use changes::Key;
pub(crate) use node::{SeenNode, is_guard};
pub(crate) use state::{Feed, Kind, State};

/// The pods of a list that is not the cache's.
pub(crate) fn read_pod(pod: wire::Pod) -> replank_core::observed::Pod {
    convert::pod(pod).0
}

pub(crate) use wire::{List as WireList, Node as WireNode, Pod as WirePod};

/// What is seen of a cluster. Clones see the same; the last one to go ends the watches.
#[derive(Clone, Debug)]
pub struct Cache {
    shared: Arc<Shared>,
    _watches: Arc<Watches>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<()>,
    queues: BudgetQueues,
}

impl Shared {
    /// The state; a panic of whoever held it leaves it as it is, since each change of it is whole.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes whoever waits for a change.
    pub(crate) fn announce(&self) {
        self.changed.send_replace(());
    }
}

#[derive(Debug)]
struct Watches(Vec<JoinHandle<()>>);

impl Drop for Watches {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

impl Cache {
    /// Begins to follow the cluster behind `client`, on the threads of `runtime`.
    pub fn start(client: &Client, runtime: &Handle) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: watch::channel(()).0,
            queues: BudgetQueues::default(),
        });
        let follow = |kind| runtime.spawn(follow::follow(client.clone(), shared.clone(), kind));
        let watches = Kind::ALL.into_iter().map(follow).collect();
        Self { shared, _watches: Arc::new(Watches(watches)) }
    }

    /// Tells whenever something changed; a change that nobody waited for is told once.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.shared.changed.subscribe()
    }

    /// The nodes that are seen: name, identity, instance. `None` before the first list is whole.
    pub fn nodes(&self) -> Option<Vec<(NodeName, Uid, InstanceId)>> {
        let state = self.lock();
        if let Feed::Filling { .. } = state.feed(Kind::Nodes) {
            return None;
        }
        Some(state.nodes.values().map(|node| (node.name.clone(), node.uid, node.instance.clone())).collect())
    }

    /// The nodes of a group as they stand, or all; the error says why what is seen is not to be trusted now.
    pub fn standing(&self, group: Option<&str>) -> Result<Vec<Standing>, ReadError> {
        let state = self.lock();
        if let Some(doubt) = state.doubt(Timestamp::now()) {
            return Err(doubt);
        }
        let mut pods: BTreeMap<&str, u32> = BTreeMap::new();
        for node in state.pods.values().filter_map(|seen| seen.pod.node.as_ref()) {
            *pods.entry(node.as_str()).or_default() += 1;
        }
        let wanted = |node: &&SeenNode| group.is_none_or(|group| node.group.as_deref() == Some(group));
        let nodes = state.nodes.values().filter(wanted);
        Ok(nodes.map(|node| node.standing(pods.get(node.name.as_str()).copied().unwrap_or(0))).collect())
    }

    /// Where evictions of this cluster wait for each other.
    pub(crate) fn queues(&self) -> &BudgetQueues {
        &self.shared.queues
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.lock()
    }
}

/// A node as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its name.
    pub name: NodeName,
    /// Its identity.
    pub uid: Uid,
    /// Its instance.
    pub instance: InstanceId,
    /// Whether it is Ready.
    pub is_ready: bool,
    /// Since when it is, or is not.
    pub since: Option<Timestamp>,
    /// Whether it is cordoned.
    pub is_cordoned: bool,
    /// How many pods are on it.
    pub pods: u32,
}
