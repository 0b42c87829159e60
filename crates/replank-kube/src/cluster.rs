//! The Kubernetes port of one node group, on a cache that all groups of the cluster share.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use jiff::Timestamp;
use kube::Client;
use replank_core::action::ClusterAction;
use replank_core::names::{NodeGroupName, NodeName, ObjectName};
use replank_core::observed::{Answer, Hold, Observation, Placement, Pod, Pods, Read};
use replank_engine::clock::Clock;
use replank_engine::ports::autoscaler::Traces;
use replank_engine::ports::{Cluster, ReadError};
use replank_engine::turn;

use crate::cache::{Cache, Feed, Key, Kind, SeenNode, State, WireList, WirePod, read_pod};
use crate::clock::WallClock;
use crate::{act, autoscaler, daemon_sets, failure, hand, request};

/// Which nodes a port shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeScope {
    /// Nodes of this node group, by EKS's label.
    Group(NodeGroupName),
    /// Nodes of the instances that the cloud shows, by their provider ids: groups that EKS does not know have no label.
    Instances,
    /// Nodes with these names, of whatever group: a drain by hand.
    Nodes(BTreeSet<NodeName>),
}

impl NodeScope {
    /// The node group whose label a node must have; empty for named nodes.
    fn group(&self) -> &str {
        match self {
            Self::Group(group) => group.as_str(),
            Self::Instances | Self::Nodes(_) => "",
        }
    }
}

/// Answers where the pods of a node would go; implemented elsewhere, with a scheduler.
pub type Placer = Arc<dyn Fn(NodeName) -> Pin<Box<dyn Future<Output = Placement> + Send>> + Send + Sync>;

/// The Kubernetes port for some nodes of a cluster. It shows the pods and budgets of all of it.
#[derive(Clone)]
pub struct KubeClusterPort {
    client: Client,
    cache: Cache,
    scope: NodeScope,
    placer: Option<Placer>,
    /// Number of the change up to which the cache was read; `None` before the first reading.
    seen: Option<u64>,
    /// Nodes that belong to no known instance; their instances may be seen later.
    foreign_nodes: BTreeSet<NodeName>,
    /// `DaemonSets` that are deleted while their pods still name them.
    gone: BTreeSet<ObjectName>,
    /// Nodes that a `replank drain` is emptying, as of the last look.
    drained: BTreeMap<NodeName, Hold>,
    /// Nodes to show again because such a drain began or ended.
    anew: BTreeSet<NodeName>,
    /// When to look for such drains next; `None` until it is first asked for.
    looks_at: Option<Instant>,
    /// Who deleted nodes that are gone since the last reading.
    deleted: BTreeMap<NodeName, Arc<str>>,
    /// What was seen of autoscalers.
    traces: Traces,
    /// When to look for autoscalers next.
    traced_until: Option<Instant>,
}

/// Interval at which ends of drains by hand are looked for.
const LOOKS_EVERY: Duration = Duration::from_secs(3);
/// Interval at which autoscalers are looked for; nothing is decided by them.
const TRACES_EVERY: Duration = Duration::from_mins(5);
/// Of how many nodes that are gone at once it is looked up who deleted them.
const DELETED_MAX: usize = 3;

impl std::fmt::Debug for KubeClusterPort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KubeClusterPort")
            .field("scope", &self.scope)
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}

impl KubeClusterPort {
    /// A port that shows these nodes.
    pub fn new(client: Client, cache: Cache, scope: NodeScope) -> Self {
        Self {
            client,
            cache,
            scope,
            placer: None,
            seen: None,
            foreign_nodes: BTreeSet::new(),
            gone: BTreeSet::new(),
            drained: BTreeMap::new(),
            anew: BTreeSet::new(),
            looks_at: None,
            deleted: BTreeMap::new(),
            traces: Traces::default(),
            traced_until: None,
        }
    }

    /// Adds the answer to where pods would go.
    #[must_use]
    pub fn with_placer(self, placer: Placer) -> Self {
        Self { placer: Some(placer), ..self }
    }

    /// Treats pods of these deleted `DaemonSets` as pods without a controller.
    #[must_use]
    pub fn without_daemon_sets(self, gone: BTreeSet<ObjectName>) -> Self {
        Self { gone, ..self }
    }

