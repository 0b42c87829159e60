//! A watch cache of the cluster: nodes, pods and disruption budgets, by one list and one watch each.
//!
//! One cache serves all node groups of a cluster. It keeps the fields that decide, the order of changes, and how old
//! its content is. It decides nothing.

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
pub use selector::selects;
pub(crate) use state::{Feed, Kind, State};

/// Converts a pod of a list that does not come from the cache.
pub(crate) fn read_pod(pod: wire::Pod) -> replank_core::observed::Pod {
    convert::pod(pod).0
}

pub(crate) use wire::{List as WireList, Node as WireNode, Pod as WirePod};

/// A watch cache. Clones share their content; the watches end with the last one.
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
    /// The state. A poisoned lock is used all the same, since every change of the state is complete.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes those who wait for a change.
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
    /// Starts to follow the cluster behind `client` on `runtime`.
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

    /// A receiver that changes whenever the cache changes; several changes may count as one.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.shared.changed.subscribe()
    }

    /// Name, uid and instance of all nodes; `None` before the first list is complete.
    pub fn nodes(&self) -> Option<Vec<(NodeName, Uid, InstanceId)>> {
        let state = self.lock();
        if let Feed::Filling { .. } = state.feed(Kind::Nodes) {
            return None;
        }
        Some(state.nodes.values().map(|node| (node.name.clone(), node.uid, node.instance.clone())).collect())
    }

    /// Nodes of a group, or all. The error says why the cache cannot be trusted at present.
    pub fn standing(&self, group: Option<&str>) -> Result<Vec<NodeSummary>, ReadError> {
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

    /// The queues in which evictions of this cluster wait.
    pub(crate) fn queues(&self) -> &BudgetQueues {
        &self.shared.queues
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.lock()
    }
}

/// A node in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSummary {
    /// `metadata.name`.
    pub name: NodeName,
    /// `metadata.uid`.
    pub uid: Uid,
    /// Id of its instance, from `spec.providerID`.
    pub instance: InstanceId,
    /// Whether condition `Ready` is `True`.
    pub is_ready: bool,
    /// Last transition of that condition.
    pub since: Option<Timestamp>,
    /// `spec.unschedulable`.
    pub is_cordoned: bool,
    /// Version of its kubelet, such as `v1.34.4`; empty before it told.
    pub kubelet: Arc<str>,
    /// Node group by its labels.
    pub group: Option<Arc<str>>,
    /// Karpenter's `NodePool` that launched it, if one did.
    pub pool: Option<Arc<str>>,
    /// Whether the control plane runs on it (kubeadm).
    pub is_of_control_plane: bool,
    /// Number of pods bound to it.
    pub pods: u32,
}
