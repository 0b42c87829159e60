//! Which excess node goes next, and whether it may go at all.
//!
//! Three rules hold whenever a group shrinks. A zone that had a serving node at the start keeps its last one. No node
//! goes whose pods would find no place, or that volumes in its zone need; the scheduler is asked first. And old nodes
//! go only where a new one stands in for them: never after a cancel, unless a person wants to keep the new nodes, and
//! never when the failure may be the image's fault.

use jiff::{SignedDuration, Timestamp};

use super::turn::Turn;
use crate::names::{InstanceId, Zone};
use crate::node_group::phase::Phase;
use crate::node_group::problem::{FailureCode, KeptBecause};
use crate::node_group::wait::{On, Wait};
use crate::observed::{MemberClass, MemberState, Placed, Placement};
use crate::safety::disposition::{Disposition, disposition};

/// How long the answer that all pods of a node find a place is good for.
pub(super) const FRESH: SignedDuration = SignedDuration::from_secs(15);
/// How long the answer that they do not is kept before it is asked for again.
pub(super) const ASK_AGAIN: SignedDuration = SignedDuration::from_secs(60);
/// For how many candidates the scheduler is asked, in order of [`Rank`]: each answer costs a look at the whole cluster.
const ASKED_MAX: usize = 10;

/// What happens to the excess now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Excess {
    /// This instance is drained and terminated next.
    Goes(InstanceId),
    /// Unknown before the next observation, or there is a wait that says why.
    NotYet,
    /// No excess node can go, for this reason.
    Stays(KeptBecause),
}

/// Sort key of candidates, lowest first; nodes that do not serve sort before those that do.
type Rank = (bool, u32, usize, u32, InstanceId);

/// The excess node that goes next.
pub(super) fn next(turn: &mut Turn<'_>) -> Excess {
    let ranked = ranked(turn);
    let (mut stays, mut again) = (Vec::new(), None);
    for (.., instance) in ranked {
        let node = turn.seen.members.node_of(&instance);
        let Some(node) = node.map(|node| node.name.clone()) else { return Excess::Goes(instance) };
        let placed = turn.seen.placements.get(&node).cloned();
        let holds = placed.as_ref().is_some_and(|placed| holds(turn, placed));
        match placed {
            Some(Placed { placement: Placement::Found, .. }) if holds => return Excess::Goes(instance),
            Some(Placed { placement: Placement::Found, .. }) | None => {
                turn.context.place(node);
                wait_for_place(turn, &stays);
                return Excess::NotYet;
            }
            Some(placed) => {
                stays.push((instance, placed));
                again = again.or((!holds).then_some(node));
            }
        }
    }
    let Some((instance, first)) = stays.first().cloned() else { return Excess::Stays(none_left(turn)) };
    if let Some(node) = again {
        turn.context.place(node);
    }
    match wait_for_place(turn, &stays) {
        Patience::Lasts => Excess::NotYet,
        Patience::Ended => Excess::Stays(kept_because(instance, first.placement)),
    }
}

/// Whether an answer about a node is recent enough to act on.
fn holds(turn: &Turn<'_>, placed: &Placed) -> bool {
    let holds = if placed.placement == Placement::Found { FRESH } else { ASK_AGAIN };
    turn.now < placed.at + holds
}

/// Whether the time limit of a wait has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    Lasts,
    Ended,
}

/// Adds the wait for nodes whose pods find no place, for as long as a drain may take: room may appear meanwhile.
fn wait_for_place(turn: &mut Turn<'_>, stays: &[(InstanceId, Placed)]) -> Patience {
    let Some((instance, first)) = stays.first().cloned() else { return Patience::Lasts };
    let since: Timestamp = stays.iter().map(|(_, placed)| placed.since).max().unwrap_or(turn.now);
    let until = since + turn.limits().drain;
    if turn.now >= until {
        return Patience::Ended;
    }
    let again = stays.iter().map(|(_, placed)| placed.at + ASK_AGAIN).min();
    again.into_iter().for_each(|again| turn.context.wake_at(again));
    let on = On::Place { instance, placement: first.placement, nodes: stays.len() as u32 };
    turn.context.wait(Wait { node: None, on, since: Some(since), again, until: Some(until) });
    Patience::Lasts
}

