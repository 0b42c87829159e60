//! Which old node the strategy `REPLACE` takes next, and why this one now.
//!
//! The order that was asked for comes first; among equals the state decides, and among equals of that the seed. Pure:
//! the same observation and the same number of picks give the same node.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::turn::Turn;
use crate::draw;
use crate::names::{InstanceId, ObjectName, Zone};
use crate::node_group::event::Chosen;
use crate::node_group::rollout::Stage;
use crate::node_group::spec::Order;
use crate::observed::{MemberClass, Pod};
use crate::safety::disposition::{Disposition, disposition};

/// How many nodes are compared at a pick, from a seeded start: comparing all would cost the size of the group.
const COMPARED_MAX: usize = 32;

/// The sort key, lowest first. Nodes that do not serve go first. Then those whose zone keeps as many serving nodes as
/// at the start, those whose pods share no budget with nodes in drain, those without a leader, those of the zone with most to
/// spare, those whose tightest budget allows most, and those with the fewest pods to move.
type Rank = (bool, bool, u32, u32, Reverse<u32>, Reverse<u32>, u32);

/// The budgets over pods that nodes in drain still have to move.
pub(super) fn busy(turn: &Turn<'_>) -> BTreeSet<ObjectName> {
    let in_drain = turn.rollout.work.iter().filter(|(_, work)| match work.stage {
        Stage::Draining | Stage::Forcing { .. } => true,
        Stage::Deregistering { .. } | Stage::Terminating { .. } => false,
    });
    in_drain.flat_map(|(id, _)| budgets(turn, id)).cloned().collect()
}

/// The budgets over the pods that a drain of the node moves, one entry for each pod and budget.
pub(super) fn budgets<'t>(turn: &'t Turn<'_>, id: &InstanceId) -> impl Iterator<Item = &'t ObjectName> {
    moving(turn, id).flat_map(|pod| pod.budgets.iter())
}

/// The next node among those that `open` accepts; `busy` are the budgets over pods of nodes in drain.
pub(super) fn next(
    turn: &Turn<'_>,
    busy: &BTreeSet<ObjectName>,
    open: &dyn Fn(&InstanceId) -> bool,
) -> Option<(InstanceId, Chosen)> {
    let compared = first(turn, open);
    let among = compared.len() as u32;
    let ranked = compared.into_iter().filter_map(|id| {
        let chosen = Chosen { among, ..look(turn, id, busy)? };
        Some((rank(turn, id, &chosen)?, id, chosen))
    });
    // The first of equals is kept, so the seed decides among them.
    let best = ranked.reduce(|best, next| if next.0 < best.0 { next } else { best })?;
    Some((best.1.clone(), best.2))
}

/// The nodes that the order asked for puts first, at most [`COMPARED_MAX`], from a start that the seed draws.
fn first<'t>(turn: &'t Turn<'_>, open: &dyn Fn(&InstanceId) -> bool) -> Vec<&'t InstanceId> {
    let (spec, members) = (&turn.rollout.spec, &turn.seen.members);
    let start = draw::draw(spec.seed, turn.rollout.picks);
    let old = |class: &MemberClass| turn.is_old(class);
    let ring = || members.ring(start, old).filter(|id| open(id));
    match spec.order {
        Order::Random => ring().take(COMPARED_MAX).collect(),
        Order::ZoneByZone => {
            let zone = |id: &InstanceId| members.class(id).map(|class| &class.zone);
            let first = ring().filter_map(zone).min();
            ring().filter(|id| zone(id) == first).take(COMPARED_MAX).collect()
        }
        Order::Oldest => {
            let at = |id: &InstanceId| Some(members.get(id)?.instance.as_ref()?.launched_at);
            let first = ring().filter_map(at).min();
            ring().filter(|id| at(id) == first).take(COMPARED_MAX).collect()
        }
        Order::Emptiest => {
            let pods = |id: &InstanceId| {
                members.node_of(id).map_or(0, |node| turn.seen.pods.count_on_node(&node.name))
            };
            let first = ring().map(pods).min();
            ring().filter(|id| Some(pods(id)) == first).take(COMPARED_MAX).collect()
        }
    }
}

fn look(turn: &Turn<'_>, id: &InstanceId, busy: &BTreeSet<ObjectName>) -> Option<Chosen> {
    let zone = &turn.seen.members.class(id)?.zone;
    let (mut shared, mut leaders, mut moves, mut tightest) = (0, 0, 0, None);
    for pod in moving(turn, id) {
        moves += 1;
        leaders += u32::from(pod.leads);
        shared += u32::from(pod.budgets.iter().any(|budget| busy.contains(budget)));
        tightest = [tightest, allowed(turn, pod)].into_iter().flatten().min();
    }
    Some(Chosen { among: 1, shared, leaders, spare: spare(turn, zone), tightest, moves })
}

fn rank(turn: &Turn<'_>, id: &InstanceId, chosen: &Chosen) -> Option<Rank> {
    let Chosen { shared, leaders, spare, tightest, moves, .. } = *chosen;
    let serves = turn.serves(turn.seen.members.class(id)?);
    let tightest = tightest.unwrap_or(u32::MAX);
    Some((serves, spare == 0, shared, leaders, Reverse(spare), Reverse(tightest), moves))
}

/// Serving nodes in the zone beyond those at the start, without old nodes in work: how many may go with as much room
/// left in the zone for what is bound to it.
fn spare(turn: &Turn<'_>, zone: &Zone) -> u32 {
    let members = &turn.seen.members;
    let stands = |class: &MemberClass| {
        if turn.is_old_version(class.version) { turn.serves(class) } else { turn.is_serving(class) }
    };
    let standing = members.count(|class| class.zone == *zone && stands(class));
    let works = |id: &InstanceId| members.class(id).is_some_and(|class| class.zone == *zone && stands(class));
    let in_work = turn.rollout.work.keys().filter(|id| works(id)).count() as u32;
    let measured = turn.rollout.measured.as_ref();
    let before = measured.and_then(|measured| measured.zones.get(zone)).copied().unwrap_or(0);
    standing.saturating_sub(in_work + before)
}

/// Disruptions that the budget over a pod allows now; `None` where no budget selects it.
fn allowed(turn: &Turn<'_>, pod: &Pod) -> Option<u32> {
    match &*pod.budgets {
        [] => None,
        [budget] => turn.seen.pods.budget(budget).map(|budget| budget.allowed),
        _ => Some(0),
    }
}

/// The pods that a drain of the node moves.
fn moving<'t>(turn: &'t Turn<'_>, id: &InstanceId) -> impl Iterator<Item = &'t Pod> {
    let node = turn.seen.members.node_of(id);
    let pods = node.into_iter().flat_map(|node| turn.seen.pods.on_node(&node.name));
    pods.filter(|pod| disposition(pod, &turn.context.rules) != Disposition::Stays)
}