    /// Reads it once, outside of an update, within the deadline that a turn sets.
    pub async fn read_once(&mut self, seen: &mut Observation) -> Result<(), ReadError> {
        let (limit, clock) = (turn::Settings::default().deadlines.observe, WallClock::new(Vec::new()));
        let read = clock.within(limit, self.observe(seen)).await;
        read.unwrap_or_else(|elapsed| Err(ReadError(format!("the cluster: {elapsed}"))))?;
        seen.cluster_read = Read::Fresh;
        Ok(())
    }

    fn shown(&self, pod: &Pod) -> Pod {
        let is_forsaken = daemon_sets::of(pod).is_some_and(|name| self.gone.contains(&name));
        Pod { owner: pod.owner.clone().filter(|_| !is_forsaken), ..pod.clone() }
    }

    /// Makes the next reading look for drains by hand, and further ones until there are none. Call it after others can
    /// see that this process acts on the nodes.
    pub fn look_for_drains(&mut self) {
        self.looks_at = Some(Instant::now());
    }

    /// Looks for drains by hand, if it is due.
    async fn look(&mut self) -> Result<(), ReadError> {
        if self.looks_at.is_none_or(|at| Instant::now() < at) {
            return Ok(());
        }
        let found = hand::drains(&self.client).await;
        let found = found.map_err(|why| ReadError(format!("drains by hand: {why}")))?;
        let mut drained = BTreeMap::new();
        for drain in found {
            let hold = Hold::Drain { by: drain.by, since: drain.since };
            drained.extend(drain.nodes.into_iter().map(|node| (node, hold.clone())));
        }
        self.looks_at = (!drained.is_empty()).then(|| Instant::now() + LOOKS_EVERY);
        self.anew.extend(self.drained.keys().chain(drained.keys()).cloned());
        self.drained = drained;
        Ok(())
    }

    /// Looks for autoscalers, if it is due; not for drains by hand.
    async fn look_for_autoscalers(&mut self) {
        let is_update = matches!(self.scope, NodeScope::Group(_) | NodeScope::Instances);
        if is_update && self.traced_until.is_none_or(|until| Instant::now() >= until) {
            // Noted first: a reading that is cut off here shall not be cut off here again.
            self.traced_until = Some(Instant::now() + TRACES_EVERY);
            autoscaler::look(&self.client, &mut self.traces).await;
        }
    }

    /// Who deleted the nodes that are gone while their instances exist.
    async fn look_who_deleted(&self, told: &Observation) -> BTreeMap<NodeName, Arc<str>> {
        let gone: Vec<NodeName> = {
            let state = self.cache.lock();
            let keys = self.seen.and_then(|since| state.changes.since(since)).into_iter().flatten();
            let gone = keys.filter_map(|key| match key {
                Key::Node(name) if !state.nodes.contains_key(name) => Some(name),
                Key::Node(_) | Key::Pod(_) | Key::Budget(_) => None,
            });
            gone.filter(|name| told.members.is_abandoned(name)).take(DELETED_MAX).cloned().collect()
        };
        let asked = gone.into_iter().map(async |name| {
            let by = autoscaler::deleted_by(&self.client, name.as_str()).await;
            by.map(|by| (name, by))
        });
        join_all(asked).await.into_iter().flatten().collect()
    }

    fn follow(&mut self, state: &State, into: &mut Observation) {
        let keys = self.seen.and_then(|since| state.changes.since(since));
        let Some(keys) = keys.map(|keys| keys.cloned().collect::<Vec<Key>>()) else {
            return self.list(state, into);
        };
        for key in keys {
            match key {
                Key::Pod(uid) => match state.pods.get(&uid) {
                    Some(seen) => into.pods.put(self.shown(&seen.pod)),
                    None => into.pods.remove(uid),
                },
                Key::Budget(name) => match state.budgets.get(&name) {
                    Some(seen) => into.pods.put_budget(seen.budget.clone()),
                    None => into.pods.remove_budget(&name),
                },
                Key::Node(name) => match state.nodes.get(&name) {
                    Some(node) => self.put_node(node, into),
                    None => {
                        self.foreign_nodes.remove(&name);
                        self.traces.remove_node(&name);
                        into.members.remove_node(&name, self.deleted.remove(&name));
                    }
                },
            }
        }
    }

    fn list(&mut self, state: &State, into: &mut Observation) {
        into.pods = Pods::default();
        let known: Vec<NodeName> =
            into.members.iter().filter_map(|(_, it)| it.node.as_ref()).map(|it| it.name.clone()).collect();
        known
            .iter()
            .filter(|name| !state.nodes.contains_key(*name))
            .for_each(|it| into.members.remove_node(it, None));
        self.foreign_nodes.clear();
        self.traces.forget_nodes();
        state.nodes.values().for_each(|node| self.put_node(node, into));
        state.pods.values().for_each(|seen| into.pods.put(self.shown(&seen.pod)));
        state.budgets.values().for_each(|seen| into.pods.put_budget(seen.budget.clone()));
    }

