//! The process that acts: which pod it runs in, when it dies, what dies with it, and what it does first when it starts
//! (Cluster Autoscaler 1.34.5: `main.go`, `static_autoscaler.go`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::missing::Pause;
use super::pattern::Pattern;
use super::remove::Removal;
use super::status::Conditions;
use super::unneeded::Unneeded;
use super::view::{self, View};
use super::{mark, say_of_node, status};
use crate::cloud::group::GroupNo;
use crate::event_log::Severity;
use crate::object::{Phase, Pod, Uid};
use crate::queue::Work;
use crate::store::{DeploymentId, NodeId, PodId, Ref};
use crate::time::{Span, Time};
use crate::world::World;

/// How long the lease of a dead leader keeps others out (flag `--leader-elect-lease-duration`). It is not given back
/// at the end: the process exits past the code that would.
const LEASE: Span = Span::secs(15);

/// The pod whose process acts.
#[derive(Clone, Debug)]
pub(super) struct Leader {
    pod: PodId,
    uid: Uid,
    /// The instance under it.
    instance: Option<Arc<str>>,
    /// Where its status is kept.
    pub(super) namespace: Arc<str>,
}

/// What a process remembers, and no longer than it lives.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// Whether it opened the nodes that it found marked.
    cleaned_up: bool,
    /// Rounds it made.
    pub(super) rounds: u64,
    /// What it knows of the scaling groups.
    pub(super) view: View,
    /// When it last grew a group.
    pub(super) grew_at: Option<Time>,
    /// When it last began to remove a node.
    pub(super) deleted_at: Option<Time>,
    /// Nodes it could do without.
    pub(super) unneeded: BTreeMap<NodeId, Unneeded>,
    /// Nodes that could not go, and until when they are not looked at again.
    pub(super) unremovable: BTreeMap<NodeId, Time>,
    /// Nodes it removes.
    pub(super) removals: BTreeMap<NodeId, Removal>,
    /// Instances without a node, and since when.
    pub(super) unregistered: BTreeMap<Arc<str>, Time>,
    /// What nodes of each group are like.
    pub(super) patterns: BTreeMap<GroupNo, Pattern>,
    /// Groups that are not grown for a while.
    pub(super) pauses: BTreeMap<GroupNo, Pause>,
    /// What its status said last.
    pub(super) conditions: Conditions,
}

/// How a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It got SIGTERM: it takes its status away.
    Asked,
    /// It was killed, or its machine died: everything stays as it was.
    Killed,
}

/// Whether a process acts in this round. One that died is forgotten; a pod that becomes leader acts a round later.
pub(super) fn leads(world: &mut World) -> bool {
    if is_alive(world) {
        return true;
    }
    if let Some(leader) = &world.autoscaler.leader {
        let machine_died = leader.instance.as_ref().is_some_and(|id| !is_running(world, id));
        let evicted = world.store.pods.get(leader.pod).is_none_or(Pod::terminating);
        end(world, if machine_died || !evicted { End::Killed } else { End::Asked });
    }
    let leased = world.autoscaler.leased_until.is_some_and(|until| until > world.now);
    if !leased && !world.autoscaler.is_held_down {
        world.autoscaler.leader = candidate(world);
        if world.autoscaler.leader.is_some() {
            status::initialise(world);
        }
    }
    false
}

/// Whether there is a process now.
pub(super) fn is_alive(world: &World) -> bool {
    let Some(leader) = &world.autoscaler.leader else { return false };
    let pod = world.store.pods.get(leader.pod).filter(|pod| pod.meta.uid == leader.uid);
    let runs = |pod: &Pod| pod.phase == Phase::Running && !pod.terminating();
    pod.is_some_and(runs) && leader.instance.as_ref().is_none_or(|id| is_running(world, id))
}

/// The process ends and forgets everything. What it began stays begun.
pub(super) fn end(world: &mut World, how: End) {
    if world.autoscaler.leader.is_none() {
        return;
    }
    if how == End::Asked {
        status::delete(world);
    }
    let removals: Vec<NodeId> = world.autoscaler.memory.removals.keys().copied().collect();
    removals.into_iter().for_each(|id| world.queue.cancel(Work::ScaleDown(id)));
    world.autoscaler.leader = None;
    world.autoscaler.leased_until = Some(world.now + LEASE);
    world.autoscaler.memory = Memory::default();
}

/// Opens the nodes of its groups that it finds marked, whoever marked them, once in a life (`cleanUpIfRequired`).
pub(super) fn clean_up_once(world: &mut World) {
    if std::mem::replace(&mut world.autoscaler.memory.cleaned_up, true) {
        return;
    }
    for (id, _) in view::nodes(world) {
        if mark::open(world, id) {
            let name = world.store.nodes.get(id).map(|node| node.meta.name.clone()).unwrap_or_default();
            let message = format!("removed {} taint from node {name}", mark::GOING);
            say_of_node(world, id, Severity::Normal, "ClusterAutoscalerCleanup", &message);
        }
    }
}

/// The deployments that run it.
pub(super) fn deployments(world: &World) -> impl Iterator<Item = DeploymentId> {
    let named = world.store.deployments.iter().filter(|(_, it)| it.meta.name.contains(super::NAME));
    named.map(|(id, _)| id)
}

/// A pod of its deployment that is Ready.
fn candidate(world: &World) -> Option<Leader> {
    let store = &world.store;
    let sets = deployments(world).flat_map(|id| store.index.owned_by(Ref::Deployment(id)));
    let mut pods =
        sets.flat_map(|set| store.index.pods_of(set)).filter_map(|id| Some((id, store.pods.get(id)?)));
    let (id, pod) = pods.find(|(_, pod)| pod.ready.is && !pod.terminating())?;
    let node = pod.node.and_then(|node| store.nodes.get(node));
    let instance = node.map(|node| node.instance.clone()).filter(|id| world.cloud.find(id).is_some());
    let namespace = pod.meta.namespace.clone();
    Some(Leader { pod: id, uid: pod.meta.uid, instance, namespace })
}

/// Whether the machine of that id runs.
fn is_running(world: &World, id: &str) -> bool {
    world.cloud.find(id).is_some_and(|number| {
        let instance = world.cloud.instance(number);
        instance.stands() && instance.dead.is_none()
    })
}
