//! What happens next: one queue for the whole world, ordered by time and then by cause.
//!
//! Work is a key, not a message: asking twice for the same work makes it happen once, at the earlier time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use crate::store::{
    BudgetId, ClaimId, CronJobId, DaemonSetId, DeploymentId, JobId, NodeId, PodId, Ref, ReplicaSetId,
    ServiceId, StatefulSetId,
};
use crate::time::Time;

/// Something to do at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// The disruption controller looks at a budget.
    Budget(BudgetId),
    /// A pod that was to be disrupted is not being deleted after all.
    StaleDisruption(PodId),
    /// The replica set controller looks at one.
    ReplicaSet(ReplicaSetId),
    /// The deployment controller looks at one.
    Deployment(DeploymentId),
    /// The stateful set controller looks at one.
    StatefulSet(StatefulSetId),
    /// The daemon set controller looks at one.
    DaemonSet(DaemonSetId),
    /// The daemon set controller looks at one node.
    DaemonsOn(NodeId),
    /// The daemon set controller looks at one of them on one node.
    DaemonOn(DaemonSetId, NodeId),
    /// The job controller looks at one.
    Job(JobId),
    /// The cron job controller looks at one.
    CronJob(CronJobId),
    /// The endpoint slice controller looks at a service.
    Endpoints(ServiceId),
    /// A claim is bound, attached or detached.
    Claim(ClaimId),
    /// The node lifecycle controller looks at a node: conditions, taints.
    NodeLifecycle(NodeId),
    /// The node lifecycle controller's monitor makes its round.
    NodeMonitor,
    /// A zone's turn to give up a node in trouble.
    NodeTaints(u32),
    /// A node's heartbeat is overdue.
    NodeSilent(NodeId),
    /// The cloud node lifecycle controller looks whether a node's instance is still there.
    NodeInstance(NodeId),
    /// The taint eviction controller looks at a pod.
    TaintEviction(PodId),
    /// The pod garbage collector makes its round.
    PodGc,
    /// The garbage collector looks at an object whose owner is gone.
    Garbage(Ref),
    /// The scheduler takes the next pod.
    Schedule,
    /// A pod that no node took goes back to the scheduler's queue.
    BackOff(PodId),
    /// The scheduler gives every pod in its pool another chance.
    Flush,
    /// The kubelet takes the next step with a pod.
    Kubelet(PodId),
    /// A node becomes Ready.
    NodeReady(NodeId),
    /// A node's kubelet dies.
    KubeletDies(NodeId),
    /// A node's kubelet makes missing mirrors of its static pods.
    Mirrors(NodeId),
    /// The Cluster Autoscaler makes its round.
    Autoscaler,
    /// A node that the Cluster Autoscaler removes takes its next step.
    ScaleDown(NodeId),
    /// Something in the cloud.
    Cloud(crate::cloud::CloudWork),
    /// An act of the world file, by number.
    Script(u32),
    /// An owner that does not act here makes a pod again, by number.
    Operator(u32),
}

/// The queue.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    heap: BinaryHeap<Reverse<(Time, u64, Work)>>,
    due: FxHashMap<Work, (Time, u64)>,
    pushed: u64,
}

impl Queue {
    /// Asks for work at a time. Earlier wishes for the same work win.
    pub fn at(&mut self, time: Time, work: Work) {
        if self.due.get(&work).is_some_and(|(due, _)| *due <= time) {
            return;
        }
        self.set(time, work);
    }

    /// Asks for work at a time, whatever was asked before.
    pub fn set(&mut self, time: Time, work: Work) {
        self.pushed += 1;
        self.due.insert(work, (time, self.pushed));
        self.heap.push(Reverse((time, self.pushed, work)));
    }

    /// Takes a wish back.
    pub fn cancel(&mut self, work: Work) {
        self.due.remove(&work);
    }

    /// Whether the work is asked for.
    pub fn has(&self, work: Work) -> bool {
        self.due.contains_key(&work)
    }

    /// When something happens next.
    pub fn next_at(&mut self) -> Option<Time> {
        loop {
            let Reverse((time, number, work)) = self.heap.peek()?;
            if self.due.get(work) == Some(&(*time, *number)) {
                return Some(*time);
            }
            self.heap.pop();
        }
    }

    /// Takes what is due at `now` or before.
    pub fn pop(&mut self, now: Time) -> Option<(Time, Work)> {
        if self.next_at()? > now {
            return None;
        }
        let Reverse((time, _, work)) = self.heap.pop()?;
        self.due.remove(&work);
        Some((time, work))
    }

    /// How much is asked for.
    pub fn len(&self) -> usize {
        self.due.len()
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.due.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_work_happens_once_at_the_earlier_time() {
        let mut queue = Queue::default();
        queue.at(Time(5), Work::PodGc);
        queue.at(Time(3), Work::PodGc);
        queue.at(Time(9), Work::PodGc);
        queue.at(Time(3), Work::Schedule);
        assert_eq!(queue.pop(Time(2)), None);
        assert_eq!(queue.pop(Time(9)), Some((Time(3), Work::PodGc)));
        assert_eq!(queue.pop(Time(9)), Some((Time(3), Work::Schedule)));
        assert_eq!((queue.pop(Time(9)), queue.is_empty()), (None, true));
    }
}
