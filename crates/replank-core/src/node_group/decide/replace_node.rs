//! Nodes in work, one step further each: cordon, drain, deregistration delay, termination, gone. The same in every
//! phase.

use jiff::{SignedDuration, Timestamp};

use super::drain::{self, Forced, Left};
use super::turn::Turn;
use super::{excess, late, marks};
use crate::action::{ActionKey, CloudAction, Leftovers, Marking, PodId, Replace};
use crate::names::{InstanceId, NodeName, ObjectName};
use crate::node_group::event::{Chosen, Fact};
use crate::node_group::phase::{Phase, Purpose};
use crate::node_group::problem::{FailureCode, Problem, Why};
use crate::node_group::rollout::{GiveBack, Stage, Work};
use crate::node_group::wait::{On, Wait};
use crate::observed::{Answer, Member, Node, Refused, Touch};

/// A cordon seen within this after the pick counts as made at the pick; the drain limit then runs from the pick.
const CLOSES_WITHIN: SignedDuration = SignedDuration::from_secs(30);
/// Marks of a node in work: it takes no new pods and no traffic from external load balancers.
const CLOSE: Marking = Marking { guard: None, cordon: Some(true), exclude: Some(true), keep: None };

/// Advances every node in work as far as it goes now.
pub(super) fn advance(turn: &mut Turn<'_>) {
    let ids: Vec<InstanceId> = turn.rollout.work.keys().cloned().collect();
    for id in &ids {
        advance_one(turn, id);
    }
}

/// Records the pick of a node and advances it as far as it goes now.
pub(super) fn take_in(turn: &mut Turn<'_>, id: &InstanceId, purpose: Purpose) {
    take_in_as(turn, id, purpose, None);
}

/// The same for a node that was `chosen` by its state.
pub(super) fn take_in_as(turn: &mut Turn<'_>, id: &InstanceId, purpose: Purpose, chosen: Option<Chosen>) {
    let members = &turn.seen.members;
    let Some(class) = members.class(id) else { return };
    let node = members.node_of(id).map(|node| node.name.clone());
    turn.note(Fact::Picked { instance: id.clone(), node, zone: class.zone.clone(), purpose, chosen });
    advance_one(turn, id);
}

/// Advances one node in work as far as it goes now.
fn advance_one(turn: &mut Turn<'_>, id: &InstanceId) {
    let Some(work) = turn.rollout.work.get(id).cloned() else { return };
    let instance = id.clone();
    let Some(member) = turn.seen.members.get(id).filter(|member| member.instance.is_some()) else {
        return turn.note(Fact::Gone { instance });
    };
    if turn.is_leaving(id)
        && !matches!(work.stage, Stage::Terminating { .. })
        && !drains_on(turn, &work, member)
    {
        // Somebody else took it away: the group keeps its size and launches a replacement, so nothing is recorded that
        // says otherwise.
        if work.purpose == Purpose::Retire {
            return leaving(turn, id, &work, turn.now);
        }
        turn.note(Fact::TerminateAsked { instance, with: Vec::new() });
        return leaving(turn, id, &work, turn.now);
    }
    if is_given_back(turn, &work) {
        turn.note(Fact::GivenBack { instance });
        return turn.context.wake_at(turn.now);
    }
    match work.stage {
        Stage::Draining => draining(turn, id, &work, member),
        Stage::Forcing { since } => forcing(turn, id, &work, since),
        Stage::Deregistering { since } => deregistering(turn, id, &work, since),
        Stage::Terminating { since } => terminating(turn, id, &work, since),
    }
}

/// Whether the drain of a node goes on although somebody else has told its instance to terminate: a hook holds it, and
/// whoever made that wants the pods to leave first. Not beyond the drain limit, nor once the update has failed.
fn drains_on(turn: &Turn<'_>, work: &Work, member: &Member) -> bool {
    let is_held = member.instance.as_ref().is_some_and(|instance| instance.held) && member.node.is_some();
    let since = match work.stage {
        Stage::Draining => work.picked_at,
        Stage::Deregistering { since } => since,
        Stage::Forcing { .. } | Stage::Terminating { .. } => return false,
    };
    is_held && turn.rollout.failure.is_none() && turn.now < since + turn.limits().drain
}