    /// Adds a node if it belongs to the group by its label, or by its instance while it has no label yet.
    fn put_node(&mut self, node: &SeenNode, into: &mut Observation) {
        node.traced(&mut self.traces);
        let ours = match &self.scope {
            NodeScope::Group(group) => node.group.as_deref() == Some(group.as_str()),
            NodeScope::Instances => false,
            NodeScope::Nodes(names) => names.contains(&node.name),
        };
        let by_instance = self.scope == NodeScope::Instances;
        if ours || into.members.get(&node.instance).is_some() {
            self.foreign_nodes.remove(&node.name);
            let mut shown = node.for_group(self.scope.group());
            shown.hold = shown.hold.or_else(|| self.drained.get(&node.name).cloned());
            shown.labelled |= by_instance;
            into.members.put_node(shown);
        } else if by_instance || node.group.is_none() {
            self.foreign_nodes.insert(node.name.clone());
        }
    }

    fn look_at_foreign_nodes(&mut self, state: &State, into: &mut Observation) {
        for name in self.foreign_nodes.clone() {
            if let Some(node) = state.nodes.get(&name) {
                self.put_node(node, into);
            }
        }
    }
}

impl Cluster for KubeClusterPort {
    async fn refresh(&mut self, seen: &Observation) -> Result<(), ReadError> {
        self.look().await?;
        let mut changes = self.cache.changes();
        // A first list takes a while; whoever calls has a deadline. One that is broken says so at once.
        loop {
            changes.mark_unchanged();
            let filling = {
                let state = self.cache.lock();
                Kind::ALL.into_iter().any(|kind| matches!(state.feed(kind), Feed::Filling { .. }))
            };
            if !filling || changes.changed().await.is_err() {
                break;
            }
        }
        self.look_for_autoscalers().await;
        self.deleted = self.look_who_deleted(seen).await;
        self.cache.lock().doubt(Timestamp::now()).map_or(Ok(()), Err)
    }

    fn tell(&mut self, into: &mut Observation) {
        let cache = self.cache.clone();
        let mut state = cache.lock();
        // Under the lock in which it is told: what a watch brings after this is told the next time, budgets and pods
        // together.
        state.settle();
        self.follow(&state, into);
        self.look_at_foreign_nodes(&state, into);
        for name in std::mem::take(&mut self.anew) {
            if let Some(node) = state.nodes.get(&name) {
                self.put_node(node, into);
            }
        }
        self.seen = Some(state.changes.version());
        into.autoscalers = self.traces.autoscalers();
    }

    async fn perform(&self, action: &ClusterAction) -> Answer {
        match action {
            ClusterAction::Mark(mark) => {
                let seen = self.cache.lock().nodes.get(&mark.node).cloned();
                act::mark(&self.client, mark, seen).await
            }
            ClusterAction::Cordon { node, uid } => act::cordon_again(&self.client, node, *uid).await,
            ClusterAction::Evict { pod, grace_seconds } => {
                let budget =
                    self.cache.lock().pods.get(&pod.uid).and_then(|seen| seen.pod.budgets.first().cloned());
                let _queued = match budget {
                    Some(budget) => Some(self.cache.queues().enter(budget).await),
                    None => None,
                };
                act::evict(&self.client, pod, *grace_seconds).await
            }
            ClusterAction::Delete { pod } => act::delete(&self.client, pod).await,
        }
    }

    async fn pods_on(&self, node: &NodeName) -> Result<Vec<Pod>, ReadError> {
        // No resource version: the list is as fresh as the server's store (Kubernetes: a quorum read).
        let selector = request::escaped(&format!("spec.nodeName={node}"));
        let request = request::get(&format!("/api/v1/pods?fieldSelector={selector}"));
        let listed = request::send::<WireList<WirePod>>(&self.client, request).await;
        let listed = listed.map_err(|error| ReadError(failure::of(&error)))?;
        Ok(listed.items.into_iter().flatten().map(|pod| self.shown(&read_pod(pod))).collect())
    }

    async fn place(&self, node: &NodeName) -> Placement {
        match &self.placer {
            Some(placer) => placer(node.clone()).await,
            None => Placement::CannotTell("nobody here knows the scheduler".to_owned()),
        }
    }
}
