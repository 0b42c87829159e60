//! Pods and budgets of a projection: pods leave when evicted, their replacements go where there is room.

use std::sync::Arc;

use jiff::SignedDuration;

use super::{Change, Charge, Projection};
use crate::action::{MarkNode, Marking};
use crate::names::{NodeName, Uid};
use crate::observed::{Deleting, Node, OwnerKind, Pod, PodPhase, Readiness, Refused};
use crate::safety::budget::{Verdict, check};

impl Projection {
    pub(super) fn mark(&mut self, mark: &MarkNode) {
        let Some(mut node) = self.seen.members.node_of(&mark.instance).cloned() else { return };
        if node.uid != mark.uid {
            return;
        }
        let Marking { guard, cordon, exclude, keep } = mark.marks;
        node.guarded = guard.unwrap_or(node.guarded);
        if let Some(keep) = keep {
            (node.kept, node.ours.keep) = (keep, keep);
        }
        if let Some(cordon) = cordon {
            (node.cordoned, node.ours.cordon) = (cordon, cordon);
        }
        if cordon == Some(true) {
            self.room.remove(&mark.instance);
        }
        if let Some(exclude) = exclude {
            (node.excluded, node.ours.exclude) = (exclude, exclude);
        }
        self.seen.members.put_node(node);
    }

    /// Cordons a node as a person would, without the note that makes it the update's.
    pub(super) fn cordon(&mut self, node: &NodeName, uid: Uid) {
        let Some(node) = self.seen.members.node(node).filter(|node| node.uid == uid) else { return };
        let node = Node { cordoned: true, ..node.clone() };
        self.room.remove(&node.instance);
        self.seen.members.put_node(node);
    }

    /// What the eviction API would answer instead of accepting.
    pub(super) fn refusal(&self, uid: Uid) -> Option<Refused> {
        let pod = self.seen.pods.get(uid)?;
        match check(pod, &self.seen.pods) {
            Verdict::Many => Some(Refused::ManyBudgets { budgets: pod.budgets.to_vec() }),
            Verdict::Charges(budget) if budget.allowed == 0 || budget.sync_failed.is_some() => {
                Some(Refused::Budget { message: budget.rule.to_string() })
            }
            Verdict::Unsynced(_) => Some(Refused::BudgetUnsynced { retry_after_seconds: 10 }),
            Verdict::Free | Verdict::Charges(_) => None,
        }
    }

    pub(super) fn evict(&mut self, uid: Uid, charge: Charge) {
        let Some(pod) = self.seen.pods.shared(uid).filter(|pod| pod.deleting.is_none()).cloned() else {
            return;
        };
        let grace = SignedDuration::from_secs(i64::from(pod.grace_seconds));
        let stop = if pod.finished() { SignedDuration::ZERO } else { self.paces.stop.min(grace) };
        let mut leaving = Pod::clone(&pod);
        leaving.deleting =
            Some(Deleting { since: self.now, until: self.now + grace, finalizers: Arc::from([]) });
        self.seen.pods.put(leaving);
        if pod.healthy() && charge == Charge::Budget {
            self.count(&pod, -1);
        }
        self.later(stop, Change::PodGone(pod.clone()));
        match pod.owner.as_ref().map(|owner| &owner.kind) {
            Some(OwnerKind::ReplicaSet | OwnerKind::Other(_)) => self.replace(&pod, SignedDuration::ZERO),
            Some(OwnerKind::Job) if !pod.finished() => self.replace(&pod, self.paces.job_back_off),
            _ => {}
        }
    }

    pub(super) fn pod_gone(&mut self, pod: &Pod) {
        self.seen.pods.remove(pod.uid);
        if pod.owner.as_ref().is_some_and(|owner| owner.kind == OwnerKind::StatefulSet) {
            self.replace(pod, SignedDuration::ZERO);
        }
    }

    fn replace(&mut self, pod: &Pod, pause: SignedDuration) {
        self.made += 1;
        let mut next = pod.clone();
        next.uid = Uid((u128::from(self.made) << 64) | 1);
        next.node = None;
        next.deleting = None;
        next.phase = PodPhase::Pending;
        if self.homeless.contains(&pod.uid) {
            self.homeless.insert(next.uid);
        }
        self.later(pause, Change::PodCreated(Box::new(next)));
    }

    pub(super) fn pod_created(&mut self, mut pod: Pod) {
        pod.created_at = self.now;
        pod.readiness = Readiness::NotReady { since: self.now, why: None };
        if self.homeless.contains(&pod.uid) {
            pod.unschedulable = Some(Arc::from("no node fits"));
        } else {
            pod.node = self.new_home();
            self.later(self.paces.start, Change::PodReady(pod.uid));
        }
        self.seen.pods.put(pod);
    }

    /// The new node with the fewest pods. Without one the pod gets no node of the group: other room of the cluster is
    /// assumed.
    fn new_home(&mut self) -> Option<crate::names::NodeName> {
        let id = self.room.take()?;
        self.seen.members.node_of(&id).map(|node| node.name.clone())
    }

    pub(super) fn pod_ready(&mut self, uid: Uid) {
        let Some(mut pod) = self.seen.pods.get(uid).cloned() else { return };
        if pod.deleting.is_some() {
            return;
        }
        pod.phase = PodPhase::Running;
        pod.readiness = Readiness::Ready;
        let pod = Arc::new(pod);
        self.seen.pods.put(pod.clone());
        self.count(&pod, 1);
    }

    fn count(&mut self, pod: &Pod, by: i32) {
        for name in pod.budgets.iter() {
            self.budget(name, |budget| budget.healthy = budget.healthy.saturating_add_signed(by));
        }
    }
}
