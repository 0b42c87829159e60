//! What previews and projections need of a world: an observation, typical durations, pods that would not fit.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use replank_core::names::{NodeGroupName, Uid};
use replank_core::node_group::plan::Unplaced;
use replank_core::node_group::project::Paces;
use replank_core::observed::Observation;
use replank_engine::block::block_on;
use replank_engine::ports::{Cloud, Cluster, ReadError};

use super::Session;
use crate::adapter::{NODEGROUP, SimulatedCloud, SimulatedCluster};
use replank_components::schedule;
use replank_world::disruption_statistics::DisruptionStatistics;
use replank_world::shared::Shared;
use replank_world::store::NodeId;

impl Session {
    /// What the engine would observe of a group now, and the virtual time. The error says why it cannot.
    pub fn observe(&self, group: &NodeGroupName) -> Result<(Observation, Timestamp), ReadError> {
        observed(&self.world, group)
    }

    /// Typical durations of this world.
    pub fn paces(&self) -> Paces {
        paces(&self.world)
    }

    /// Pods on nodes of a group that would fit on no node, with the scheduler's message.
    pub fn homeless(&self, group: &NodeGroupName) -> BTreeMap<Uid, Arc<str>> {
        homeless(&self.world, group)
    }
}

/// What the engine would observe of a group now, and the virtual time.
pub(super) fn observed(
    shared: &Shared,
    group: &NodeGroupName,
) -> Result<(Observation, Timestamp), ReadError> {
    let mut seen = Observation::default();
    block_on(SimulatedCloud::new(shared.clone(), group.as_str()).observe(&mut seen))?;
    block_on(SimulatedCluster::new(shared.clone(), group.as_str()).observe(&mut seen))?;
    Ok((seen, shared.lock().now.into()))
}

/// Adds to the result of a projection the pods that have no node now, which it does not place.
pub(super) fn with_unplaced(shared: &Shared, found: Unplaced) -> Unplaced {
    let world = shared.lock();
    let pods = || world.store.pods.iter().map(|(_, pod)| pod);
    let now = DisruptionStatistics::begun(pods(), world.now).unplaced(pods(), world.now);
    Unplaced { after: [found.after, now.after].concat(), ..now }
}

/// Typical durations of this world.
pub(super) fn paces(shared: &Shared) -> Paces {
    let world = shared.lock();
    let timings = &world.timings;
    let typical = |delays: &[replank_world::rng::Delay]| -> SignedDuration {
        delays.iter().map(|delay| SignedDuration::from(delay.typical())).sum()
    };
    Paces {
        launch: typical(&[timings.launch]),
        join: typical(&[timings.boot, timings.join]),
        stop: typical(&[timings.stop]),
        start: typical(&[timings.pull, timings.start, timings.ready]),
        terminate: typical(&[timings.terminate]),
        job_back_off: SignedDuration::from_secs(10),
    }
}

/// Pods on nodes of a group that would fit on no node, with the scheduler's message. New nodes are assumed to
/// be like the present ones.
pub(super) fn homeless(shared: &Shared, group: &NodeGroupName) -> BTreeMap<Uid, Arc<str>> {
    let world = shared.lock();
    let nodes: Vec<NodeId> = world.store.nodes.iter().map(|(id, _)| id).collect();
    let ours = |id: &&NodeId| {
        let node = world.store.nodes.get(**id);
        let label = node.and_then(|node| world.store.labels.get(node.meta.labels).get(NODEGROUP));
        label.is_some_and(|name| **name == *group.as_str())
    };
    // Nodes that are alike in zone and labels answer alike; one of each zone and group is asked.
    let mut kinds: BTreeMap<(Arc<str>, Option<Arc<str>>), NodeId> = BTreeMap::new();
    for id in &nodes {
        let Some(node) = world.store.nodes.get(*id) else { continue };
        let label = world.store.labels.get(node.meta.labels).get(NODEGROUP).cloned();
        kinds.entry((node.zone.clone(), label)).or_insert(*id);
    }
    let like: Vec<NodeId> = kinds.into_values().collect();
    let pods = nodes.iter().filter(ours).flat_map(|id| world.store.index.pods_on(*id));
    pods.filter(|id| world.store.pods.get(*id).is_some_and(|pod| pod.pinned.is_none() && pod.active()))
        .filter_map(|id| {
            let message = schedule::no_place(&world, id, &like)?;
            Some((Uid(world.store.pods.get(id)?.meta.uid.0), Arc::from(message)))
        })
        .collect()
}
