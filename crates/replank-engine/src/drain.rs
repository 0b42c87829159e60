//! Drains nodes that a person named (`replank drain`): the loop of [`run`](mod@crate::run) without update, cloud or
//! journal.
//!
//! Nothing is recorded: a drain that was interrupted is simply begun again.

use jiff::Timestamp;
use replank_core::action::ClusterAction;
use replank_core::node_group::decide::{Evacuated, Evacuation, evacuate};
use replank_core::observed::{Answer, Observation, Read};

use crate::clock::Clock;
use crate::executor::on_cluster;
use crate::ports::Cluster;
use crate::turn::{Settings, note};

/// One turn of a drain, for showing it.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// When it was decided.
    pub at: Timestamp,
    /// What was seen, with the answers to this turn's actions.
    pub seen: &'a Observation,
    /// What was decided, and which pods are left.
    pub evacuated: &'a Evacuated,
    /// The actions performed, each with its answer.
    pub performed: &'a [(ClusterAction, Answer)],
}

/// How a drain ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// Every node is cordoned and has no pod left to move, except pods that came back because they tolerate the cordon.
    Drained(Evacuated),
    /// The time limit of the last node with pods passed.
    OutOfTime(Evacuated),
    /// `show` asked to stop.
    Left(Evacuated),
}

/// Drains until all nodes are drained, their time limits have passed, or `show` returns true.
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
