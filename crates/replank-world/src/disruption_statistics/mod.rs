//! Statistics of what applications went through: moved pods, lowest points of budgets, unschedulable pods.
//! Counted as it happens.

mod refusals;

use std::collections::BTreeMap;
use std::sync::Arc;

use replank_core::node_group::plan::Unplaced;
use rustc_hash::FxHashMap;

use crate::object::{Budget, Pod, Uid};
use crate::time::Time;
use refusals::Refusals;

/// Namespace and name.
type NamespacedName = (Arc<str>, Arc<str>);

/// The statistics of a world since they were begun.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DisruptionStatistics {
    /// Pods that were deleted or evicted, by the uid of their controller, of a pod without one by its own.
    moved: FxHashMap<Uid, (Workload, Moves)>,
    /// The lowest point of each budget by its uid, with its namespace and name.
    dips: FxHashMap<Uid, (NamespacedName, Dip)>,
    /// Accepted evictions.
    pub evicted: u64,
    /// Refused evictions.
    pub refused: u64,
    /// Pods that lost their node in another way than by eviction.
    pub lost: u64,
    refusals: Refusals,
}

/// The controller of pods; a pod without one stands for itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Workload {
    /// Namespace of controller and pods.
    pub namespace: Arc<str>,
    /// Kind of the controller, or `Pod`.
    pub kind: Arc<str>,
    /// Name of the controller or of the pod.
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
    /// Moves of all its pods together.
    pub total: u64,
    /// Moves by pod name, for pods whose names stay (StatefulSet members and bare pods).
    pub by_pod: BTreeMap<Arc<str>, u64>,
}

/// The lowest point of a budget: the least of healthy minus desired pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dip {
    /// `currentHealthy` then.
    pub healthy: i64,
    /// `desiredHealthy` then.
    pub desired: i64,
    /// `expectedPods` then.
    pub expected: i64,
    /// Virtual time.
    pub at: Time,
}

impl DisruptionStatistics {
    /// Statistics that begin now, with these pods in the world.
    pub fn begun<'a>(pods: impl Iterator<Item = &'a Pod>, now: Time) -> Self {
        Self { refusals: Refusals::begun(pods, now), ..Self::default() }
    }

    /// The scheduler found no node for a pod, for this reason.
    pub fn no_node(&mut self, pod: &Pod, why: &Arc<str>, now: Time) {
        self.refusals.refused(pod, why, now);
    }

    /// A pod was bound, or needs no node any more.
    pub fn settled(&mut self, pod: &Pod, now: Time) {
        self.refusals.settled(pod, now);
    }

    /// The pods that were unschedulable since the beginning, given the pods of now.
    pub fn unplaced<'a>(&self, pods: impl Iterator<Item = &'a Pod>, now: Time) -> Unplaced {
        self.refusals.told(pods, now)
    }

    /// A pod began to terminate.
    pub fn leaves(&mut self, pod: &Pod) {
        // An owner without a uid is told apart by its name below, when all is added up.
        let owner = pod.meta.owner.as_ref().map(|owner| owner.uid).filter(|uid| *uid != Uid::default());
        let uid = owner.unwrap_or(pod.meta.uid);
        let (workload, moves) =
            self.moved.entry(uid).or_insert_with(|| (Workload::of(pod), Moves::default()));
        moves.total += 1;
        if matches!(&*workload.kind, "StatefulSet" | "Pod") {
            *moves.by_pod.entry(pod.meta.name.clone()).or_default() += 1;
        }
    }

    /// Pods that were deleted or evicted, by workload.
    #[expect(clippy::iter_over_hash_type, reason = "sums, which no order changes, in an ordered map")]
    pub fn moved(&self) -> BTreeMap<Workload, Moves> {
        let mut moved: BTreeMap<Workload, Moves> = BTreeMap::new();
        // A workload that was made again has another uid, and is the same to whoever reads this.
        for (workload, moves) in self.moved.values() {
            let all = moved.entry(workload.clone()).or_default();
            all.total += moves.total;
            for (pod, count) in &moves.by_pod {
                *all.by_pod.entry(pod.clone()).or_default() += count;
            }
        }
        moved
    }

    /// The lowest point of each budget, by namespace and name.
    #[expect(
        clippy::iter_over_hash_type,
        reason = "the least of each, which no order changes, in an ordered map"
    )]
    pub fn dips(&self) -> BTreeMap<(Arc<str>, Arc<str>), Dip> {
        let mut dips: BTreeMap<NamespacedName, Dip> = BTreeMap::new();
        for (place, dip) in self.dips.values() {
            let lowest = dips.entry(place.clone()).or_insert(*dip);
            if dip.depth() < lowest.depth() {
                *lowest = *dip;
            }
        }
        dips
    }

    /// A budget's status was written.
    pub fn counted(&mut self, budget: &Budget, at: Time) {
        let (meta, status) = (&budget.meta, &budget.status);
        let now = Dip { healthy: status.healthy, desired: status.desired, expected: status.expected, at };
        let place = || (meta.namespace.clone(), meta.name.clone());
        let (_, lowest) = self.dips.entry(meta.uid).or_insert_with(|| (place(), now));
        if now.depth() < lowest.depth() {
            *lowest = now;
        }
    }
}

impl Dip {
    /// Orders the points of a budget: first the one with the least room, of equals the one with fewer healthy pods, and
    /// then the earlier one.
    fn depth(&self) -> (i64, i64, Time) {
        (self.healthy - self.desired, self.healthy, self.at)
    }
}
