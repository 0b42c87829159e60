//! Marks on nodes: the guard on old ones, cordon and exclusion on those in work, and removal of marks no longer due.

use super::late;
use super::turn::Turn;
use crate::action::{Action, ActionKey, ClusterAction, MarkNode, Marking};
use crate::names::InstanceId;
use crate::node_group::phase::Phase;
use crate::node_group::problem::Problem;
use crate::node_group::spec::{Guard, Strategy};
use crate::node_group::wait::On;
use crate::observed::{MemberClass, MemberState};

/// How many nodes are marked in one turn; the rest follows in the next turns.
const MARKS_PER_TURN: usize = 100;

/// The guard in force. With strategy `MINIMAL` all old nodes are cordoned (EKS), with `REPLACE` too: a pod that lands on
/// an old node moves twice.
fn guard(turn: &Turn<'_>) -> Guard {
    match turn.rollout.spec.strategy {
        Strategy::Default => turn.rollout.spec.guard,
        Strategy::Minimal | Strategy::Replace => Guard::Cordon,
    }
}

/// Keeps new pods off every old node. Returns how many old nodes do not show the guard yet.
pub(super) fn guard_old(turn: &mut Turn<'_>) -> u32 {
    let (guard, strategy) = (guard(turn), turn.rollout.spec.strategy);
    let lacks = |turn: &Turn<'_>, class: &MemberClass| {
        let marked = match (guard, strategy) {
            (Guard::Taint, _) => class.marks.guarded,
            (Guard::Cordon, Strategy::Default) => class.marks.cordoned && class.marks.excluded,
            // They keep their traffic until they are drained.
            (Guard::Cordon, Strategy::Minimal | Strategy::Replace) => class.marks.cordoned,
        };
        class.joined && !marked && turn.is_old(class)
    };
    let lacking = turn.seen.members.count(|class| lacks(turn, class));
    let ids: Vec<InstanceId> =
        turn.seen.members.of(|class| lacks(turn, class)).take(MARKS_PER_TURN).cloned().collect();
    for id in &ids {
        match guard {
            Guard::Taint => mark(turn, id, Marking { guard: Some(true), ..Marking::default() }),
            Guard::Cordon => {
                let exclude = (strategy == Strategy::Default).then_some(true);
                mark(turn, id, Marking { cordon: Some(true), exclude, ..Marking::default() })
            }
        };
    }
    lacking
}

/// Removes marks that no node should have while an update runs: any on new nodes (left by an earlier update), and
/// cordons of nodes that were given back. Returns how many nodes still have some.
pub(super) fn clear_strays(turn: &mut Turn<'_>) -> u32 {
    clear(turn, is_stray)
}

fn is_stray(turn: &Turn<'_>, class: &MemberClass) -> bool {
    match (turn.is_old_version(class.version), guard(turn)) {
        (false, _) => class.marks.guarded || class.marks.ours,
        (true, Guard::Taint) => class.marks.ours,
        (true, Guard::Cordon) => class.marks.guarded,
    }
}

/// Removes every mark that an update set. Returns how many nodes still have some.
pub(super) fn clear_all(turn: &mut Turn<'_>) -> u32 {
    clear(turn, is_ours)
}

fn is_ours(_: &Turn<'_>, class: &MemberClass) -> bool {
    class.marks.guarded || class.marks.ours
}

/// Whether a node that is not in work still shows a cordon of ours that is being removed. A drain begun now would take
/// it for cordoned while it opens; it is picked once it is seen uncordoned, and cordoned anew.
pub(super) fn is_opening(turn: &Turn<'_>, id: &InstanceId) -> bool {
    let due = if turn.rollout.phase() == Phase::Restore { is_ours } else { is_stray };
    turn.seen.members.node_of(id).is_some_and(|node| node.ours.cordon)
        && turn.seen.members.class(id).is_some_and(|class| due(turn, class))
}

fn clear(turn: &mut Turn<'_>, due: fn(&Turn<'_>, &MemberClass) -> bool) -> u32 {
    let here = |turn: &Turn<'_>, class: &MemberClass| class.state != MemberState::Leaving && due(turn, class);
    let ids: Vec<InstanceId> = turn
        .seen
        .members
        .of(|class| here(turn, class))
        .filter(|id| !turn.rollout.work.contains_key(*id))
        .take(MARKS_PER_TURN)
        .cloned()
        .collect();
    let keeps_guard = |turn: &Turn<'_>, id: &InstanceId| {
        turn.seen
            .members
            .class(id)
            .is_some_and(|class| turn.is_old_version(class.version) && class.marks.guarded)
            && turn.rollout.phase() != Phase::Restore
            && guard(turn) == Guard::Taint
    };
    let mut left = 0;
    for id in &ids {
        let Some(node) = turn.seen.members.node_of(id) else { continue };
        let guard = (node.guarded && !keeps_guard(turn, id)).then_some(false);
        let cordon = node.ours.cordon.then_some(false);
        let exclude = node.ours.exclude.then_some(false);
        if !mark(turn, id, Marking { guard, cordon, exclude, keep: None }) {
            left += 1;
        }
    }
    left
}

