//! The process that runs the loop: in which pod, what ends it, what it forgets and what it does first (Cluster
//! Autoscaler 1.34.5: `main.go`, `static_autoscaler.go`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::missing::Pause;
use super::pattern::Pattern;
use super::remove::Removal;
use super::status::Conditions;
use super::unneeded::Unneeded;
use super::view::{self, View};
use super::{mark, say_of_node, status};
use crate::kubernetes::{components, components_mut};
use replank_world::cloud::GroupNo;
use replank_world::event_log::Severity;
use replank_world::object::{Phase, Pod, Uid};
use replank_world::queue::Work;
use replank_world::store::{DeploymentId, NodeId, PodId, Ref};
use replank_world::time::{Span, Time};
use replank_world::world::World;

/// How long the lease of a dead leader blocks the next (flag `--leader-elect-lease-duration`). The process does
/// not release it when it exits.
const LEASE: Span = Span::secs(15);

/// The pod that holds the lease.
#[derive(Clone, Debug)]
pub(super) struct Leader {
    pod: PodId,
    uid: Uid,
    /// The instance it runs on.
    instance: Option<Arc<str>>,
    /// Namespace of the pod and of the status ConfigMap.
    pub(super) namespace: Arc<str>,
}

/// What a process knows; it is lost when the process ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// Whether it removed the taints it found at its start.
    cleaned_up: bool,
    /// Loops so far.
    pub(super) rounds: u64,
    /// Its cached view of the Auto Scaling groups.
    pub(super) view: View,
    /// When it last grew a group.
    pub(super) grew_at: Option<Time>,
    /// When it last started to remove a node.
    pub(super) deleted_at: Option<Time>,
    /// Unneeded nodes.
    pub(super) unneeded: BTreeMap<NodeId, Unneeded>,
    /// Nodes that could not be removed, and until when they are not checked again.
    pub(super) unremovable: BTreeMap<NodeId, Time>,
    /// Nodes being removed.
    pub(super) removals: BTreeMap<NodeId, Removal>,
    /// Instances without a node, and since when.
    pub(super) unregistered: BTreeMap<Arc<str>, Time>,
    /// The last pattern of each group.
    pub(super) patterns: BTreeMap<GroupNo, Pattern>,
    /// Back-offs of groups with failed launches.
    pub(super) pauses: BTreeMap<GroupNo, Pause>,
    /// What its status last reported.
    pub(super) conditions: Conditions,
}

/// How a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By SIGTERM: it deletes its status ConfigMap.
    Asked,
    /// By SIGKILL or with its machine: everything stays as it is.
    Killed,
}

/// Whether a process runs the loop this time. A dead one is forgotten; a new leader acts from the next loop on.
pub(super) fn leads(world: &mut World) -> bool {
    if is_alive(world) {
        return true;
    }
    if let Some(leader) = &components(&world.state).autoscaler.leader {
        let machine_died = leader.instance.as_ref().is_some_and(|id| !is_running(world, id));
        let evicted = world.store.pods.get(leader.pod).is_none_or(Pod::terminating);
        end(world, if machine_died || !evicted { End::Killed } else { End::Asked });
    }
    let leased =
        components_mut(&mut world.state).autoscaler.leased_until.is_some_and(|until| until > world.now);
    if !leased && !components_mut(&mut world.state).autoscaler.is_held_down {
        components_mut(&mut world.state).autoscaler.leader = candidate(world);
        if components_mut(&mut world.state).autoscaler.leader.is_some() {
            status::initialise(world);
        }
    }
    false
}

/// Whether the leader's pod runs on a living instance.
pub(super) fn is_alive(world: &World) -> bool {
    let Some(leader) = &components(&world.state).autoscaler.leader else { return false };
    let pod = world.store.pods.get(leader.pod).filter(|pod| pod.meta.uid == leader.uid);
    let runs = |pod: &Pod| pod.phase == Phase::Running && !pod.terminating();
    pod.is_some_and(runs) && leader.instance.as_ref().is_none_or(|id| is_running(world, id))
}

/// Ends the process, and with it its memory. What it started in the cluster and the cloud stays.
pub(super) fn end(world: &mut World, how: End) {
    if components_mut(&mut world.state).autoscaler.leader.is_none() {
        return;
    }
    if how == End::Asked {
        status::delete(world);
    }
    let removals: Vec<NodeId> =
        components_mut(&mut world.state).autoscaler.memory.removals.keys().copied().collect();
    removals.into_iter().for_each(|id| world.queue.cancel(Work::ScaleDown(id)));
    components_mut(&mut world.state).autoscaler.leader = None;
    components_mut(&mut world.state).autoscaler.leased_until = Some(world.now + LEASE);
    components_mut(&mut world.state).autoscaler.memory = Memory::default();
}

/// Removes the taints from all nodes of its groups once after the start, whoever set them (`cleanUpIfRequired`).
pub(super) fn clean_up_once(world: &mut World) {
    if std::mem::replace(&mut components_mut(&mut world.state).autoscaler.memory.cleaned_up, true) {
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

/// The Deployments whose pods run it.
pub(super) fn deployments(world: &World) -> impl Iterator<Item = DeploymentId> {
    let named = world
        .store
        .deployments
        .iter()
        .filter(|(_, it)| it.meta.name.contains(replank_world::vocab::CLUSTER_AUTOSCALER));
    named.map(|(id, _)| id)
}

/// A Ready pod of its Deployments.
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

/// Whether the instance of that id runs.
fn is_running(world: &World, id: &str) -> bool {
    world.cloud.find(id).is_some_and(|number| {
        let instance = world.cloud.instance(number);
        instance.stands() && instance.dead.is_none()
    })
}
