//! The queue of due work for the whole world, ordered by time and then by the order in which it was asked for.
//!
//! Work is a key: asking for the same work twice runs it once, at the earlier time.

use std::cmp::{Ordering, Reverse};
use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, VecDeque};

use rustc_hash::FxHashMap;

use crate::store::{
    BudgetId, ClaimId, CronJobId, DaemonSetId, DeploymentId, JobId, NodeId, PodId, Ref, ReplicaSetId,
    ServiceId, StatefulSetId,
};
use crate::time::Time;

/// One piece of work: which part of the world runs, and for which object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// The disruption controller syncs a budget.
    Budget(BudgetId),
    /// The disruption controller checks whether a pod still has condition `DisruptionTarget` though its deletion
    /// never came.
    StaleDisruption(PodId),
    /// The replica set controller syncs a ReplicaSet.
    ReplicaSet(ReplicaSetId),
    /// The deployment controller syncs a Deployment.
    Deployment(DeploymentId),
    /// The stateful set controller syncs a StatefulSet.
    StatefulSet(StatefulSetId),
    /// The daemon set controller syncs a DaemonSet.
    DaemonSet(DaemonSetId),
    /// The daemon set controller checks every DaemonSet for one node.
    DaemonsOn(NodeId),
    /// The daemon set controller checks one DaemonSet on one node.
    DaemonOn(DaemonSetId, NodeId),
    /// The job controller syncs a Job.
    Job(JobId),
    /// The cron job controller syncs a CronJob.
    CronJob(CronJobId),
    /// The endpoint slice controller syncs a Service.
    Endpoints(ServiceId),
    /// The volume controllers take the next step with a claim: bind, provision, attach or detach.
    Claim(ClaimId),
    /// The node lifecycle controller syncs conditions and taints of a node.
    NodeLifecycle(NodeId),
    /// The node lifecycle controller runs its periodic health check.
    NodeMonitor,
    /// The node lifecycle controller may taint the next unhealthy node of this zone: evictions are rate limited
    /// by zone.
    NodeTaints(u32),
    /// A node's heartbeat is overdue: its condition `Ready` becomes `Unknown`.
    NodeSilent(NodeId),
    /// The cloud node lifecycle controller checks whether a node's instance still exists.
    NodeInstance(NodeId),
    /// The taint eviction controller checks a pod against the `NoExecute` taints of its node.
    TaintEviction(PodId),
    /// The pod garbage collector runs its periodic check.
    PodGc,
    /// The garbage collector checks an object whose owner was deleted.
    Garbage(Ref),
    /// The scheduler takes the next pod off its active queue.
    Schedule,
    /// A pod's back-off ends: it returns to the scheduler's active queue.
    BackOff(PodId),
    /// The scheduler moves the pods of its unschedulable pool back to its queues.
    Flush,
    /// The kubelet takes the next step of a pod's start, probe or stop.
    Kubelet(PodId),
    /// A node's kubelet reports Ready.
    NodeReady(NodeId),
    /// A node's kubelet stops working.
    KubeletDies(NodeId),
    /// A node's kubelet creates missing mirror pods of its static pods.
    Mirrors(NodeId),
    /// Fargate gives a pod its node.
    FargateLaunch(PodId),
    /// A node of Fargate goes with its pod.
    FargateGone(NodeId),
    /// The Cluster Autoscaler runs its loop.
    Autoscaler,
    /// The Cluster Autoscaler takes the next step in removing a node.
    ScaleDown(NodeId),
    /// A step of an Auto Scaling group, an instance or another part of the cloud.
    Cloud(crate::cloud::CloudWork),
    /// A scripted command of the world file, by its index.
    Script(u32),
    /// An owner of a kind that the world does not run (an operator's) creates a pod again, by number.
    Operator(u32),
}

/// Work that was asked for.
#[derive(Clone, Copy, Debug)]
struct Asked {
    /// When it is due.
    time: Time,
    /// Its number in the order of asking.
    number: u64,
    work: Work,
}

impl Asked {
    /// What entries are ordered by, as one number to compare.
    fn key(&self) -> u128 {
        // Times before the epoch come first: the sign is turned around.
        let time = self.time.0.cast_unsigned() ^ (1 << 63);
        (u128::from(time) << 64) | u128::from(self.number)
    }
}

