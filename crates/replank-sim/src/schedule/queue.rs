//! The scheduler's queues: active by priority, then by age; a pool for pods that no node took.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::{PodId, Store};
use crate::time::Span;

/// Pods in the pool are tried again after this at the latest (kube-scheduler: 5 minutes).
pub(super) const FLUSH: Span = Span::secs(300);
const BACK_OFF_FIRST: Span = Span::secs(1);
const BACK_OFF_MAX: Span = Span::secs(10);

/// The scheduler's own state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scheduler {
    active: BTreeSet<(i64, u64, PodId)>,
    pushed: u64,
    pool: BTreeSet<PodId>,
    failures: BTreeMap<PodId, u32>,
    /// Pods in back-off, and whether something changed meanwhile.
    backing_off: BTreeMap<PodId, bool>,
}

impl Scheduler {
    pub(super) fn push(&mut self, id: PodId, priority: i32) {
        self.pushed += 1;
        self.active.insert((-i64::from(priority), self.pushed, id));
    }

    pub(super) fn pop(&mut self) -> Option<PodId> {
        self.active.pop_first().map(|(.., id)| id)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.active.is_empty()
    }

    pub(super) fn forget(&mut self, id: PodId) {
        self.pool.remove(&id);
        self.failures.remove(&id);
        self.backing_off.remove(&id);
    }

    /// No node took the pod. Answers its back-off: 1 s, doubled with each failure, 10 s at most.
    pub(super) fn failed(&mut self, id: PodId) -> Span {
        let failures = self.failures.entry(id).or_default();
        *failures += 1;
        let pause = Span(BACK_OFF_FIRST.0 << (*failures - 1).min(4)).min(BACK_OFF_MAX);
        self.backing_off.insert(id, false);
        pause
    }

    /// Answers whether the pod is tried again at once, because something changed while it was backing off.
    pub(super) fn back_off_over(&mut self, id: PodId, store: &Store) -> bool {
        let Some(changed) = self.backing_off.remove(&id) else { return false };
        if changed && let Some(pod) = store.pods.get(id) {
            self.push(id, pod.template.spec.priority);
            return true;
        }
        self.pool.insert(id);
        false
    }

    /// Something changed: pods in the pool are tried again, those in back-off when it is over, or at once while
    /// nothing else is active (kube-scheduler 1.33: pop from back-off).
    pub(super) fn wake(&mut self, store: &Store) -> bool {
        let early =
            if self.active.is_empty() { std::mem::take(&mut self.backing_off) } else { BTreeMap::new() };
        for changed in self.backing_off.values_mut() {
            *changed = true;
        }
        let woken: BTreeSet<PodId> =
            std::mem::take(&mut self.pool).into_iter().chain(early.into_keys()).collect();
        for id in &woken {
            if let Some(pod) = store.pods.get(*id) {
                self.push(*id, pod.template.spec.priority);
            }
        }
        !woken.is_empty()
    }
}
