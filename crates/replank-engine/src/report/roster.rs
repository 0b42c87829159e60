//! Every node of the group with its place in the update: for live views, at the cost of the group's size.

use jiff::Timestamp;
use replank_core::names::{InstanceId, NodeName, Zone};
use replank_core::node_group::rollout::{Rollout, Stage};
use replank_core::observed::{Marks, Member, MemberState, Observation};
use serde::{Deserialize, Serialize};

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
    pub place: NodeProgress,
    /// Marks on the node, and whose they are.
    pub marks: Marks,
    /// Number of pods on it that a drain would move.
    pub pods: u32,
}

/// Place of a node in the update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeProgress {
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

/// One node of the group, as clients read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RowJson {
    /// Instance of the node.
    pub instance: String,
    /// Name of the node; `None` until it joins.
    pub node: Option<String>,
    /// Zone of the instance.
    pub zone: String,
    /// Its place in the update.
    pub place: NodeProgressJson,
    /// Number of pods on it that a drain would move.
    pub pods: u32,
}

/// Place of a node in the update, in one word.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum NodeProgressJson {
    /// Old and not in work.
    Old,
    /// In work: being emptied.
    Draining,
    /// In work: its last pods are deleted.
    Forcing,
    /// In work: empty, and load balancers take it out.
    Drained,
    /// In work: its instance is going.
    Terminating,
    /// Terminating, and not through this update.
    Leaving,
    /// New and not a Ready, labelled node yet or any more.
    Joining,
    /// New, Ready, labelled, and closed by somebody else.
    Closed,
    /// New, Ready, labelled and open to pods.
    New,
}

impl NodeProgressJson {
    /// All of them, in the order in which a node goes through them.
    pub const ALL: [Self; 9] = [
        Self::Old,
        Self::Draining,
        Self::Forcing,
        Self::Drained,
        Self::Terminating,
        Self::Leaving,
        Self::Joining,
        Self::Closed,
        Self::New,
    ];

    /// The word for people and for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::Draining => "draining",
            Self::Forcing => "forcing",
            Self::Drained => "drained",
            Self::Terminating => "terminating",
            Self::Leaving => "leaving",
            Self::Joining => "joining",
            Self::Closed => "closed",
            Self::New => "new",
        }
    }
}

impl From<NodeProgress> for NodeProgressJson {
    fn from(place: NodeProgress) -> Self {
        match place {
            NodeProgress::Old => Self::Old,
            NodeProgress::Joining => Self::Joining,
            NodeProgress::Closed => Self::Closed,
            NodeProgress::New => Self::New,
            NodeProgress::Leaving => Self::Leaving,
            NodeProgress::InWork(Stage::Draining) => Self::Draining,
            NodeProgress::InWork(Stage::Forcing { .. }) => Self::Forcing,
            NodeProgress::InWork(Stage::Deregistering { .. }) => Self::Drained,
            NodeProgress::InWork(Stage::Terminating { .. }) => Self::Terminating,
        }
    }
}

impl From<&Row> for RowJson {
    fn from(row: &Row) -> Self {
        Self {
            instance: row.instance.to_string(),
            node: row.node.as_ref().map(ToString::to_string),
            zone: row.zone.to_string(),
            place: row.place.into(),
            pods: row.pods,
        }
    }
}

/// Every instance of the group, by id.
pub fn roster(rollout: &Rollout, seen: &Observation) -> Vec<Row> {
    let row = |(id, member): (&InstanceId, &Member)| {
        let instance = member.instance.as_ref()?;
        let class = seen.members.class(id)?;
        let work = rollout.work().get(id);
        let place = match (work, class.state, is_target(rollout, seen, instance.version)) {
            (Some(work), ..) => NodeProgress::InWork(work.stage),
            (None, MemberState::Leaving, _) => NodeProgress::Leaving,
            (None, MemberState::Ready, true) if rollout.is_closed(seen.group.as_ref(), class) => {
                NodeProgress::Closed
            }
            (None, MemberState::Ready, true) => NodeProgress::New,
            (None, MemberState::Launching | MemberState::NotReady | MemberState::Unlabelled, true) => {
                NodeProgress::Joining
            }
            (
                None,
                MemberState::Launching | MemberState::NotReady | MemberState::Unlabelled | MemberState::Ready,
                false,
            ) => NodeProgress::Old,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_written_as_its_word() {
        for place in NodeProgressJson::ALL {
            let written = serde_json::to_value(place).unwrap();
            assert_eq!(written, place.word());
        }
    }
}
