//! What an update cost the applications: pods moved, and how deep each budget dipped. Counted as it happens.

mod refusals;

use std::collections::BTreeMap;
use std::sync::Arc;

use replank_core::node_group::preview::Unplaced;
use rustc_hash::FxHashMap;

use crate::object::{Budget, Pod};
use crate::time::Time;
use refusals::Refusals;

/// The tally of a world since it was last cleared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DisruptionStatistics {
    /// Pods that were made to leave, by workload.
    pub moved: BTreeMap<Workload, Moves>,
    /// The lowest point of each budget, by namespace and name.
    dips: FxHashMap<(Arc<str>, Arc<str>), Dip>,
    /// Evictions that were accepted.
    pub evicted: u64,
    /// Evictions that were refused.
    pub refused: u64,
    /// Pods that lost their node by other means than eviction.
    pub lost: u64,
    refusals: Refusals,
}

/// Whatever owns pods, by namespace, kind and name; a pod without owner stands for itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Workload {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its kind.
    pub kind: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

impl Workload {
    fn of(pod: &Pod) -> Self {
        let (namespace, name) = (pod.meta.namespace.clone(), pod.meta.name.clone());
        match &pod.meta.owner {
            Some(owner) => Self { namespace, kind: owner.kind.clone(), name: owner.name.clone() },
            None => Self { namespace, kind: Arc::from("Pod"), name },
        }
    }
}

/// How often pods of a workload were moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// All moves.
    pub total: u64,
    /// The most moves of one pod, for pods that keep their names.
    pub by_pod: BTreeMap<Arc<str>, u64>,
}

/// The lowest point of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dip {
    /// Healthy pods then.
    pub healthy: i64,
    /// Healthy pods it wanted then.
    pub desired: i64,
    /// Pods it expected then.
    pub expected: i64,
    /// When.
    pub at: Time,
}

impl DisruptionStatistics {
    /// A tally that begins now, with these pods in the world.
    pub(crate) fn begun<'a>(pods: impl Iterator<Item = &'a Pod>, now: Time) -> Self {
        Self { refusals: Refusals::begun(pods, now), ..Self::default() }
    }

    /// The scheduler found no node for the pod, and says why.
    pub(crate) fn no_node(&mut self, pod: &Pod, why: &Arc<str>, now: Time) {
        self.refusals.refused(pod, why, now);
    }

    /// The pod has a node, or needs none any more.
    pub(crate) fn settled(&mut self, pod: &Pod, now: Time) {
        self.refusals.settled(pod, now);
    }

    /// The pods without a node, with these pods in the world now.
    pub fn unplaced<'a>(&self, pods: impl Iterator<Item = &'a Pod>, now: Time) -> Unplaced {
        self.refusals.told(pods, now)
    }

    /// A pod was asked to leave and will.
    pub(crate) fn leaves(&mut self, pod: &Pod) {
        let workload = Workload::of(pod);
        let keeps_name = &*workload.kind == "StatefulSet" || &*workload.kind == "Pod";
        let moves = self.moved.entry(workload).or_default();
        moves.total += 1;
        if keeps_name {
            *moves.by_pod.entry(pod.meta.name.clone()).or_default() += 1;
        }
    }

    /// The lowest point of each budget, by namespace and name.
    pub fn dips(&self) -> BTreeMap<(Arc<str>, Arc<str>), Dip> {
        self.dips.iter().map(|(budget, dip)| (budget.clone(), *dip)).collect()
    }

    /// A budget's numbers were written.
    pub(crate) fn counted(&mut self, budget: &Budget, at: Time) {
        let status = &budget.status;
        let now = Dip { healthy: status.healthy, desired: status.desired, expected: status.expected, at };
        let room = |dip: &Dip| dip.healthy - dip.desired;
        self.dips
            .entry((budget.meta.namespace.clone(), budget.meta.name.clone()))
            .and_modify(|lowest| {
                if room(&now) < room(lowest) || (room(&now) == room(lowest) && now.healthy < lowest.healthy) {
                    *lowest = now;
                }
            })
            .or_insert(now);
    }
}
