//! Keeps the nodes of a real cluster in line with the instances of the embedded cloud: a node is created for each
//! instance that came up, and deleted for each that is gone. Both sides are compared each time; little is remembered.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use replank_core::names::{InstanceId, NodeName, Uid};
use replank_kube::{Cache, Connection, nodes};
use replank_kubeapi::objects;
use replank_world::cloud::State;
use replank_world::shared::Shared;
use replank_world::time::Time;
use replank_world::wall_clock_map::WallClockMap;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::warn;

use crate::RealCluster;
use crate::node::registered;

/// Interval between comparisons.
const FRAME: Duration = Duration::from_millis(100);
/// Delay before a failed create or delete is tried again.
const AGAIN: Duration = Duration::from_secs(2);
/// Number of nodes that are created or deleted at the same time.
const AT_ONCE: usize = 16;
/// Time limit for a request.
const DEADLINE: Duration = Duration::from_secs(20);

/// Handle of the task that keeps the nodes; the task ends when this is dropped.
#[derive(Debug)]
pub struct NodeSyncer {
    changed: Arc<watch::Sender<()>>,
    task: JoinHandle<()>,
}

impl Drop for NodeSyncer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl NodeSyncer {
    /// Starts the task, which also advances the world in real time.
    pub fn start(world: Shared, cluster: &RealCluster) -> Self {
        let changed = Arc::new(watch::channel(()).0);
        let syncing = Syncing {
            world,
            cache: cluster.cache.clone(),
            connection: cluster.connection.clone(),
            changed: changed.clone(),
            shown: None,
            seen: None,
        };
        Self { task: cluster.runtime.spawn(syncing.run()), changed }
    }

    /// Wakes whenever the cloud changed.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }
}

struct Syncing {
    world: Shared,
    cache: Cache,
    connection: Connection,
    changed: Arc<watch::Sender<()>>,
    /// Nodes that existed once: one that is deleted by hand is not created again.
    shown: Option<BTreeSet<NodeName>>,
    seen: Option<(u64, u64, u64)>,
}

/// Required change of a node of the cluster.
enum NodeChange {
    Register(NodeName, Box<Value>),
    Remove(NodeName, Uid),
}

impl Syncing {
    async fn run(mut self) {
        loop {
            let advanced = self.advance();
            let there = self.cache.nodes();
            let Some(there) = there else {
                tokio::time::sleep(FRAME).await;
                continue;
            };
            let due = self.due(&there);
            let failed = self.perform(due).await;
            if advanced {
                self.changed.send_replace(());
            }
            tokio::time::sleep(if failed { AGAIN } else { FRAME }).await;
        }
    }

    /// Advances the world to the present; whether anything happened in it.
    fn advance(&mut self) -> bool {
        let mut world = self.world.lock();
        let now = Time::from(Timestamp::now());
        // What other replicas did in the cloud is taken in, too, whatever our clock says.
        world.pass_to(now);
        let seen = Some((world.cloud.version(), world.cloud.acts, world.store.changes.version));
        std::mem::replace(&mut self.seen, seen) != seen
    }

    fn due(&mut self, there: &[(NodeName, Uid, InstanceId)]) -> Vec<NodeChange> {
        let names: BTreeSet<NodeName> = there.iter().map(|(name, ..)| name.clone()).collect();
        let shown = self.shown.get_or_insert_with(|| names.clone());
        shown.extend(names);
        let world = self.world.lock();
        let gone = |instance: &InstanceId| {
            let number = world.cloud.find(instance.as_str());
            number.is_some_and(|number| world.cloud.instance(number).state == State::Terminated)
        };
        let mut due: Vec<NodeChange> = there
            .iter()
            .filter(|(_, _, instance)| gone(instance))
            .map(|(name, uid, _)| NodeChange::Remove(name.clone(), *uid))
            .collect();
        let news =
            world.store.nodes.iter().any(|(_, node)| !shown.contains(&NodeName::new(node.meta.name.clone())));
        if news {
            let calendar = WallClockMap::new(world.now, Timestamp::now());
            for node in objects(&world, &calendar, "v1", "nodes") {
                let name = NodeName::from(node["metadata"]["name"].as_str().unwrap_or_default());
                if !shown.contains(&name) {
                    due.push(NodeChange::Register(name, Box::new(registered(&node))));
                }
            }
        }
        due
    }

    /// Performs changes; whether one of them failed.
    async fn perform(&mut self, due: Vec<NodeChange>) -> bool {
        let client = &self.connection.client;
        let done = stream::iter(due).map(async |change| {
            let answer = match &change {
                NodeChange::Register(_, node) => {
                    tokio::time::timeout(DEADLINE, nodes::register(client, node)).await
                }
                NodeChange::Remove(name, uid) => {
                    tokio::time::timeout(DEADLINE, nodes::remove(client, name, *uid)).await
                }
            };
            (change, answer.unwrap_or_else(|_| Err(format!("no answer within {} s", DEADLINE.as_secs()))))
        });
        let done: Vec<(NodeChange, Result<(), String>)> = done.buffer_unordered(AT_ONCE).collect().await;
        let mut failed = false;
        for (change, answer) in done {
            let (verb, name) = match &change {
                NodeChange::Register(name, _) => ("registered", name),
                NodeChange::Remove(name, _) => ("removed", name),
            };
            match answer {
                Ok(()) => {
                    if let (NodeChange::Register(..), Some(shown)) = (&change, &mut self.shown) {
                        shown.insert(name.clone());
                    }
                }
                Err(why) => {
                    failed = true;
                    warn!(node = name.as_str(), "the node could not be {verb}: {why}");
                }
            }
        }
        failed
    }
}
