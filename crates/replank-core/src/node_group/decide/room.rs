//! Pods without room hold further picks up (strategy `REPLACE`): all old nodes are closed, so what was evicted fits on
//! new ones only.

use super::turn::Turn;
use crate::node_group::wait::On;
use crate::observed::Pod;

/// Whether pods that came up during the update find no room while something under way may still make some: a node that
/// boots, or one in work whose pods move. Adds a wait that names them. When nothing is under way they hold nothing up:
/// the next node brings a new one with room.
pub(super) fn is_lacking(turn: &mut Turn<'_>, missing: u32) -> bool {
    if missing == 0 && turn.rollout.work.is_empty() {
        return false;
    }
    let started_at = turn.rollout.started_at;
    let waits = |pod: &&Pod| pod.deleting.is_none() && pod.created_at >= started_at;
    let lacking = turn.seen.pods.unbound().filter(waits);
    let mut named = lacking.filter_map(|pod| Some((&pod.name, pod.unschedulable.clone()?)));
    let Some((pod, message)) = named.next() else { return false };
    let (pod, more_pods) = (pod.clone(), named.count() as u32);
    turn.wait_all(On::NoRoom { pod, more_pods, message }, None);
    true
}
