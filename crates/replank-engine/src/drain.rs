//! Drains nodes that a person named: the loop of [`run`](mod@crate::run) without an update, a cloud or a journal.
//!
//! Nothing is recorded: a drain that is broken off is begun anew, and pods that left have left.

use jiff::Timestamp;
use replank_core::action::ClusterAction;
use replank_core::node_group::decide::{Evacuated, Evacuation, evacuate};
use replank_core::observed::{Answer, Observation, Read};

use crate::clock::Clock;
use crate::executor::on_cluster;
use crate::ports::Cluster;
use crate::turn::{Settings, note};

/// A turn of a drain, for those who show it.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// When it was decided.
    pub at: Timestamp,
    /// What was seen, with the answers of this turn.
    pub seen: &'a Observation,
    /// What was decided, and what is left.
    pub evacuated: &'a Evacuated,
    /// What was done, and its answers.
    pub performed: &'a [(ClusterAction, Answer)],
}

/// How a drain ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// Nothing that moves is left on any node, but for what came back at once, and all are closed.
    Drained(Evacuated),
    /// Patience with the last node that has pods left ran out.
    OutOfTime(Evacuated),
    /// Whoever watches asked to leave.
    Left(Evacuated),
}

/// Drains until every node is drained, or its time is up, or `show` answers that it is time to leave.
pub async fn drain<C: Cluster, T: Clock>(
    evacuation: &Evacuation,
    cluster: &mut C,
    clock: &T,
    settings: Settings,
    mut show: impl FnMut(&Step<'_>) -> bool,
) -> Ended {
    let mut seen = Observation { cloud_read: Read::Fresh, ..Observation::default() };
    loop {
        let read = clock.within(settings.deadlines.observe, cluster.observe(&mut seen)).await;
        note(&mut seen.cluster_read, read, clock.now());
        let at = clock.now();
        let evacuated = evacuate(evacuation, &seen, at);
        let performed = on_cluster(&evacuated.act, &*cluster, clock, settings, &mut seen.answers).await;
        seen.answers.forget_old(at);
        let leaves = show(&Step { at, seen: &seen, evacuated: &evacuated, performed: &performed });
        if evacuation.nodes.keys().all(|node| evacuated.is_drained(node)) {
            return Ended::Drained(evacuated);
        }
        let over = |(node, (_, until)): (_, &(_, Option<Timestamp>))| {
            evacuated.is_drained(node) || until.is_some_and(|until| at >= until)
        };
        if evacuation.nodes.iter().all(over) {
            return Ended::OutOfTime(evacuated);
        }
        if leaves {
            return Ended::Left(evacuated);
        }
        let least = replank_core::node_group::decide::least_rest(evacuation.nodes.len());
        clock.rest(least, evacuated.wake_at).await;
    }
}
