//! Keeps the nodes of a real cluster as the embedded cloud has instances: one that came up registers its node, the
//! node of one that is gone is removed. Looks at both sides each time and remembers little.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use replank_core::names::{InstanceId, NodeName, Uid};
use replank_kube::{Cache, Connection, nodes};
use replank_kubeapi::objects;
use replank_sim::cloud::State;
use replank_sim::shared::Shared;
use replank_sim::time::Time;
use replank_sim::wall_clock_map::WallClockMap;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::node::registered;
use crate::printer::Printer;
use crate::real::connect::Reached;

/// How often both sides are looked at.
const FRAME: Duration = Duration::from_millis(100);
/// A node that could not be registered or removed is tried again after this.
const AGAIN: Duration = Duration::from_secs(2);
/// How many nodes come or go at once.
const AT_ONCE: usize = 16;
/// A server that does not answer in this time is asked again.
const DEADLINE: Duration = Duration::from_secs(20);

/// The task that keeps the nodes. It ends with this.
#[derive(Debug)]
pub(crate) struct NodeSyncer {
    changed: Arc<watch::Sender<()>>,
    task: JoinHandle<()>,
}

impl Drop for NodeSyncer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl NodeSyncer {
    /// Lets the world live in real time, and its instances be seen.
    pub(crate) fn start(world: Shared, reached: &Reached) -> Self {
        let changed = Arc::new(watch::channel(()).0);
        let caster = Syncing {
            world,
            cache: reached.cache.clone(),
            connection: reached.connection.clone(),
            changed: changed.clone(),
            shown: None,
            seen: None,
        };
        Self { task: reached.runtime.spawn(caster.run()), changed }
    }

    /// Tells whenever something happened in the cloud.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }
}

struct Syncing {
    world: Shared,
    cache: Cache,
    connection: Connection,
    changed: Arc<watch::Sender<()>>,
    /// Nodes that were there once: who deletes one of them by hand does not get it back.
    shown: Option<BTreeSet<NodeName>>,
    seen: Option<(u64, u64, u64)>,
}

enum Deed {
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
            let deeds = self.deeds(&there);
            let failed = self.perform(deeds).await;
            if advanced {
                self.changed.send_replace(());
            }
            tokio::time::sleep(if failed { AGAIN } else { FRAME }).await;
        }
    }

    /// Brings the world to the present. Answers whether anything happened in it.
    fn advance(&mut self) -> bool {
        let mut world = self.world.lock();
        let now = Time::from(Timestamp::now());
        if world.now < now {
            world.advance_to(now);
        }
        let seen = Some((world.cloud.version(), world.cloud.acts, world.store.changes.version));
        std::mem::replace(&mut self.seen, seen) != seen
    }

    fn deeds(&mut self, there: &[(NodeName, Uid, InstanceId)]) -> Vec<Deed> {
        let names: BTreeSet<NodeName> = there.iter().map(|(name, ..)| name.clone()).collect();
        let shown = self.shown.get_or_insert_with(|| names.clone());
        shown.extend(names);
        let world = self.world.lock();
        let gone = |instance: &InstanceId| {
            let number = world.cloud.find(instance.as_str());
            number.is_some_and(|number| world.cloud.instance(number).state == State::Terminated)
        };
        let mut deeds: Vec<Deed> = there
            .iter()
            .filter(|(_, _, instance)| gone(instance))
            .map(|(name, uid, _)| Deed::Remove(name.clone(), *uid))
            .collect();
        let news =
            world.store.nodes.iter().any(|(_, node)| !shown.contains(&NodeName::new(node.meta.name.clone())));
        if news {
            let calendar = WallClockMap::new(world.now, Timestamp::now());
            for node in objects(&world, &calendar, "v1", "nodes") {
                let name = NodeName::from(node["metadata"]["name"].as_str().unwrap_or_default());
                if !shown.contains(&name) {
                    deeds.push(Deed::Register(name, Box::new(registered(&node))));
                }
            }
        }
        deeds
    }

    /// Carries deeds out. Answers whether one of them failed.
    async fn perform(&mut self, deeds: Vec<Deed>) -> bool {
        let client = &self.connection.client;
        let done = stream::iter(deeds).map(async |deed| {
            let answer = match &deed {
                Deed::Register(_, node) => {
                    tokio::time::timeout(DEADLINE, nodes::register(client, node)).await
                }
                Deed::Remove(name, uid) => {
                    tokio::time::timeout(DEADLINE, nodes::remove(client, name, *uid)).await
                }
            };
            (deed, answer.unwrap_or_else(|_| Err(format!("no answer within {} s", DEADLINE.as_secs()))))
        });
        let done: Vec<(Deed, Result<(), String>)> = done.buffer_unordered(AT_ONCE).collect().await;
        let mut failed = false;
        for (deed, answer) in done {
            let (verb, name) = match &deed {
                Deed::Register(name, _) => ("registered", name),
                Deed::Remove(name, _) => ("removed", name),
            };
            match answer {
                Ok(()) => {
                    if let (Deed::Register(..), Some(shown)) = (&deed, &mut self.shown) {
                        shown.insert(name.clone());
                    }
                }
                Err(why) => {
                    failed = true;
                    Printer::complain(&format!("warning: node {name} could not be {verb}: {why}"));
                }
            }
        }
        failed
    }
}
