//! Which old node is replaced next.

use crate::draw;
use crate::names::InstanceId;
use crate::node_group::spec::Order;
use crate::observed::{MemberClass, Observation};

/// The next node in `order` among members of the classes that `old` accepts, without those that `open` rejects. `turn`
/// is the number of picks so far, which numbers the draw; `None` when no candidate is left.
///
/// The random orders cost as many looks as they skip; the others look at every candidate.
pub fn next<'a>(
    order: Order,
    seed: u64,
    turn: u64,
    seen: &'a Observation,
    old: &dyn Fn(&MemberClass) -> bool,
    open: &dyn Fn(&InstanceId) -> bool,
) -> Option<&'a InstanceId> {
    let members = &seen.members;
    let start = draw::draw(seed, turn);
    let candidates = || members.of(old).filter(|id| open(id));
    match order {
        Order::Random => members.ring(start, old).find(|id| open(id)),
        Order::ZoneByZone => {
            let zone = candidates().filter_map(|id| Some(&members.class(id)?.zone)).min()?;
            members.ring(start, |class| old(class) && class.zone == *zone).find(|id| open(id))
        }
        Order::Oldest => candidates().min_by_key(|id| {
            let launched_at =
                members.get(id).and_then(|member| member.instance.as_ref()).map(|it| it.launched_at);
            (launched_at, (*id).clone())
        }),
        Order::Emptiest => candidates().min_by_key(|id| {
            let node = members.node_of(id);
            (node.map_or(0, |node| seen.pods.count_on_node(&node.name)), (*id).clone())
        }),
    }
}
