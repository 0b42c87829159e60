//! New nodes that joined: recorded once, watched for loss, replaced when they do not come back in time.
//!
//! A launch that joined once is no longer held against the image: whatever happens to its node later has another cause.
//! The cluster does not show that it had joined, so that is recorded.

use jiff::Timestamp;

use super::launches::patience;
use super::replace_node;
use super::turn::Turn;
use crate::names::InstanceId;
use crate::node_group::event::{Fact, LostNode};
use crate::node_group::phase::Purpose;
use crate::node_group::problem::{FailureCode, Why};
use crate::node_group::wait::{On, Wait};
use crate::observed::{Closure, Lost, Member, MemberClass, MemberState, Node};

/// How many lost and how many closed nodes get a wait of their own; the rest is only counted.
const NAMED_MAX: usize = 10;

/// Records which new nodes joined since the last turn, and which were lost. The first whose kubelet the control plane does
/// not serve fails the update and counts as none that joined: the image is proved wrong, before an old node is touched
/// where new nodes come first.
pub(super) fn record(turn: &mut Turn<'_>) {
    let members = &turn.seen.members;
    let here = |class: &MemberClass| class.state == MemberState::Ready && !turn.is_old_version(class.version);
    // Those on record are passed over as a whole; only those of them that were lost have to be looked at.
    let lost = turn.rollout.lost.keys().filter(|id| members.class(id).is_some_and(here));
    let fresh = members
        .of(|class| here(class) && !class.on_record)
        .filter(|id| !turn.rollout.joined.contains(id) && !turn.rollout.lost.contains_key(*id));
    let instances: Vec<InstanceId> = lost.chain(fresh).cloned().collect();
    if let Some((instance, why)) = instances.iter().find_map(|id| Some((id, unserved(turn, id)?))) {
        let resources = vec![instance.to_string()];
        return turn.fail(FailureCode::NodeCreationFailure, why, resources);
    }
    if !instances.is_empty() {
        turn.note(Fact::Joined { instances });
    }
    let nodes: Vec<LostNode> = members
        .of(|class| class.state != MemberState::Ready && !turn.is_old_version(class.version))
        .filter(|id| turn.rollout.joined.contains(id) && !turn.rollout.lost.contains_key(*id))
        .filter(|id| turn.pickable(id))
        .filter_map(|id| lost_node(members.class(id)?.state, id, members.get(id)?))
        .collect();
    if !nodes.is_empty() {
        turn.note(Fact::Lost { nodes });
    }
}

/// Why the kubelet of a new node is none for this cluster; `None` when it is one, or nothing tells.
fn unserved(turn: &Turn<'_>, id: &InstanceId) -> Option<Why> {
    let control_plane = turn.rollout.spec.control_plane?;
    let node = turn.seen.members.node_of(id)?;
    let kubelet = node.kubelet.filter(|kubelet| !kubelet.may_serve_under(control_plane))?;
    Some(Why::KubeletUnserved { node: node.name.clone(), kubelet, control_plane })
}

/// How a member that had joined is lost at present; `None` when it is Ready.
fn lost_node(standing: MemberState, id: &InstanceId, member: &Member) -> Option<LostNode> {
    let node = member.node.as_ref();
    let silent = node.is_some_and(|node| node.unreachable);
    let how = match standing {
        MemberState::Ready => return None,
        MemberState::Launching => Lost::Deleted,
        MemberState::NotReady if silent => Lost::Silent,
        MemberState::NotReady => Lost::NotReady,
        MemberState::Unlabelled => Lost::Unlabelled,
        MemberState::Leaving => Lost::Terminated,
    };
    let parted = member.parted.as_ref();
    let by = match how {
        Lost::Deleted => parted.and_then(|parted| parted.by.clone()),
        // Whoever takes an instance away marks its node first, if it marks at all.
        Lost::Terminated => node.and_then(Node::marked_by),
        Lost::NotReady | Lost::Silent | Lost::Unlabelled => None,
    };
    let node = node.map(|node| &node.name).or(parted.map(|parted| &parted.node));
    Some(LostNode { instance: id.clone(), node: node.cloned(), how, by })
}

/// Members that had joined, are lost and not terminating, each with when it was lost.
pub(super) fn lost(turn: &Turn<'_>) -> Vec<(InstanceId, Timestamp)> {
    let is_lost = |id: &InstanceId| turn.seen.members.class(id).is_some_and(|class| turn.is_absent(class));
    let lost = turn.rollout.lost.iter().filter(|(id, _)| is_lost(id));
    lost.map(|(id, since)| (id.clone(), *since)).collect()
}

/// Adds a wait for each lost node and for each new node that somebody else closed, up to [`NAMED_MAX`] each.
pub(super) fn name(turn: &mut Turn<'_>, lost: &[(InstanceId, Timestamp)]) {
    let members = &turn.seen.members;
    let named: Vec<_> = lost.iter().filter(|(id, _)| turn.pickable(id)).take(NAMED_MAX).collect();
    for (id, since) in named {
        let found = members.class(id).zip(members.get(id));
        let Some(found) = found.and_then(|(class, member)| lost_node(class.state, id, member)) else {
            continue;
        };
        let LostNode { instance, node, how, by } = found;
        let until = patience(turn, *since).filter(|_| how != Lost::Unlabelled);
        let on = On::Lost { instance, how, by };
        turn.context.wait(Wait { node, on, since: Some(*since), again: None, until });
    }
    let closed: Vec<InstanceId> = members
        .of(|class| turn.is_closed(class))
        .filter(|id| turn.pickable(id))
        .take(NAMED_MAX)
        .cloned()
        .collect();
    for id in closed {
        let Some(node) = members.node_of(&id) else { continue };
        let closures = closures(turn, node);
        let since = closures.iter().filter_map(|closure| closure.since).min();
        turn.wait(Wait {
            node: Some(node.name.clone()),
            on: On::Closed { closures },
            since,
            again: None,
            until: None,
        });
    }
}

/// What keeps pods off a new node, marks of this update and taints of its group left out.
pub(super) fn closures(turn: &Turn<'_>, node: &Node) -> Vec<Closure> {
    node.closures(|taint| turn.rollout.owns(turn.group(), taint))
}

/// Replaces lost nodes that did not come back in time, within the batch. A node that only lost its labels still runs
/// and may belong to somebody: it is waited for.
pub(super) fn replace(turn: &mut Turn<'_>, lost: &[(InstanceId, Timestamp)], batch: u32) {
    let members = &turn.seen.members;
    let runs =
        |id: &InstanceId| members.class(id).is_some_and(|class| class.state == MemberState::Unlabelled);
    for (id, since) in lost.iter().filter(|(id, _)| !runs(id)) {
        let Some(until) = patience(turn, *since) else { return };
        if turn.now < until {
            turn.wake_at(until);
        } else if turn.pickable(id) && (turn.rollout.work.len() as u32) < batch {
            replace_node::take_in(turn, id, Purpose::Lost);
        }
        if turn.rollout.failure.is_some() {
            return;
        }
    }
}