/// Whether the node goes back to service: a person asked for that, or the update failed. A node that is being
/// terminated or lost pods to force is finished all the same, unless that takes longer than the drain limit.
fn is_given_back(turn: &Turn<'_>, work: &Work) -> bool {
    let wishes = turn.rollout.wishes;
    let asked = wishes.paused == Some(GiveBack::Yes)
        || (wishes.cancelled == Some(GiveBack::Yes) && work.purpose != Purpose::Excess);
    let failed = turn.rollout.failure.is_some() && work.purpose != Purpose::Excess;
    match work.stage {
        Stage::Draining | Stage::Deregistering { .. } => asked || failed,
        Stage::Forcing { since } => failed && turn.now >= since + turn.limits().drain,
        Stage::Terminating { since } => {
            failed && turn.now >= since + turn.limits().drain && occupant(turn, work).is_some()
        }
    }
}

/// The pod that was on the node at the last look before the termination call, which was therefore not made.
fn occupant(turn: &Turn<'_>, work: &Work) -> Option<ObjectName> {
    let node = work.node.as_ref()?;
    let instance = turn.seen.members.node(node)?.instance.clone();
    match &turn.seen.answers.get(&ActionKey::Terminate(instance))?.answer {
        Answer::NotYet(Refused::Occupied { pod }) => Some(pod.clone()),
        Answer::Done | Answer::NotYet(_) | Answer::Impossible(_) | Answer::CannotTell(_) => None,
    }
}

fn draining(turn: &mut Turn<'_>, id: &InstanceId, work: &Work, member: &Member) {
    let Some(node) = &member.node else {
        return terminate(turn, id, work, Leftovers::None, Vec::new());
    };
    let until = drained_until(turn, work, node);
    // What is about to be given up is not marked any more: nobody would take the mark away.
    if turn.now < until {
        close(turn, id);
    }
    if !is_closed(turn, id, work.picked_at, until) {
        return expire(turn, id, work, until);
    }
    match drain::step(turn, &node.name, work.picked_at, Some(until)) {
        Left::Nothing => {
            turn.note(Fact::Drained { instance: id.clone() });
            deregistering(turn, id, work, turn.now);
        }
        Left::Unreachable => terminate(turn, id, work, Leftovers::Doomed, Vec::new()),
        Left::Pods => expire(turn, id, work, until),
    }
}

/// Whether somebody uncordoned a node in work that we had cordoned. Adds a wait that names who.
fn name_opened(turn: &mut Turn<'_>, node: &Node, until: Option<Timestamp>) -> bool {
    let opened = node.ours.cordon && !node.cordoned;
    if opened {
        let Touch { by, at } = node.cordon_touch.clone();
        let (on, node) = (On::Uncordoned { by }, Some(node.name.clone()));
        turn.context.wait(Wait { node, on, since: at, again: None, until });
    }
    opened
}

/// When the drain limit passes. It runs from the pick; when the node was seen cordoned much later, from then, since no
/// pod is evicted before. Never more than twice the limit after the pick, however often others uncordon the node.
fn drained_until(turn: &Turn<'_>, work: &Work, node: &Node) -> Timestamp {
    let (limit, picked_at) = (turn.limits().drain, work.picked_at);
    let last = picked_at + limit * 2;
    if node.cordoned {
        let late = node.cordoned_since().filter(|since| *since > picked_at + CLOSES_WITHIN);
        return (late.unwrap_or(picked_at) + limit).min(last);
    }
    // Force moves pods off closed nodes only, so it has to wait for that.
    let forced = work.purpose != Purpose::Excess && turn.rollout.force();
    if forced { last } else { picked_at + limit }
}

/// Asks for the marks that keep new pods and external traffic off a node.
fn close(turn: &mut Turn<'_>, id: &InstanceId) {
    marks::mark(turn, id, CLOSE);
}

/// Whether the node is seen cordoned; pods are moved off cordoned nodes only. Adds a wait if not.
fn is_closed(turn: &mut Turn<'_>, id: &InstanceId, since: Timestamp, until: Timestamp) -> bool {
    let Some(node) = open_node(turn, id) else { return true };
    if !name_opened(turn, node, Some(until)) {
        turn.wait_node(Some(&node.name), On::Cordon, since, Some(until));
    }
    false
}