fn kept_because(instance: InstanceId, placement: Placement) -> KeptBecause {
    match placement {
        Placement::Lacking { pod, more_pods, message } => {
            KeptBecause::NoPlace { instance, pod, more_pods, message }
        }
        Placement::Stranded { zone, claim, .. } => KeptBecause::VolumesStranded { instance, zone, claim },
        Placement::CannotTell(message) => KeptBecause::PlacesUnknown { instance, message },
        Placement::Found => KeptBecause::NotDrained { instance },
    }
}

/// Why no candidate is left.
fn none_left(turn: &Turn<'_>) -> KeptBecause {
    if let Some(instance) = turn.rollout.kept.iter().next() {
        return KeptBecause::NotDrained { instance: instance.clone() };
    }
    let members = &turn.seen.members;
    let left = || members.of(|class| class.state != MemberState::Leaving).filter(|id| !is_held(turn, id));
    let allowed = left().filter_map(|id| members.class(id)).filter(|class| is_allowed(turn, class));
    let mut zones: Vec<Zone> =
        allowed.filter(|class| is_last(turn, class)).map(|it| it.zone.clone()).collect();
    zones.sort();
    zones.dedup();
    match (zones.is_empty(), left().next()) {
        (false, _) => KeptBecause::LastInZone { zones },
        (true, Some(_)) if turn.rollout.phase() == Phase::Restore => KeptBecause::OldNodesStay,
        (true, _) => KeptBecause::NoCandidate,
    }
}

/// The first [`ASKED_MAX`] candidates by [`Rank`]. What classes have in common is asked of the classes: of the members
/// only those are looked at that may be among the first.
fn ranked(turn: &Turn<'_>) -> Vec<Rank> {
    let may_go = |class: &MemberClass| {
        class.state != MemberState::Leaving && is_allowed(turn, class) && !is_last(turn, class)
    };
    let classes = turn.seen.members.by_class().filter(|(class, _)| may_go(class));
    let mut classes: Vec<_> =
        classes.map(|(class, ids)| (turn.serves(class), fullness(turn, class), class, ids)).collect();
    classes.sort_by_key(|(serves, fullness, ..)| (*serves, *fullness));
    let (mut ranked, mut last): (Vec<Rank>, _) = (Vec::new(), None);
    for (serves, fullness, class, ids) in classes {
        // In Restore the pods to move count first, and those are of the members.
        let is_settled = turn.rollout.phase() != Phase::Restore && last != Some((serves, fullness));
        if is_settled && ranked.len() >= ASKED_MAX {
            break;
        }
        last = Some((serves, fullness));
        ranked.extend(ids.filter(|id| is_free(turn, id)).map(|id| rank(turn, id, class, serves, fullness)));
    }
    ranked.sort();
    ranked.truncate(ASKED_MAX);
    ranked
}

/// Whether nothing holds a member of a class that may go.
fn is_free(turn: &Turn<'_>, id: &InstanceId) -> bool {
    let stuck = !turn.rollout.kept.is_empty() && moves(turn, id) > 0;
    !stuck && !is_held(turn, id)
}

/// Whether the node is on hold, named in the update's failure, or could not be drained.
fn is_held(turn: &Turn<'_>, id: &InstanceId) -> bool {
    let failed_on = turn.rollout.failure.as_ref().map_or(&[][..], |failure| &failure.resources);
    let node = turn.seen.members.node_of(id);
    turn.rollout.kept.contains(id)
        || node.is_some_and(|node| {
            node.hold.is_some() || failed_on.iter().any(|resource| resource == node.name.as_str())
        })
}

