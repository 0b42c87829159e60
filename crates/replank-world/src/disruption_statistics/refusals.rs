//! Which pods were unschedulable, and for how long.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use jiff::SignedDuration;
use replank_core::names::ObjectName;
use replank_core::node_group::plan::{NoNode, Unplaced};

use super::Workload;
use crate::object::{Pod, Scheduled};
use crate::time::{Span, Time};

/// A pod that was unschedulable for less than this is not reported, unless it still is: pods move all the time.
const TOLD_FROM: Span = Span::secs(10);

/// Message of condition `PodScheduled` while gates hold a pod (Kubernetes; seen on 1.34.4 and 1.37.2).
static GATED: LazyLock<Arc<str>> =
    LazyLock::new(|| "Scheduling is blocked due to non-empty scheduling gates".into());

/// Namespace and name of a pod.
type Key = (Arc<str>, Arc<str>);

/// The unschedulable pods since the statistics began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Refusals {
    /// Pods that were unschedulable at the beginning, with the scheduler's message.
    before: BTreeMap<Key, Arc<str>>,
    /// Workloads with pods that had no node at the beginning.
    owners: BTreeSet<Workload>,
    waits: BTreeMap<Key, Wait>,
}

/// How long a pod was unschedulable.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wait {
    owner: Workload,
    why: Arc<str>,
    /// Since when it is; `None` when it is not now.
    since: Option<Time>,
    /// How long it was before that.
    lasted: Span,
}

impl Refusals {
    /// Begins with the pods that have no node.
    pub(super) fn begun<'a>(pods: impl Iterator<Item = &'a Pod>, now: Time) -> Self {
        let mut begun = Self::default();
        for pod in pods.filter(|pod| pod.node.is_none() && pod.active()) {
            begun.owners.insert(Workload::of(pod));
            if let Scheduled::Unschedulable(why) = &pod.scheduled {
                begun.before.insert(key(pod), why.clone());
                begun.refused(pod, why, now);
            }
        }
        begun
    }

    /// The scheduler found no node for a pod.
    pub(super) fn refused(&mut self, pod: &Pod, why: &Arc<str>, now: Time) {
        let first = || Wait { owner: Workload::of(pod), why: why.clone(), since: None, lasted: Span(0) };
        let wait = self.waits.entry(key(pod)).or_insert_with(first);
        wait.why = why.clone();
        wait.since.get_or_insert(now);
    }

    /// A pod was bound, or needs no node any more.
    pub(super) fn settled(&mut self, pod: &Pod, now: Time) {
        if self.waits.is_empty() {
            return;
        }
        if let Some(wait) = self.waits.get_mut(&key(pod))
            && let Some(since) = wait.since.take()
        {
            wait.lasted = Span(wait.lasted.0 + (now - since).0);
        }
    }

    /// What there is to report now.
    pub(super) fn told<'a>(&self, pods: impl Iterator<Item = &'a Pod>, now: Time) -> Unplaced {
        let after: BTreeMap<Key, (&Pod, &Arc<str>)> = pods
            .filter(|pod| pod.active())
            .filter_map(|pod| match &pod.scheduled {
                Scheduled::Unschedulable(why) => Some((key(pod), (pod, why))),
                Scheduled::Waiting if self.is_newly_gated(pod) => Some((key(pod), (pod, &*GATED))),
                Scheduled::Waiting | Scheduled::Bound => None,
            })
            .collect();
        let tell = |key: &Key, as_before: bool, why: &Arc<str>| NoNode {
            pod: ObjectName::new(key.0.clone(), key.1.clone()),
            why: why.clone(),
            lasted: SignedDuration::from(self.waited(key, now)),
            as_before,
        };
        let during = self.waits.iter().filter(|(key, _)| {
            let is_told = after.contains_key(*key) || self.before.contains_key(*key);
            !is_told && self.waited(key, now) >= TOLD_FROM
        });
        let before = self.before.iter().map(|(key, why)| tell(key, true, why));
        Unplaced {
            before: before.collect(),
            during: during
                .map(|(key, wait)| tell(key, self.owners.contains(&wait.owner), &wait.why))
                .collect(),
            after: after
                .iter()
                .map(|(key, (pod, why))| tell(key, self.owners.contains(&Workload::of(pod)), why))
                .collect(),
        }
    }

    /// Whether scheduling gates hold a pod of a workload whose pods all had nodes at the beginning. Where some had none,
    /// as in a queue of Jobs, gates are how the workload waits.
    fn is_newly_gated(&self, pod: &Pod) -> bool {
        pod.template.spec.gated && pod.node.is_none() && !self.owners.contains(&Workload::of(pod))
    }

    fn waited(&self, key: &Key, now: Time) -> Span {
        self.waits
            .get(key)
            .map_or(Span(0), |wait| Span(wait.lasted.0 + wait.since.map_or(0, |since| (now - since).0)))
    }
}

fn key(pod: &Pod) -> Key {
    (pod.meta.namespace.clone(), pod.meta.name.clone())
}
