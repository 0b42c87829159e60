//! Drains nodes that a person named (`replank drain`), without update, cloud or journal.
//!
//! There are no rounds: actions are performed while the cluster is read, and each answer wakes the next decision. Nothing is
//! recorded: a drain that was interrupted is simply begun again.

use std::future::Future;
use std::pin::pin;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};
use replank_core::action::ClusterAction;
use replank_core::node_group::decide::{Evacuated, Evacuation, evacuate};
use replank_core::observed::{Answer, Observation, Read};

use crate::clock::Clock;
use crate::executor::within;
use crate::ports::Cluster;
use crate::turn::{Settings, note};

/// How much longer the least rest gets for each node.
const PACE_PER_NODE: SignedDuration = SignedDuration::from_millis(1);
/// The longest least rest, so that a budget that allows again is used within a tenth of a second.
const PACE_MAX: SignedDuration = SignedDuration::from_millis(80);

/// One turn of a drain, for showing it.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// When it was decided.
    pub at: Timestamp,
    /// What was seen, with the answers to the actions so far.
    pub seen: &'a Observation,
    /// What was decided, and which pods are left.
    pub evacuated: &'a Evacuated,
    /// The actions answered since the last turn, each with its answer.
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
///
/// `perform` acts on the cluster of the port, also while that is being read. What is under way at the end is waited for.
pub async fn drain<C: Cluster, T: Clock, F: Future<Output = Answer>>(
    evacuation: &Evacuation,
    cluster: &mut C,
    perform: impl Fn(ClusterAction) -> F,
    clock: &T,
    settings: Settings,
    mut show: impl FnMut(&Step<'_>) -> bool,
) -> Ended {
    let mut seen = Observation { cloud_read: Read::Fresh, ..Observation::default() };
    let mut under_way = FuturesUnordered::new();
    let pace = pace(evacuation.nodes.len());
    let mut performed = Vec::new();
    loop {
        let read = clock.within(settings.deadlines.observe, cluster.observe(&mut seen)).await;
        note(&mut seen.cluster_read, read, clock.now());
        let at = clock.now();
        let evacuated = evacuate(evacuation, &seen, at);
        let free = settings.acts_max.saturating_sub(under_way.len());
        for action in evacuated.act.iter().take(free).cloned() {
            seen.under_way.insert(action.key());
            let answer = within(clock, settings.deadlines.perform, perform(action.clone()));
            under_way.push(async move { (action, answer.await) });
        }
        seen.answers.forget_old(at);
        let leaves = show(&Step { at, seen: &seen, evacuated: &evacuated, performed: &performed });
        if let Some(end) = end(evacuation, &evacuated, at, leaves) {
            let last: Vec<_> = under_way.collect().await;
            show(&Step { at: clock.now(), seen: &seen, evacuated: &evacuated, performed: &last });
            return end(evacuated);
        }
        performed = answers(&mut under_way, clock, pace, evacuated.wake_at).await;
        for (action, answer) in &performed {
            seen.under_way.remove(&action.key());
            seen.answers.put(action.key(), answer.clone(), clock.now());
        }
    }
}

/// How the drain ends now; `None` when it goes on.
fn end(
    evacuation: &Evacuation,
    evacuated: &Evacuated,
    at: Timestamp,
    leaves: bool,
) -> Option<fn(Evacuated) -> Ended> {
    let is_over = |(node, (_, until)): (_, &(_, Option<Timestamp>))| {
        evacuated.is_drained(node) || until.is_some_and(|until| at >= until)
    };
    if evacuation.nodes.keys().all(|node| evacuated.is_drained(node)) {
        Some(Ended::Drained)
    } else if evacuation.nodes.iter().all(is_over) {
        Some(Ended::OutOfTime)
    } else {
        leaves.then_some(Ended::Left)
    }
}

/// Rests as the clock does, but no longer than `pace` after the first answer of an action; returns the answers.
async fn answers<F: Future>(
    under_way: &mut FuturesUnordered<F>,
    clock: &impl Clock,
    pace: SignedDuration,
    until: Option<Timestamp>,
) -> Vec<F::Output> {
    let mut answered = Vec::new();
    let mut rest = pin!(clock.rest(pace, until));
    while !under_way.is_empty() {
        match select(under_way.next(), rest.as_mut()).await {
            Either::Left((answer, _)) => {
                if answered.is_empty() {
                    rest.set(clock.rest(pace, Some(clock.now())));
                }
                answered.extend(answer);
            }
            Either::Right(_) => return answered,
        }
    }
    rest.await;
    answered
}

/// The least rest between two decisions: each looks at every pod of these nodes.
fn pace(nodes: usize) -> SignedDuration {
    PACE_PER_NODE.saturating_mul(i32::try_from(nodes).unwrap_or(i32::MAX)).min(PACE_MAX)
}