impl PartialEq for Asked {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Asked {}

impl PartialOrd for Asked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Asked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// The pending work of a world.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    heap: BinaryHeap<Reverse<Asked>>,
    /// Work that was asked for in the order of its time, as that of all controllers is: it needs no sorting.
    line: VecDeque<Asked>,
    due: FxHashMap<Work, (Time, u64)>,
    pushed: u64,
}

impl Queue {
    /// Asks for work at `time`; an earlier request for the same work stays.
    pub fn at(&mut self, time: Time, work: Work) {
        if self.is_due(time, work) {
            return;
        }
        self.set(time, work);
    }

    /// As [`Self::at`], for work that is asked for in the order of its time: each `time` is that of the call before
    /// or later. Where it is not, nothing is lost but speed.
    pub fn soon(&mut self, time: Time, work: Work) {
        if self.is_due(time, work) {
            return;
        }
        if self.line.back().is_some_and(|last| last.time > time) {
            return self.set(time, work);
        }
        self.pushed += 1;
        self.due.insert(work, (time, self.pushed));
        self.line.push_back(Asked { time, number: self.pushed, work });
    }

    /// Asks for work at `time` and drops an earlier request for it.
    pub fn set(&mut self, time: Time, work: Work) {
        self.pushed += 1;
        self.due.insert(work, (time, self.pushed));
        self.heap.push(Reverse(Asked { time, number: self.pushed, work }));
    }

    fn is_due(&self, time: Time, work: Work) -> bool {
        self.due.get(&work).is_some_and(|(due, _)| *due <= time)
    }

    /// Drops the request for this work.
    pub fn cancel(&mut self, work: Work) {
        self.due.remove(&work);
    }

    /// Whether the work is pending.
    pub fn has(&self, work: Work) -> bool {
        self.due.contains_key(&work)
    }

    /// The time of the next pending work.
    pub fn next_at(&mut self) -> Option<Time> {
        loop {
            let Asked { time, number, work } = self.first()?;
            if self.due.get(&work) == Some(&(time, number)) {
                return Some(time);
            }
            self.take();
        }
    }

    /// Takes the first work that is due at `now` or before, with the time it was due. What was dropped or asked for
    /// anew before it is forgotten.
    pub fn pop(&mut self, now: Time) -> Option<(Time, Work)> {
        loop {
            let Asked { time, number, work } = self.first().filter(|first| first.time <= now)?;
            self.take();
            if let Entry::Occupied(pending) = self.due.entry(work)
                && *pending.get() == (time, number)
            {
                pending.remove();
                return Some((time, work));
            }
        }
    }

    /// The first entry, of work that may have been dropped since.
    fn first(&self) -> Option<Asked> {
        match (self.line.front(), self.heap.peek()) {
            (Some(in_line), Some(Reverse(of_heap))) => Some(*in_line.min(of_heap)),
            (in_line, of_heap) => in_line.or(of_heap.map(|Reverse(entry)| entry)).copied(),
        }
    }

    /// Removes the first entry.
    fn take(&mut self) {
        match (self.line.front(), self.heap.peek()) {
            (Some(in_line), Some(Reverse(of_heap))) if of_heap < in_line => drop(self.heap.pop()),
            (Some(_), _) => drop(self.line.pop_front()),
            (None, _) => drop(self.heap.pop()),
        }
    }

    /// How many pieces of work are pending.
    pub fn len(&self) -> usize {
        self.due.len()
    }

    /// Whether nothing is pending.
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
    #[test]
    fn work_in_line_and_other_work_take_turns_by_time_and_then_by_the_order_of_asking() {
        let mut queue = Queue::default();
        queue.soon(Time(4), Work::PodGc);
        queue.at(Time(4), Work::Schedule);
        queue.at(Time(2), Work::Flush);
        queue.soon(Time(6), Work::NodeMonitor);
        queue.soon(Time(5), Work::Autoscaler);
        queue.set(Time(7), Work::PodGc);
        let order: Vec<_> = std::iter::from_fn(|| queue.pop(Time(9))).collect();
        let wanted = [
            (Time(2), Work::Flush),
            (Time(4), Work::Schedule),
            (Time(5), Work::Autoscaler),
            (Time(6), Work::NodeMonitor),
            (Time(7), Work::PodGc),
        ];
        assert_eq!((order.as_slice(), queue.len()), (&wanted[..], 0));
    }
}
