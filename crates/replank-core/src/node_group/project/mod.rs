//! A model of the world in which every action succeeds after a given time.
//!
//! A plan runs the real policy on it, so that a plan cannot drift from the execution. It is optimistic: launches
//! succeed, and pods stop and start in the time given, unless it is told that a pod finds no place.

mod cloud;
mod cluster;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::action::{Action, CloudAction, ClusterAction};
use crate::names::{InstanceId, NodeName, ObjectName, Uid, Zone};
use crate::observed::{Answer, Budget, Instance, Node, Observation, Placement, Pod, Read};

/// How long things take in a projection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paces {
    /// From raising the desired size to the launch of an instance.
    pub launch: SignedDuration,
    /// From launch to a Ready, labelled node.
    pub join: SignedDuration,
    /// From the eviction of a pod to its end; its grace period if that is shorter.
    pub stop: SignedDuration,
    /// From the creation of a pod to Ready.
    pub start: SignedDuration,
    /// From the termination call to the end of the instance.
    pub terminate: SignedDuration,
    /// From the eviction of a Job's pod to its replacement (Kubernetes: back-off, 10 seconds at first).
    pub job_back_off: SignedDuration,
}

/// A model of the group and cluster in which actions succeed.
#[derive(Clone, Debug)]
pub struct Projection {
    /// What a turn sees at [`now`](Self::now).
    pub seen: Observation,
    /// Its present time.
    pub now: Timestamp,
    paces: Paces,
    /// Changes that are due, by time and then in the order they were scheduled.
    due: BTreeMap<(Timestamp, u64), Change>,
    made: u64,
    /// Uids of pods that no node would take; their budgets keep counting them as missing.
    homeless: BTreeSet<Uid>,
    room: Room,
    /// Number of launches under way in each zone.
    launching: BTreeMap<Zone, u32>,
}

/// New nodes that take pods.
#[derive(Clone, Debug, Default)]
struct Room {
    /// With the number of pods put there, fewest first.
    by_count: BTreeSet<(u32, InstanceId)>,
    counts: BTreeMap<InstanceId, u32>,
}

impl Room {
    fn add(&mut self, id: InstanceId) {
        self.remove(&id);
        self.by_count.insert((0, id.clone()));
        self.counts.insert(id, 0);
    }

    fn remove(&mut self, id: &InstanceId) {
        if let Some(count) = self.counts.remove(id) {
            self.by_count.remove(&(count, id.clone()));
        }
    }

    /// The node with the fewest pods, for one more.
    fn take(&mut self) -> Option<InstanceId> {
        let (count, id) = self.by_count.pop_first()?;
        self.counts.insert(id.clone(), count + 1);
        self.by_count.insert((count + 1, id.clone()));
        Some(id)
    }
}

/// A change that happens by itself when its time comes.
#[derive(Clone, Debug)]
enum Change {
    Launched(Instance),
    Joined(Node),
    InstanceGone(InstanceId),
    PodGone(Arc<Pod>),
    PodCreated(Box<Pod>),
    PodReady(Uid),
}

impl Projection {
    /// Starts from what was seen at `now`, with both sides taken as read. `homeless` are pods whose replacements find
    /// no place.
    pub fn new(seen: Observation, now: Timestamp, paces: Paces, homeless: BTreeSet<Uid>) -> Self {
        let mut seen = seen;
        seen.cluster_read = Read::Fresh;
        seen.cloud_read = Read::Fresh;
        let (due, room, launching) = (BTreeMap::new(), Room::default(), BTreeMap::new());
        Self { seen, now, paces, due, made: 0, homeless, room, launching }
    }

    /// Carries out an action and keeps its answer as an adapter would. Evictions are refused as the eviction API
    /// refuses them.
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

    /// Answers that the pods of a node find a place, which a projection always assumes.
    pub fn place(&mut self, node: &NodeName) {
        self.seen.placements.put(node.clone(), Placement::Found, self.now);
    }

    /// When the next change is due; `None` when nothing is under way.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.due.keys().next().map(|(at, _)| *at)
    }

    /// Advances to `at`; changes due until then happen in order, each at its own time.
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
        self.seen.pods.edit_budget(name, |budget| {
            edit(budget);
            budget.allowed = budget.healthy.saturating_sub(budget.desired);
            if budget.expected == 0 {
                budget.allowed = 0;
            }
        });
    }
}

/// Whether the end of a pod uses up a disruption of its budgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Charge {
    Budget,
    Nothing,
}
