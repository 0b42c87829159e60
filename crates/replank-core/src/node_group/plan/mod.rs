//! What an update would do, before it does it: the same decisions, run over a projection of what was seen.

//! The world of a plan is a [`Projection`], which is cheap and has no scheduler, or a rehearsal in a copy of the
//! embedded world, which the caller runs. [`Record`] makes the same [`Plan`] of both.

mod find;
mod finding;
mod job_loss;
mod record;
mod unplaced;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

pub use find::{beside, findings};
pub use finding::{About, Finding};
pub use job_loss::{JobEffect, JobLoss};
pub use record::Record;
pub use unplaced::{NoNode, Unplaced};

use crate::names::{NodeName, Uid};
use crate::node_group::decide::{decide, least_rest};
use crate::node_group::event::Measured;
use crate::node_group::phase::Phase;
use crate::node_group::problem::{Failure, Problem};
use crate::node_group::project::{Paces, Projection};
use crate::node_group::rollout::{End, Rollout, note_joined};
use crate::node_group::spec::Spec;
use crate::node_group::wait::Wait;
use crate::observed::Observation;

/// Turns allowed per member and pod, more than any update needs; a plan that exceeds them is stopped as one that
/// repeats itself.
const TURNS_PER_OBJECT: usize = 40;

/// How soon after an action its effect is seen, as through a watch.
const WATCH_DELAY: SignedDuration = SignedDuration::from_millis(50);

/// What an update would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The time at which it was made to begin.
    pub begun: Timestamp,
    /// The numbers of Setup: sizes, batch, increment; `None` when it does not get that far.
    pub measured: Option<Measured>,
    /// The phases it completes, with how long each takes.
    pub phases: Vec<(Phase, SignedDuration)>,
    /// The old nodes in the order in which they are picked.
    pub order: Vec<NodeName>,
    /// What to know about pods on old nodes, sorted by pod.
    pub findings: Vec<Finding>,
    /// How it ends; `None` when it gets stuck.
    pub end: Option<End>,
    /// Why it fails, if it does.
    pub failure: Option<Failure>,
    /// What it waits for in its last turn; tells where it is stuck when there is no end.
    pub waits: Vec<Wait>,
    /// Autoscalers, foreign nodes and pods that keep nodes, as they are at the beginning.
    pub beside: Vec<Problem>,
    /// Problems of its last turn.
    pub problems: Vec<Problem>,
    /// From the beginning to the end, or to where it is stuck.
    pub total: SignedDuration,
    /// Number of evictions that it asks for, repeated ones included.
    pub evictions: u64,
    /// Most members at any time, terminating ones not counted.
    pub peak: u32,
    /// Time that nodes beyond the original desired size stood, terminating ones not counted, summed over the nodes: one
    /// more for an hour is an hour.
    pub extra_node_time: SignedDuration,
    /// Pods that no node takes. A projection knows only those it was told.
    pub unplaced: Unplaced,
}

/// Previews an update of what was seen at `now`. `homeless` are the pods on old nodes that no other node would take,
/// with the scheduler's message; the caller asks the scheduler.
pub fn plan(
    spec: Spec,
    seen: &Observation,
    now: Timestamp,
    paces: Paces,
    homeless: &BTreeMap<Uid, Arc<str>>,
) -> Plan {
    let (findings, beside) = (findings(&spec, seen, homeless), beside(&spec, seen, now));
    let start = Rollout::new(spec, now);
    let mut world = Projection::new(seen.clone(), now, paces, homeless.keys().copied().collect());
    let shown = run(Record::new(&start, findings, beside), start, &mut world);
    Plan { unplaced: unplaced::moved(seen, &world.seen, homeless), ..shown }
}

fn run(mut record: Record, mut rollout: Rollout, world: &mut Projection) -> Plan {
    let mut turns = TURNS_PER_OBJECT * (world.seen.pods.len() + world.seen.members.iter().count() + 10);
    while rollout.phase() != Phase::Done && turns > 0 {
        turns -= 1;
        let decision = decide(&rollout, &world.seen, world.now);
        for event in &decision.record {
            let applied = rollout.apply(event);
            assert!(applied.is_ok(), "a decision that does not follow: {applied:?}");
        }
        note_joined(&mut world.seen, decision.record.iter().map(|event| &event.fact));
        record.take(&decision.record, &decision, &world.seen, world.now);
        for action in &decision.act {
            world.perform(action);
        }
        decision.place.iter().for_each(|node| world.place(node));
        // What an act changed is seen as soon as a watch shows it.
        let shown_at = (!decision.act.is_empty()).then(|| world.now + WATCH_DELAY);
        let next = [world.next_at(), decision.wake_at, shown_at].into_iter().flatten().min();
        match next {
            // An answer that was asked for is looked at before anything else happens.
            _ if !decision.place.is_empty() => {}
            Some(at) => world.advance_to(at.max(world.now + least_rest(rollout.work().len()))),
            None if decision.record.is_empty() && decision.act.is_empty() => break,
            None => {}
        }
    }
    record.close(&rollout, world.now)
}
