//! Every node of the group with its place in the update: for live views, at the cost of the group's size.

use jiff::Timestamp;
use replank_core::names::{InstanceId, NodeName, Zone};
use replank_core::node_group::rollout::{Rollout, Stage};
use replank_core::observed::{Marks, Member, MemberState, Observation};

use super::build::{is_target, pods_left};

/// One node of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Instance of the node.
    pub instance: InstanceId,
    /// Name of the node; `None` until it joins.
    pub node: Option<NodeName>,
    /// Zone of the instance.
    pub zone: Zone,
    /// Template version it was launched from.
    pub version: u64,
    /// When it was launched.
    pub launched_at: Timestamp,
    /// Its place in the update.
    pub place: Place,
    /// Marks on the node, and whose they are.
    pub marks: Marks,
    /// Number of pods on it that a drain would move.
    pub pods: u32,
}

/// Place of a node in the update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Old and not in work.
    Old,
    /// New and not a Ready, labelled node yet or any more.
    Joining,
    /// New, Ready and labelled, and closed by somebody else.
    Closed,
    /// New, Ready, labelled and open to pods.
    New,
    /// Being cordoned, drained or terminated.
    InWork(Stage),
    /// Terminating, and not through this update.
    Leaving,
}

/// Every instance of the group, by id.
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
