//! Every node of the group with its place in the update: for live views, at the cost of the group's size.

use jiff::Timestamp;
use replank_core::names::{InstanceId, NodeName, Zone};
use replank_core::node_group::rollout::{Rollout, Stage};
use replank_core::observed::{Marks, Member, MemberState, Observation};

use super::build::{is_target, pods_left};

/// One node of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its instance.
    pub instance: InstanceId,
    /// Its node, when it joined.
    pub node: Option<NodeName>,
    /// Its zone.
    pub zone: Zone,
    /// The template version it was launched from.
    pub version: u64,
    /// When it was launched.
    pub launched_at: Timestamp,
    /// Where it stands.
    pub place: Place,
    /// What is marked on it.
    pub marks: Marks,
    /// Pods on it that a drain would move.
    pub pods: u32,
}

/// Where a node stands in the update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Runs something else than the target and waits for its turn.
    Old,
    /// Runs the target and is not Ready and labelled yet.
    Joining,
    /// Runs the target, Ready and labelled, and somebody else keeps pods off it.
    Closed,
    /// Runs the target, Ready, labelled and open to pods.
    New,
    /// In work.
    InWork(Stage),
    /// Terminating without our asking.
    Leaving,
}

/// Every instance of the group with its place, by instance id.
pub fn roster(rollout: &Rollout, seen: &Observation) -> Vec<Row> {
    let row = |(id, member): (&InstanceId, &Member)| {
        let instance = member.instance.as_ref()?;
        let class = seen.members.class(id)?;
        let work = rollout.work().get(id);
        let place = match (work, class.state, is_target(rollout, seen, instance.version)) {
            (Some(work), ..) => Place::InWork(work.stage),
            (None, MemberState::Leaving, _) => Place::Leaving,
            (None, MemberState::Ready, true) if rollout.is_closed(seen.group.as_ref(), &class) => {
                Place::Closed
            }
            (None, MemberState::Ready, true) => Place::New,
            (None, MemberState::Launching | MemberState::NotReady | MemberState::Unlabelled, true) => {
                Place::Joining
            }
            (
                None,
                MemberState::Launching | MemberState::NotReady | MemberState::Unlabelled | MemberState::Ready,
                false,
            ) => Place::Old,
        };
        let node = member.node.as_ref().map(|node| node.name.clone());
        let pods = node.as_ref().map_or(0, |node| pods_left(node, &rollout.spec().pods, seen));
        Some(Row {
            instance: id.clone(),
            node,
            zone: instance.zone.clone(),
            version: instance.version,
            launched_at: instance.launched_at,
            place,
            marks: class.marks,
            pods,
        })
    };
    seen.members.iter().filter_map(row).collect()
}
