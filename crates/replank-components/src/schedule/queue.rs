//! The scheduler's queues: active by priority and age, back-off, and the pool of unschedulable pods by class.

use std::collections::{BTreeMap, BTreeSet};

use replank_world::store::{PodId, Store};
use replank_world::time::Span;

use super::node_classes::Class;

/// The longest a pod stays in the unschedulable pool before it is tried again (kube-scheduler: 5 min).
pub(super) const FLUSH: Span = Span::secs(300);
const BACK_OFF_FIRST: Span = Span::secs(1);
const BACK_OFF_MAX: Span = Span::secs(10);

/// The pods that are to be scheduled: in the active queue, in back-off or in the unschedulable pool.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    active: BTreeSet<(i64, u64, PodId)>,
    in_active: BTreeMap<PodId, (i64, u64)>,
    pushed: u64,
    failures: BTreeMap<PodId, u32>,
    refused: BTreeMap<PodId, Unschedulable>,
    /// Unschedulable pods by class, so that a change is checked once for each class.
    by_class: BTreeMap<Class, BTreeSet<PodId>>,
    /// Unschedulable pods for which other pods matter (affinity, spread, ports).
    constrained: BTreeSet<PodId>,
    /// Pods in back-off that a change may have helped, by queue position.
    early: BTreeSet<(u64, PodId)>,
}

/// An unschedulable pod, in back-off or in the pool.
#[derive(Clone, Debug)]
struct Unschedulable {
    class: Class,
    /// Its queue position among pods of its priority, renewed with every failure.
    number: u64,
    /// `Some` during its back-off: whether a change that may help it came meanwhile. `None` once it is in the
    /// pool.
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

    /// The next pod to schedule. When the active queue is empty, pods in back-off that a change may have helped
    /// are taken too by some versions (`early`).
    pub(super) fn pop(&mut self, early: bool) -> Option<PodId> {
        if let Some((.., id)) = self.active.pop_first() {
            self.in_active.remove(&id);
            return Some(id);
        }
        let (_, id) = self.early.first().copied().filter(|_| early)?;
        self.leave(id);
        Some(id)
    }

    pub(super) fn is_idle(&self, early: bool) -> bool {
        self.active.is_empty() && (self.early.is_empty() || !early)
    }

    /// Removes a pod that was bound, or need not be scheduled any more, from all queues.
    pub(super) fn forget(&mut self, id: PodId) {
        self.failures.remove(&id);
        self.leave(id);
        if let Some((priority, number)) = self.in_active.remove(&id) {
            self.active.remove(&(priority, number, id));
        }
    }

    /// Removes a pod from back-off or pool; returns its queue position.
    fn leave(&mut self, id: PodId) -> Option<u64> {
        let refused = self.refused.remove(&id)?;
        self.early.remove(&(refused.number, id));
        self.constrained.remove(&id);
        if let Some(pods) = self.by_class.get_mut(&refused.class) {
            pods.remove(&id);
            if pods.is_empty() {
                self.by_class.remove(&refused.class);
            }
        }
        Some(refused.number)
    }

    /// Records a failed attempt; returns the back-off: 1 s, doubled with each failure, at most 10 s.
    pub(super) fn failed(&mut self, id: PodId, class: Class, about_pods: bool) -> Span {
        let failures = self.failures.entry(id).or_default();
        *failures = failures.saturating_add(1);
        let pause = Span(BACK_OFF_FIRST.0 << (*failures - 1).min(4)).min(BACK_OFF_MAX);
        self.pushed += 1;
        self.refused.insert(id, Unschedulable { class, number: self.pushed, backing_off: Some(false) });
        self.by_class.entry(class).or_default().insert(id);
        if about_pods {
            self.constrained.insert(id);
        }
        pause
    }

    /// Ends a back-off; true when the pod goes to the active queue because a change came meanwhile.
    pub(super) fn back_off_over(&mut self, id: PodId, store: &Store) -> bool {
        let Some(refused) = self.refused.get_mut(&id) else { return false };
        let Some(changed) = refused.backing_off.take() else { return false };
        changed && self.again(id, store)
    }

    /// The classes that have unschedulable pods.
    pub(super) fn classes(&self) -> Vec<Class> {
        self.by_class.keys().copied().collect()
    }

    /// Whether no pod is unschedulable.
    pub(super) fn is_content(&self) -> bool {
        self.refused.is_empty()
    }

    /// The unschedulable pods for which other pods matter.
    pub(super) fn constrained(&self) -> Vec<PodId> {
        self.constrained.iter().copied().collect()
    }

    /// The unschedulable pods of one class, or all.
    pub(super) fn of(&self, class: Option<Class>) -> Vec<PodId> {
        match class {
            Some(class) => self.by_class.get(&class).into_iter().flatten().copied().collect(),
            None => self.refused.keys().copied().collect(),
        }
    }

    /// A change may help this pod: it goes to the active queue or, during its back-off, becomes eligible for
    /// early retry. Returns whether it was unschedulable.
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
        let class = Class { node_class: 0, fit: 0 };
        let pauses: Vec<i64> = (0..6).map(|_| waiting.failed(PodId(1), class, false).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 10, 10]);
    }

    #[test]
    fn higher_priority_first_then_the_oldest() {
        let mut waiting = Waiting::default();
        for (id, priority) in [(1, 0), (2, 10), (3, 0), (4, 10)] {
            waiting.push(PodId(id), priority);
        }
        let order: Vec<u32> = std::iter::from_fn(|| waiting.pop(true)).map(|id| id.0).collect();
        assert_eq!(order, [2, 4, 1, 3]);
    }

    #[test]
    fn a_woken_pod_is_taken_early_only_while_nobody_else_is_active() {
        let (mut waiting, store) = (Waiting::default(), Store::default());
        let class = Class { node_class: 0, fit: 0 };
        waiting.failed(PodId(1), class, false);
        waiting.failed(PodId(2), class, false);
        assert_eq!(waiting.pop(true), None, "nothing happened that may help");
        assert!(waiting.wake(PodId(2), &store) && waiting.wake(PodId(1), &store));
        waiting.push(PodId(3), -5);
        let order: Vec<u32> = std::iter::from_fn(|| waiting.pop(true)).map(|id| id.0).collect();
        assert_eq!(order, [3, 1, 2], "those refused first come first");
        assert!(waiting.is_content());
    }
}