/// The node of an instance, if it takes new pods.
fn open_node<'a>(turn: &Turn<'a>, id: &InstanceId) -> Option<&'a Node> {
    turn.seen.members.node_of(id).filter(|node| !node.cordoned)
}

/// What follows when the drain limit has passed: force, an excess node that stays, or failure of the update. A forced
/// update also fails when a pod is left whose loss the rules refuse.
fn expire(turn: &mut Turn<'_>, id: &InstanceId, work: &Work, until: Timestamp) {
    if turn.now < until {
        return turn.wake_at(until);
    }
    let instance = id.clone();
    match (work.purpose, &work.node) {
        (Purpose::Excess, _) => turn.note(Fact::Undrained { instance }),
        (Purpose::Replace | Purpose::Lost | Purpose::Retire, node)
            if turn.rollout.force()
                && !work.forced
                && open_node(turn, id).is_none()
                && !is_held_by_rules(turn, node.as_ref()) =>
        {
            turn.note(Fact::ForceBegan { instance });
            forcing(turn, id, work, turn.now);
        }
        (Purpose::Replace | Purpose::Lost | Purpose::Retire, None) => {
            terminate(turn, id, work, Leftovers::None, Vec::new());
        }
        (Purpose::Replace | Purpose::Lost | Purpose::Retire, Some(node)) => {
            let waits =
                turn.waits().iter().filter(|wait| wait.node.as_ref() == Some(node)).cloned().collect();
            let why = Why::DrainTimedOut { node: node.clone(), waits };
            turn.fail(FailureCode::PodEvictionFailure, why, vec![node.to_string()]);
        }
    }
    turn.context.wake_at(turn.now);
}

/// Whether a pod stays on the node that force must not delete, so that waiting for it would never end.
fn is_held_by_rules(turn: &Turn<'_>, node: Option<&NodeName>) -> bool {
    node.is_some_and(|node| drain::is_held_by_rules(turn, node))
}

fn forcing(turn: &mut Turn<'_>, id: &InstanceId, work: &Work, since: Timestamp) {
    let Some(node) = &work.node else { return terminate(turn, id, work, Leftovers::Doomed, Vec::new()) };
    let until = since + turn.limits().drain;
    close(turn, id);
    if !is_closed(turn, id, since, until) {
        return expire(turn, id, work, until);
    }
    let Forced { waits, returned } = drain::force(turn, node, since, until);
    if !waits {
        return terminate(turn, id, work, Leftovers::Doomed, returned);
    }
    expire(turn, id, work, until);
}

fn deregistering(turn: &mut Turn<'_>, id: &InstanceId, work: &Work, since: Timestamp) {
    let Some(node) = &work.node else { return terminate(turn, id, work, Leftovers::None, Vec::new()) };
    let until = since + turn.limits().drain;
    close(turn, id);
    if !is_closed(turn, id, since, until) {
        return expire(turn, id, work, until);
    }
    match drain::step(turn, node, work.picked_at, Some(until)) {
        Left::Pods => return expire(turn, id, work, until),
        Left::Unreachable => return terminate(turn, id, work, Leftovers::Doomed, Vec::new()),
        Left::Nothing => {}
    }
    let deregistered_at = since + turn.limits().deregistration_delay;
    if turn.now < deregistered_at {
        return turn.wait_node(Some(node), On::Deregistering, since, Some(deregistered_at));
    }
    terminate(turn, id, work, Leftovers::None, Vec::new());
}

fn terminate(turn: &mut Turn<'_>, id: &InstanceId, work: &Work, leftovers: Leftovers, with: Vec<PodId>) {
    if is_needed(turn, id, work) {
        return give_back(turn, id);
    }
    let names = with.iter().map(|pod| pod.name.clone()).collect();
    turn.note(Fact::TerminateAsked { instance: id.clone(), with: names });
    ask_terminate(turn, id, work, leftovers, with);
    turn.context.wait_node(work.node.as_ref(), On::InstanceLeaving { instance: id.clone() }, turn.now, None);
}

/// Whether a node picked for termination is needed after all: it is the last one serving in its zone by now, or it
/// joined after it was picked as an instance without a node, so nobody looked at the pods on it.
fn is_needed(turn: &Turn<'_>, id: &InstanceId, work: &Work) -> bool {
    let joined = turn.seen.members.node_of(id).is_some();
    let is_last = replaces(work.purpose) == Replace::No && excess::is_last_in_zone(turn, id);
    is_last || (work.node.is_none() && joined)
}