/// Keeps autoscalers from removing new nodes, which look idle until pods move to them.
///
/// Always, not only where an autoscaler is seen: one may start at any time, and an unread annotation costs one patch
/// per node. An annotation that a person set is left alone whatever its value, and one that a person removed is not set
/// again.
pub(super) fn keep_new(turn: &mut Turn<'_>) {
    let ids: Vec<InstanceId> =
        turn.seen.members.of(|class| is_free(turn, class)).take(MARKS_PER_TURN).cloned().collect();
    for id in &ids {
        mark(turn, id, KEEP);
    }
}

const KEEP: Marking = Marking { guard: None, cordon: None, exclude: None, keep: Some(true) };
const RELEASE: Marking = Marking { keep: Some(false), ..KEEP };

/// Whether members of this class are new nodes without the scale-down annotation.
fn is_free(turn: &Turn<'_>, class: &MemberClass) -> bool {
    let free = class.joined && !class.marks.kept && !class.marks.our_keep;
    free && class.state != MemberState::Leaving && !turn.is_old_version(class.version)
}

/// How many nodes may still turn out to be annotated by calls under way.
fn on_the_way(turn: &mut Turn<'_>) -> u32 {
    let mut untils = late::marks_until(turn);
    let soon = turn.now + turn.limits().act_again;
    for act in &turn.decision.act {
        if let Action::Cluster(ClusterAction::Mark(mark)) = act {
            untils.entry(mark.instance.clone()).or_insert(soon);
        }
    }
    // After a restart nobody knows what was asked before. Nodes that came up in the last phase were asked nothing.
    let since = turn.rollout.phase_since;
    if let Some(until) = late::forgotten_until(turn) {
        let free = turn.seen.members.of(|class| is_free(turn, class));
        let was_asked = |id: &&InstanceId| {
            let ready_since = turn.seen.members.node_of(id).and_then(|node| node.ready_since);
            let is_known = [KEEP, RELEASE].map(|marks| ActionKey::Mark(InstanceId::clone(id), marks));
            ready_since.is_some_and(|ready| ready < since)
                && is_known.iter().all(|key| turn.seen.answers.get(key).is_none())
        };
        untils.extend(free.filter(was_asked).map(|id| (id.clone(), until)));
    }
    if let Some(first) = untils.values().min() {
        turn.wake_at(*first);
    }
    untils.len() as u32
}

/// Removes our scale-down annotations. Whether no node has one any more.
pub(super) fn released(turn: &mut Turn<'_>) -> bool {
    let ours = |class: &MemberClass| class.marks.our_keep && class.state != MemberState::Leaving;
    let nodes = turn.seen.members.count(ours) + on_the_way(turn);
    let ids: Vec<InstanceId> = turn.seen.members.of(ours).take(MARKS_PER_TURN).cloned().collect();
    for id in &ids {
        mark(turn, id, RELEASE);
    }
    if nodes > 0 {
        turn.wait_all(On::Unmarking { nodes }, None);
    }
    nodes == 0
}

/// Asks for the marks that the node does not show yet. Whether it shows them all. When a person removed a mark of ours,
/// our note of it is removed too.
pub(super) fn mark(turn: &mut Turn<'_>, id: &InstanceId, wish: Marking) -> bool {
    let Some(node) = turn.seen.members.node_of(id) else { return true };
    let differs = |wanted: Option<bool>, shown: bool, ours: bool| {
        wanted.filter(|wanted| *wanted != (shown || (!wanted && ours)))
    };
    let marks = Marking {
        guard: differs(wish.guard, node.guarded, false),
        cordon: differs(wish.cordon, node.cordoned, node.ours.cordon),
        exclude: differs(wish.exclude, node.excluded, node.ours.exclude),
        keep: differs(wish.keep, node.kept, node.ours.keep),
    };
    if marks == Marking::default() {
        return true;
    }
    let (name, uid, instance) = (node.name.clone(), node.uid, id.clone());
    let action = ClusterAction::Mark(MarkNode { node: name, uid, instance, marks });
    if let Some(message) = turn.refused_for_good(&action.key()) {
        turn.problem(Problem::ActRefused { subject: node.name.to_string(), message });
    }
    turn.ask(action);
    false
}
