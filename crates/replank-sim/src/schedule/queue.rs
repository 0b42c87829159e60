//! The scheduler's queues: active by priority, then by age; a pool for pods that no node took, by class.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::{PodId, Store};
use crate::time::Span;

use super::ground::Class;

/// Pods in the pool are tried again after this at the latest (kube-scheduler: 5 minutes).
pub(super) const FLUSH: Span = Span::secs(300);
const BACK_OFF_FIRST: Span = Span::secs(1);
const BACK_OFF_MAX: Span = Span::secs(10);

/// Pods that wait for their turn, for a change, or for the end of their back-off.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    active: BTreeSet<(i64, u64, PodId)>,
    in_active: BTreeMap<PodId, (i64, u64)>,
    pushed: u64,
    failures: BTreeMap<PodId, u32>,
    refused: BTreeMap<PodId, Refused>,
    /// Refused pods by class: what makes room asks each class once.
    by_class: BTreeMap<Class, BTreeSet<PodId>>,
    /// Refused pods that wait for other pods to come or go.
    near: BTreeSet<PodId>,
    /// Refused pods that something may have helped during their back-off.
    early: BTreeSet<(u64, PodId)>,
}

/// A pod that no node took.
#[derive(Clone, Debug)]
struct Refused {
    class: Class,
    /// Its place among pods of its priority: the later it was refused, the later its turn.
    number: u64,
    /// Its back-off, and whether something changed meanwhile; `None` once it is in the pool.
    backing_off: Option<bool>,
}

impl Waiting {
    pub(super) fn push(&mut self, id: PodId, priority: i32) {
        self.pushed += 1;
        self.line_up(id, priority, self.pushed);
    }

    fn line_up(&mut self, id: PodId, priority: i32, number: u64) {
        let key = (-i64::from(priority), number);
        if let Some((priority, number)) = self.in_active.insert(id, key) {
            self.active.remove(&(priority, number, id));
        }
        self.active.insert((key.0, key.1, id));
    }

    /// The next pod; while no other waits for its turn, also one whose back-off is not over yet (kube-scheduler
    /// 1.33: pop from back-off).
    pub(super) fn pop(&mut self) -> Option<PodId> {
        if let Some((.., id)) = self.active.pop_first() {
            self.in_active.remove(&id);
            return Some(id);
        }
        let (_, id) = self.early.first().copied()?;
        self.leave(id);
        Some(id)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.active.is_empty() && self.early.is_empty()
    }

    /// The pod has a node, or needs none any more.
    pub(super) fn forget(&mut self, id: PodId) {
        self.failures.remove(&id);
        self.leave(id);
        if let Some((priority, number)) = self.in_active.remove(&id) {
            self.active.remove(&(priority, number, id));
        }
    }

    /// Answers its place in the line.
    fn leave(&mut self, id: PodId) -> Option<u64> {
        let refused = self.refused.remove(&id)?;
        self.early.remove(&(refused.number, id));
        self.near.remove(&id);
        if let Some(pods) = self.by_class.get_mut(&refused.class) {
            pods.remove(&id);
            if pods.is_empty() {
                self.by_class.remove(&refused.class);
            }
        }
        Some(refused.number)
    }

    /// No node took the pod. Answers its back-off: 1 s, doubled with each failure, 10 s at most.
    pub(super) fn failed(&mut self, id: PodId, class: Class, about_pods: bool) -> Span {
        let failures = self.failures.entry(id).or_default();
        *failures = failures.saturating_add(1);
        let pause = Span(BACK_OFF_FIRST.0 << (*failures - 1).min(4)).min(BACK_OFF_MAX);
        self.pushed += 1;
        self.refused.insert(id, Refused { class, number: self.pushed, backing_off: Some(false) });
        self.by_class.entry(class).or_default().insert(id);
        if about_pods {
            self.near.insert(id);
        }
        pause
    }

    /// Answers whether the pod is tried again at once, because something changed while it was backing off.
    pub(super) fn back_off_over(&mut self, id: PodId, store: &Store) -> bool {
        let Some(refused) = self.refused.get_mut(&id) else { return false };
        let Some(changed) = refused.backing_off.take() else { return false };
        changed && self.again(id, store)
    }

    /// Classes that have pods waiting for a change.
    pub(super) fn classes(&self) -> Vec<Class> {
        self.by_class.keys().copied().collect()
    }

    /// Whether no pod waits for a change.
    pub(super) fn is_content(&self) -> bool {
        self.refused.is_empty()
    }

    /// Pods that wait for other pods.
    pub(super) fn near(&self) -> Vec<PodId> {
        self.near.iter().copied().collect()
    }

    /// All pods that wait for a change, of one class or of all.
    pub(super) fn of(&self, class: Option<Class>) -> Vec<PodId> {
        match class {
            Some(class) => self.by_class.get(&class).into_iter().flatten().copied().collect(),
            None => self.refused.keys().copied().collect(),
        }
    }

    /// Something changed that may help the pod: it is tried again, in back-off when that is over or nobody else
    /// is active. Answers whether it was waiting for that.
    pub(super) fn wake(&mut self, id: PodId, store: &Store) -> bool {
        let Some(refused) = self.refused.get_mut(&id) else { return false };
        if let Some(changed) = &mut refused.backing_off {
            *changed = true;
            self.early.insert((refused.number, id));
            return true;
        }
        self.again(id, store)
    }

    fn again(&mut self, id: PodId, store: &Store) -> bool {
        let (Some(number), Some(pod)) = (self.leave(id), store.pods.get(id)) else { return false };
        self.line_up(id, pod.template.spec.priority, number);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_doubles_to_ten_seconds() {
        let mut waiting = Waiting::default();
        let class = Class { ground: 0, fit: 0 };
        let pauses: Vec<i64> = (0..6).map(|_| waiting.failed(PodId(1), class, false).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 10, 10]);
    }

    #[test]
    fn higher_priority_first_then_the_oldest() {
        let mut waiting = Waiting::default();
        for (id, priority) in [(1, 0), (2, 10), (3, 0), (4, 10)] {
            waiting.push(PodId(id), priority);
        }
        let order: Vec<u32> = std::iter::from_fn(|| waiting.pop()).map(|id| id.0).collect();
        assert_eq!(order, [2, 4, 1, 3]);
    }

    #[test]
    fn a_woken_pod_is_taken_early_only_while_nobody_else_is_active() {
        let (mut waiting, store) = (Waiting::default(), Store::default());
        let class = Class { ground: 0, fit: 0 };
        waiting.failed(PodId(1), class, false);
        waiting.failed(PodId(2), class, false);
        assert_eq!(waiting.pop(), None, "nothing happened that may help");
        assert!(waiting.wake(PodId(2), &store) && waiting.wake(PodId(1), &store));
        waiting.push(PodId(3), -5);
        let order: Vec<u32> = std::iter::from_fn(|| waiting.pop()).map(|id| id.0).collect();
        assert_eq!(order, [3, 1, 2], "those refused first come first");
        assert!(waiting.is_content());
    }
}