/// Whether nodes of this class may go at all: after a failure or cancel, old ones only where a new one stands in.
fn is_allowed(turn: &Turn<'_>, class: &MemberClass) -> bool {
    let wishes = turn.rollout.wishes;
    let is_old = turn.is_old_version(class.version);
    let failure = turn.rollout.failure.as_ref().map(|failure| failure.code);
    match (turn.rollout.phase(), failure) {
        (Phase::Restore, None) if wishes.keep_new => is_old && stands_for(turn, class),
        (Phase::Restore, None | Some(FailureCode::NodeCreationFailure)) => !is_old,
        (Phase::Restore, Some(_)) => !is_old || stands_for(turn, class),
        _ => true,
    }
}

/// Whether a serving new node stands in for an old one of this class: its zone has one, and without the old node the
/// zone still has as many serving nodes as at the start.
fn stands_for(turn: &Turn<'_>, class: &MemberClass) -> bool {
    let here = |new: bool| {
        turn.seen.members.count(|other| {
            turn.serves(other) && other.zone == class.zone && (!new || !turn.is_old_version(other.version))
        })
    };
    let measured = turn.rollout.measured.as_ref();
    let before = measured.and_then(|measured| measured.zones.get(&class.zone)).copied().unwrap_or(1);
    here(true) > 0 && here(false) > before
}

/// Whether it is the last serving node in a zone that had one at the start. Does not apply to groups with fewer
/// original nodes than zones, which cannot keep one in each.
pub(super) fn is_last_in_zone(turn: &Turn<'_>, id: &InstanceId) -> bool {
    turn.seen.members.class(id).is_some_and(|class| is_last(turn, class))
}

fn is_last(turn: &Turn<'_>, class: &MemberClass) -> bool {
    let Some(measured) = turn.rollout.measured.as_ref() else { return false };
    let had_one =
        measured.zones.contains_key(&class.zone) && measured.zones.len() as u32 <= measured.original.desired;
    let is_ready = |other: &MemberClass| other.state == MemberState::Ready;
    let here = |choose: &dyn Fn(&MemberClass) -> bool| {
        turn.seen.members.count(|other| other.zone == class.zone && choose(other))
    };
    let last_serving = turn.serves(class) && here(&|other| turn.serves(other)) <= 1;
    // One that somebody closed can be opened; an empty zone cannot.
    had_one && (last_serving || (is_ready(class) && here(&is_ready) <= 1))
}

/// The sort key. Nodes that do not serve go first. Then, at the end of a successful update: fullest zone, then fewest
/// pods. After a cancel: the zone with most nodes beyond its original number, then fewest pods to move. After a
/// failure: fewest pods to move.
fn rank(turn: &Turn<'_>, id: &InstanceId, class: &MemberClass, serves: bool, fullness: u32) -> Rank {
    if turn.rollout.phase() != Phase::Restore {
        let node = turn.seen.members.node_of(id);
        let pods = node.map_or(0, |node| turn.seen.pods.count_on_node(&node.name));
        return (serves, fullness, pods, 0, id.clone());
    }
    let moves = moves(turn, id);
    if turn.rollout.failure.is_some() {
        return (serves, 0, moves, fullness, id.clone());
    }
    let measured = turn.rollout.measured.as_ref();
    let before = measured.and_then(|measured| measured.zones.get(&class.zone)).copied().unwrap_or(0);
    let in_zone = u32::MAX - fullness;
    (serves, u32::MAX - in_zone.saturating_sub(before), moves, fullness, id.clone())
}

/// Members in the zone of a class, so that the fullest zone sorts first.
fn fullness(turn: &Turn<'_>, class: &MemberClass) -> u32 {
    let here = |other: &MemberClass| other.state != MemberState::Leaving && other.zone == class.zone;
    u32::MAX - turn.seen.members.count(here)
}

/// How many pods a drain of the node would have to move.
fn moves(turn: &Turn<'_>, id: &InstanceId) -> usize {
    let node = turn.seen.members.node_of(id);
    let pods = node.into_iter().flat_map(|node| turn.seen.pods.on_node(&node.name));
    pods.filter(|pod| disposition(pod, &turn.context.rules) != Disposition::Stays).count()
}
