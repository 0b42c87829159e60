//! What the world would look like if every act succeeded, at a stated pace.
//!
//! A projection is the world of a preview: the policy that runs an update runs on it unchanged, so a preview
//! cannot drift from the execution. It knows an optimistic world only: launches succeed, pods stop and start in
//! the time given, unless it is told that a pod finds no place.

mod cloud;
mod cluster;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::action::{Action, CloudAction, ClusterAction};
use crate::names::{InstanceId, NodeName, ObjectName, Uid};
use crate::observed::{Answer, Budget, Instance, Node, Observation, Placement, Pod, Read};

/// How long things take in a projection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paces {
    /// From the wish for an instance to its launch.
    pub launch: SignedDuration,
    /// From launch to a Ready, labelled node.
    pub join: SignedDuration,
    /// From a pod's eviction to its end, unless its grace is shorter.
    pub stop: SignedDuration,
    /// From a pod's creation to Ready.
    pub start: SignedDuration,
    /// From the call that terminates an instance to its end.
    pub terminate: SignedDuration,
    /// How long a Job waits before it replaces an evicted pod (Kubernetes: 10 seconds at first).
    pub job_back_off: SignedDuration,
}

/// A world that does what it is asked.
#[derive(Clone, Debug)]
pub struct Projection {
    /// What a turn sees.
    pub seen: Observation,
    /// Its time.
    pub now: Timestamp,
    paces: Paces,
    /// What happens by itself, by time and order of cause.
    due: BTreeMap<(Timestamp, u64), Change>,
    made: u64,
    /// Pods that no node would take, by identity: they leave a hole in their budget for good.
    homeless: BTreeSet<Uid>,
    /// New nodes by how many pods they hold, for the placement of moved pods.
    room: BTreeSet<(u32, InstanceId)>,
}

/// What happens by itself.
#[derive(Clone, Debug)]
enum Change {
    Launched(Instance),
    Joined(Node),
    InstanceGone(InstanceId),
    PodGone(Box<Pod>),
    PodCreated(Box<Pod>),
    PodReady(Uid),
}

impl Projection {
    /// A projection that starts from what was seen. `homeless` are pods that would find no place.
    pub fn new(seen: Observation, now: Timestamp, paces: Paces, homeless: BTreeSet<Uid>) -> Self {
        let mut seen = seen;
        seen.cluster_read = Read::Fresh;
        seen.cloud_read = Read::Fresh;
        Self { seen, now, paces, due: BTreeMap::new(), made: 0, homeless, room: BTreeSet::new() }
    }

    /// Carries an action out and remembers its answer as an adapter would.
    pub fn perform(&mut self, action: &Action) {
        if let Action::Cluster(ClusterAction::Evict { pod, .. }) = action
            && let Some(refused) = self.refusal(pod.uid)
        {
            return self.seen.answers.put(action.key(), Answer::NotYet(refused), self.now);
        }
        match action {
            Action::Cloud(CloudAction::CreateVersion { content, .. }) => self.create_version(content),
            Action::Cloud(CloudAction::PointGroup { to, .. }) => self.point_group(*to),
            Action::Cloud(CloudAction::SetSizes { to, .. }) => self.set_sizes(*to),
            Action::Cluster(ClusterAction::Mark(mark)) => self.mark(mark),
            Action::Cluster(ClusterAction::Cordon { node, uid }) => self.cordon(node, *uid),
            Action::Cluster(ClusterAction::Evict { pod, .. }) => self.evict(pod.uid, Charge::Budget),
            Action::Cluster(ClusterAction::Delete { pod }) => self.evict(pod.uid, Charge::Nothing),
            Action::Cloud(CloudAction::Terminate { instance, replace, .. }) => {
                self.terminate(instance, *replace);
            }
        }
        self.seen.answers.put(action.key(), Answer::Done, self.now);
    }

    /// Tells where the pods of a node would go: in a projection there is room.
    pub fn place(&mut self, node: &NodeName) {
        self.seen.placements.put(node.clone(), Placement::Found, self.now);
    }

    /// When something happens by itself next.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.due.keys().next().map(|(at, _)| *at)
    }

    /// Lets time pass to `at`; everything due until then happens.
    pub fn advance_to(&mut self, at: Timestamp) {
        while let Some(entry) = self.due.first_entry() {
            if entry.key().0 > at {
                break;
            }
            let ((due_at, _), change) = entry.remove_entry();
            self.now = due_at;
            self.happen(change);
        }
        self.now = at;
        self.seen.answers.forget_old(at);
    }

    fn happen(&mut self, change: Change) {
        match change {
            Change::Launched(instance) => self.launched(instance),
            Change::Joined(node) => self.joined(node),
            Change::InstanceGone(id) => self.instance_gone(&id),
            Change::PodGone(pod) => self.pod_gone(&pod),
            Change::PodCreated(pod) => self.pod_created(*pod),
            Change::PodReady(uid) => self.pod_ready(uid),
        }
    }

    fn later(&mut self, pause: SignedDuration, change: Change) {
        self.made += 1;
        self.due.insert((self.now + pause, self.made), change);
    }

    fn budget(&mut self, name: &ObjectName, edit: impl FnOnce(&mut Budget)) {
        if let Some(budget) = self.seen.pods.budget(name) {
            let mut budget = budget.clone();
            edit(&mut budget);
            budget.allowed = budget.healthy.saturating_sub(budget.desired);
            if budget.expected == 0 {
                budget.allowed = 0;
            }
            self.seen.pods.put_budget(budget);
        }
    }
}

/// What an end of a pod is charged to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Charge {
    Budget,
    Nothing,
}
