//! The cluster as it was seen last, kept up by one list and one watch of each kind that decides.
//!
//! One mirror serves every node group of a cluster. It keeps of each object what decides, knows in which order objects
//! changed, and how old what it knows is. It decides nothing.

mod changes;
mod convert;
mod follow;
mod labels;
mod node;
mod selector;
mod state;
mod wire;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kube::Client;
use replank_core::names::{InstanceId, NodeName, Uid};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) use changes::Key;
pub(crate) use node::{SeenNode, is_guard};
pub(crate) use state::{Feed, Kind, State};

/// The pods of a list that is not the mirror's.
pub(crate) fn read_pod(pod: wire::Pod) -> replank_core::observed::Pod {
    convert::pod(pod).0
}

pub(crate) use wire::{List as WireList, Node as WireNode, Pod as WirePod};

/// What is seen of a cluster. Clones see the same; the last one to go ends the watches.
#[derive(Clone, Debug)]
pub struct Mirror {
    shared: Arc<Shared>,
    _watches: Arc<Watches>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<()>,
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

impl Mirror {
    /// Begins to follow the cluster behind `client`, on the threads of `runtime`.
    pub fn start(client: &Client, runtime: &Handle) -> Self {
        let shared = Arc::new(Shared { state: Mutex::default(), changed: watch::channel(()).0 });
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

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.lock()
    }
}
