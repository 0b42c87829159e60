//! Marks on nodes: the guard on old ones, cordon and exclusion on picked ones, and taking away what is not due.

use super::turn::Turn;
use crate::action::{Action, MarkNode};
use crate::names::InstanceId;
use crate::observed::{Class, Node, Standing};
use crate::problem::Problem;
use crate::rollout::Phase;
use crate::spec::{Guard, Strategy};

/// At most this many nodes are marked in one turn; the next turn marks the next ones.
const MARKS_PER_TURN: usize = 100;

/// The guard in force: with old nodes first, all of them are cordoned (EKS: MINIMAL).
fn guard(turn: &Turn<'_>) -> Guard {
    match turn.rollout.spec.strategy {
        Strategy::Default => turn.rollout.spec.guard,
        Strategy::Minimal => Guard::Cordon,
    }
}

/// Keeps new pods off every old node. Answers how many old nodes are not seen guarded yet.
pub(super) fn guard_old(turn: &mut Turn<'_>) -> u32 {
    let (guard, strategy) = (guard(turn), turn.rollout.spec.strategy);
    let lacks = |turn: &Turn<'_>, class: &Class| {
        let marked = match (guard, strategy) {
            (Guard::Taint, _) => class.marks.guarded,
            (Guard::Cordon, Strategy::Default) => class.marks.cordoned && class.marks.excluded,
            (Guard::Cordon, Strategy::Minimal) => class.marks.cordoned,
        };
        class.joined && !marked && turn.is_old(class)
    };
    let lacking = turn.seen.fleet.count(|class| lacks(turn, class));
    let ids: Vec<InstanceId> =
        turn.seen.fleet.of(|class| lacks(turn, class)).take(MARKS_PER_TURN).cloned().collect();
    for id in &ids {
        match guard {
            Guard::Taint => mark(turn, id, Some(true), None, None),
            Guard::Cordon => {
                mark(turn, id, None, Some(true), (strategy == Strategy::Default).then_some(true))
            }
        };
    }
    lacking
}

/// Takes away marks that no node should carry in an update under way: any on new nodes (left by an earlier
/// update), and cordons of nodes that were given back. Answers how many nodes still have some.
pub(super) fn clear_strays(turn: &mut Turn<'_>) -> u32 {
    clear(turn, is_stray)
}

fn is_stray(turn: &Turn<'_>, class: &Class) -> bool {
    match (turn.is_old_version(class.version), guard(turn)) {
        (false, _) => class.marks.guarded || class.marks.ours,
        (true, Guard::Taint) => class.marks.ours,
        (true, Guard::Cordon) => class.marks.guarded,
    }
}

/// Takes every mark of ours away. Answers how many nodes still have some.
pub(super) fn clear_all(turn: &mut Turn<'_>) -> u32 {
    clear(turn, is_ours)
}

fn is_ours(_: &Turn<'_>, class: &Class) -> bool {
    class.marks.guarded || class.marks.ours
}

/// Whether a node that is not in work shows a cordon of ours that is being taken away. Whoever drained it now would
/// take it for closed while it opens; it is picked once it is seen open, and closed anew.
pub(super) fn is_opening(turn: &Turn<'_>, id: &InstanceId) -> bool {
    let due = if turn.rollout.phase() == Phase::Restore { is_ours } else { is_stray };
    node(turn, id).is_some_and(|node| node.ours.cordon)
        && turn.seen.fleet.class(id).is_some_and(|class| due(turn, &class))
}

fn clear(turn: &mut Turn<'_>, due: fn(&Turn<'_>, &Class) -> bool) -> u32 {
    let here = |turn: &Turn<'_>, class: &Class| class.standing != Standing::Leaving && due(turn, class);
    let ids: Vec<InstanceId> = turn
        .seen
        .fleet
        .of(|class| here(turn, class))
        .filter(|id| !turn.rollout.work.contains_key(*id))
        .take(MARKS_PER_TURN)
        .cloned()
        .collect();
    let keeps_guard = |turn: &Turn<'_>, id: &InstanceId| {
        turn.seen
            .fleet
            .class(id)
            .is_some_and(|class| turn.is_old_version(class.version) && class.marks.guarded)
            && turn.rollout.phase() != Phase::Restore
            && guard(turn) == Guard::Taint
    };
    let mut left = 0;
    for id in &ids {
        let Some(node) = node(turn, id) else { continue };
        let guard = (node.guarded && !keeps_guard(turn, id)).then_some(false);
        let cordon = node.ours.cordon.then_some(false);
        let exclude = node.ours.exclude.then_some(false);
        if !mark(turn, id, guard, cordon, exclude) {
            left += 1;
        }
    }
    left
}

/// Asks for the marks that the node does not show yet. Answers whether it shows them all. A mark of ours that a
/// person took away is still noted as ours, and the note goes too.
pub(super) fn mark(
    turn: &mut Turn<'_>,
    id: &InstanceId,
    guard: Option<bool>,
    cordon: Option<bool>,
    exclude: Option<bool>,
) -> bool {
    let Some(node) = node(turn, id) else { return true };
    let differs = |wanted: Option<bool>, shown: bool| wanted.filter(|wanted| *wanted != shown);
    let action = MarkNode {
        node: node.name.clone(),
        uid: node.uid,
        instance: id.clone(),
        guard: differs(guard, node.guarded),
        cordon: differs(cordon, node.cordoned || (cordon == Some(false) && node.ours.cordon)),
        exclude: differs(exclude, node.excluded || (exclude == Some(false) && node.ours.exclude)),
    };
    if (action.guard, action.cordon, action.exclude) == (None, None, None) {
        return true;
    }
    let action = Action::Mark(action);
    if let Some(message) = turn.refused_for_good(&action.key()) {
        turn.problem(Problem::ActRefused { subject: node.name.to_string(), message });
    }
    turn.ask(action);
    false
}

fn node<'a>(turn: &Turn<'a>, id: &InstanceId) -> Option<&'a Node> {
    turn.seen.fleet.get(id)?.node.as_ref()
}
