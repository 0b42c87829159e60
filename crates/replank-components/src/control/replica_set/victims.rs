//! The order in which a ReplicaSet deletes surplus pods (Kubernetes: `controller.ActivePodsWithRanks`).

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use replank_world::object::{Phase, Pod, Uid};
use replank_world::store::{NodeId, PodId, Ref, ReplicaSetId};
use replank_world::time::{Span, Time};
use replank_world::world::World;

/// Annotation by which users rank pods for deletion; lower costs go first.
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// The `surplus` pods of `active` to delete.
pub(super) fn choose(world: &World, id: ReplicaSetId, active: &[PodId], surplus: usize) -> Vec<PodId> {
    if surplus >= active.len() {
        return active.to_vec();
    }
    let crowd = crowd(world, id);
    let mut victims: Vec<(PodId, Rank)> =
        active.iter().filter_map(|id| Some((*id, Rank::of(world.store.pods.get(*id)?, &crowd)))).collect();
    victims.sort_by(|(_, a), (_, b)| a.before(b, world.now));
    victims.into_iter().take(surplus).map(|(id, _)| id).collect()
}

/// Active pods of related ReplicaSets (those of the same Deployment) on each node.
fn crowd(world: &World, id: ReplicaSetId) -> BTreeMap<NodeId, i64> {
    let owner = world.store.replica_sets.get(id).and_then(|set| set.meta.owner.as_ref()?.at);
    let sets: Vec<Ref> = match owner {
        Some(owner) => world.store.index.owned_by(owner).collect(),
        None => vec![Ref::ReplicaSet(id)],
    };
    let mut crowd = BTreeMap::new();
    for pod in sets.into_iter().flat_map(|set| super::active_pods(world, set)) {
        if let Some(node) = world.store.pods.get(pod).and_then(|pod| pod.node) {
            *crowd.entry(node).or_default() += 1;
        }
    }
    crowd
}

/// Sort key of a pod; lower keys are deleted first.
struct Rank {
    /// Assigned to a node, phase, Ready, deletion cost, related pods on the node (more of them first).
    first: (bool, u8, bool, i64, Reverse<i64>),
    ready_since: Option<Time>,
    restarts: Reverse<u32>,
    created_at: Time,
    uid: Uid,
}

impl Rank {
    fn of(pod: &Pod, crowd: &BTreeMap<NodeId, i64>) -> Self {
        let phase = match pod.phase {
            Phase::Pending => 0,
            Phase::Running | Phase::Succeeded | Phase::Failed => 2,
        };
        let cost = pod.meta.annotations.get(DELETION_COST).and_then(|cost| cost.parse().ok()).unwrap_or(0);
        let here = pod.node.and_then(|node| crowd.get(&node)).copied().unwrap_or(0);
        Self {
            first: (pod.node.is_some(), phase, pod.ready.is, cost, Reverse(here)),
            ready_since: pod.ready.is.then_some(pod.ready.since),
            restarts: Reverse(pod.restarts),
            created_at: pod.meta.created_at,
            uid: pod.meta.uid,
        }
    }

    fn before(&self, other: &Self, now: Time) -> Ordering {
        let ages =
            |a: Time, b: Time| magnitude(now - a).cmp(&magnitude(now - b)).then(self.uid.cmp(&other.uid));
        let ready = match (self.ready_since, other.ready_since) {
            (Some(a), Some(b)) if a != b => ages(a, b),
            _ => Ordering::Equal,
        };
        let created = || {
            if self.created_at == other.created_at {
                self.uid.cmp(&other.uid)
            } else {
                ages(self.created_at, other.created_at)
            }
        };
        self.first
            .cmp(&other.first)
            .then(ready)
            .then_with(|| self.restarts.cmp(&other.restarts))
            .then_with(created)
    }
}

/// The binary logarithm of an age in nanoseconds, in which upstream compares ages; -1 for none.
fn magnitude(age: Span) -> i64 {
    let nanoseconds = i128::from(age.0) * 1000;
    if nanoseconds > 0 { i64::from(nanoseconds.ilog2()) } else { -1 }
}