fn give_back(turn: &mut Turn<'_>, id: &InstanceId) {
    turn.note(Fact::GivenBack { instance: id.clone() });
    turn.context.wake_at(turn.now);
}

/// Whether the group launches another instance for one that goes for this purpose.
fn replaces(purpose: Purpose) -> Replace {
    match purpose {
        Purpose::Replace | Purpose::Lost => Replace::Yes,
        Purpose::Excess | Purpose::Retire => Replace::No,
    }
}

fn ask_terminate(turn: &mut Turn<'_>, id: &InstanceId, work: &Work, leftovers: Leftovers, with: Vec<PodId>) {
    turn.ask(CloudAction::Terminate {
        instance: id.clone(),
        node: work.node.clone(),
        replace: replaces(work.purpose),
        leftovers,
        with,
    });
}

fn terminating(turn: &mut Turn<'_>, id: &InstanceId, work: &Work, since: Timestamp) {
    if turn.is_leaving(id) {
        return leaving(turn, id, work, since);
    }
    if is_needed(turn, id, work) {
        let Some(until) = late::leaves_until(turn, id, since) else { return give_back(turn, id) };
        turn.wake_at(until);
        return turn.wait_node(work.node.as_ref(), On::InstanceLeaving { instance: id.clone() }, since, None);
    }
    let until = since + turn.limits().drain;
    close(turn, id);
    let is_closed = is_closed(turn, id, since, until);
    let mut with = Vec::new();
    let leftovers = match &work.node {
        Some(node) if !is_closed && drain::has_pods(turn, node) => {
            return still_there(turn, id, work, until);
        }
        Some(_) if !is_closed => Leftovers::None,
        Some(node) if work.forced => {
            let forced = drain::force(turn, node, work.picked_at, until);
            if forced.waits {
                return still_there(turn, id, work, until);
            }
            with = forced.returned;
            Leftovers::Doomed
        }
        Some(node) => match drain::step(turn, node, work.picked_at, Some(until)) {
            Left::Pods => return still_there(turn, id, work, until),
            Left::Unreachable => Leftovers::Doomed,
            Left::Nothing => Leftovers::None,
        },
        None => Leftovers::None,
    };
    ask_terminate(turn, id, work, leftovers, with);
    let attempt = turn.seen.answers.get(&ActionKey::Terminate(id.clone()));
    let refused = attempt.and_then(|attempt| match &attempt.answer {
        Answer::Done => None,
        Answer::NotYet(Refused::Occupied { pod }) => {
            Some(On::Occupied { instance: id.clone(), pod: pod.clone() })
        }
        Answer::NotYet(refused) => {
            let message = refused.message().unwrap_or("refused for now").to_owned();
            Some(On::TerminateRefused { instance: id.clone(), message })
        }
        Answer::Impossible(message) | Answer::CannotTell(message) => {
            Some(On::TerminateRefused { instance: id.clone(), message: message.clone() })
        }
    });
    let on = refused.unwrap_or_else(|| On::InstanceLeaving { instance: id.clone() });
    turn.wait_node(work.node.as_ref(), on, since, None);
}

/// Pods are on the node still or again, so it is not terminated; after the drain limit this ends as a drain does.
fn still_there(turn: &mut Turn<'_>, id: &InstanceId, work: &Work, until: Timestamp) {
    turn.context.wake_in(turn.limits().act_again);
    if occupant(turn, work).is_some() || turn.seen.answers.get(&ActionKey::Terminate(id.clone())).is_none() {
        expire(turn, id, work, until);
    }
}

fn leaving(turn: &mut Turn<'_>, id: &InstanceId, work: &Work, since: Timestamp) {
    let late_at = since + turn.limits().terminate;
    if turn.now >= late_at {
        turn.problem(Problem::TerminationStuck { instance: id.clone(), since });
    } else {
        turn.wake_at(late_at);
    }
    turn.wait_node(work.node.as_ref(), On::InstanceLeaving { instance: id.clone() }, since, None);
    debug_assert!(turn.rollout.phase() != Phase::Done, "nodes in work after the end");
}
