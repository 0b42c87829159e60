//! One turn: observe, decide, record, perform, publish. The only place where order matters.
//!
//! The process may die between any two of these. A recorded action that was not performed is asked for again by the
//! next decision; a performed action whose answer was lost is visible in the world, and every action is safe to repeat.

use futures_util::future::join;
use jiff::{SignedDuration, Timestamp};
use replank_core::action::Action;
use replank_core::node_group::decide::decide;
use replank_core::node_group::decision::Decision;
use replank_core::node_group::event::Event;
use replank_core::node_group::phase::Phase;
use replank_core::node_group::rollout::{Rollout, note_joined};
use replank_core::observed::{Answer, Observation, Read};
use thiserror::Error;
use tracing::debug;

use crate::clock::{Clock, Elapsed};
use crate::executor;
use crate::journal::{AppendError, JournalError, JournalPort, Recorded};
use crate::metrics;
use crate::ports::{Cloud, Cluster, Deadlines, ReadError};
use crate::probe::{Boundary, Probe, Stopped};
use crate::report::Report;

/// Takes one turn of one update and shows it with `publish`.
pub async fn turn<C: Cluster, K: Cloud, J: JournalPort, T: Clock, P: Probe>(
    update: &mut Update<C, K>,
    context: &TurnContext<'_, J, T, P>,
    publish: &mut dyn FnMut(&Turned<'_>),
) -> Result<Next, TurnError> {
    let heard = catch_up(&mut update.recorded, context.journal).await?;
    note_joined(&mut update.seen, heard.iter().map(|event| &event.fact));
    update.unshown.extend(heard);
    metrics::turn();

    observe(update, context).await;
    context.probe.reach(Boundary::Observed)?;

    let at = context.clock.now();
    let decision = decide(&update.recorded.rollout, &update.seen, at);
    context.probe.reach(Boundary::Decided)?;

    match record(&mut update.recorded, &decision.record, context.journal).await {
        Ok(()) => {
            note_joined(&mut update.seen, decision.record.iter().map(|event| &event.fact));
            update.unshown.extend_from_slice(&decision.record);
        }
        Err(AppendError::LostRace { .. }) => return Ok(Next::Again),
        Err(error) => return Err(error.into()),
    }
    context.probe.reach(Boundary::Recorded)?;

    let performed = executor::all(update, &decision.act, context).await?;
    executor::place(update, &decision.place, context).await;
    update.seen.answers.forget_old(at);

    let facts = std::mem::take(&mut update.unshown);
    let (rollout, seen) = (&update.recorded.rollout, &update.seen);
    publish(&Turned { at, rollout, seen, decision: &decision, facts: &facts, performed: &performed });
    context.probe.reach(Boundary::Published)?;

    if update.is_over() { Ok(Next::Over) } else { Ok(Next::Rest(due_at(&decision, at))) }
}

/// Applies what was recorded since the last turn, by commands or another process.
async fn catch_up<J: JournalPort>(recorded: &mut Recorded, journal: &J) -> Result<Vec<Event>, JournalError> {
    let (update, from) = (recorded.rollout.spec().update.clone(), recorded.next_seq);
    let heard = journal.run(move |journal| journal.events_from(&update, from)).await??;
    recorded.take_in(&heard, journal.file())?;
    Ok(heard)
}

/// Records facts, all or none, unless others were recorded in between.
async fn record<J: JournalPort>(
    recorded: &mut Recorded,
    events: &[Event],
    journal: &J,
) -> Result<(), AppendError> {
    if events.is_empty() {
        return Ok(());
    }
    let after = recorded.with(events)?;
    let outcome = after.rollout.end().map(|end| end.outcome);
    let (update, before, events) =
        (recorded.rollout.spec().update.clone(), recorded.next_seq, events.to_vec());
    journal.run(move |journal| journal.record(&update, before, &events, outcome)).await??;
    *recorded = after;
    Ok(())
}

/// When the next turn is due. A decision that neither records nor asks for anything would be the same at the same time,
/// so the next one comes after [`IDLE_PAUSE`] at the earliest.
fn due_at(decision: &Decision, at: Timestamp) -> Option<Timestamp> {
    let idle = decision.record.is_empty() && decision.act.is_empty() && decision.place.is_empty();
    decision.wake_at.map(|wake_at| if idle { wake_at.max(at + IDLE_PAUSE) } else { wake_at })
}

/// An update that is being run, with its ports and what was seen through them.
#[derive(Debug)]
pub struct Update<C, K> {
    /// Its state as far as the journal was read.
    pub recorded: Recorded,
    /// What was seen, including the answers to its actions.
    pub seen: Observation,
    pub(crate) cluster: C,
    pub(crate) cloud: K,
    unshown: Vec<Event>,
}

/// What a turn needs besides the update.
#[derive(Debug)]
pub struct TurnContext<'a, J, T, P> {
    /// Access to the journal.
    pub journal: &'a J,
    /// Source of time.
    pub clock: &'a T,
    /// Is told of the points that the turn reaches.
    pub probe: &'a P,
    /// Limits on calls.
    pub settings: Settings,
}

/// Limits on the calls of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long each kind of call may take.
    pub deadlines: Deadlines,
    /// Most actions under way at once.
    pub acts_max: usize,
}

impl Default for Settings {
    /// 32 actions at once: by default the API server runs some tens of requests of one priority level at a time (API
    /// priority and fairness), so more would only queue there.
    fn default() -> Self {
        Self { deadlines: Deadlines::default(), acts_max: 32 }
    }
}

/// A turn that was taken, for showing it.
#[derive(Clone, Copy, Debug)]
pub struct Turned<'a> {
    /// When it was decided.
    pub at: Timestamp,
    /// The update with everything recorded.
    pub rollout: &'a Rollout,
    /// What was seen, with the answers to this turn's actions.
    pub seen: &'a Observation,
    /// What that turn decided to record and to do, and what it waits for.
    pub decision: &'a Decision,
    /// Facts recorded since the last turn that was shown, commands of persons included.
    pub facts: &'a [Event],
    /// The actions performed, each with its answer.
    pub performed: &'a [(Action, Answer)],
}

impl Turned<'_> {
    /// The report of this turn. Made on demand, since it costs as much as is in work.
    pub fn report(&self) -> Report {
        Report::of(self.rollout, self.decision, self.seen, self.at)
    }
}

/// When the next turn is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// At once: other facts were recorded in between, so the decision was dropped.
    Again,
    /// When something changes, or at this time at the latest.
    Rest(Option<Timestamp>),
    /// Never: the update has ended.
    Over,
}

/// Why a turn was not completed. Nothing is lost: the next process continues from the journal.
#[derive(Debug, Error)]
pub enum TurnError {
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The facts cannot be recorded.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// A probe ended it.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Least pause after a turn that changed nothing.
const IDLE_PAUSE: SignedDuration = SignedDuration::from_millis(100);
impl<C, K> Update<C, K> {
    /// An update from the journal that will act through these ports.
    pub fn new(recorded: Recorded, cluster: C, cloud: K) -> Self {
        let mut seen = Observation::default();
        seen.members.note_joined(recorded.rollout.joined());
        Self { recorded, seen, cluster, cloud, unshown: Vec::new() }
    }

    /// Whether the update has ended.
    pub fn is_over(&self) -> bool {
        self.recorded.rollout.phase() == Phase::Done
    }
}

/// Reads both sides at once. A failure is noted and the turn goes on: the decision deals with it.
async fn observe<C: Cluster, K: Cloud, J, T: Clock, P>(
    update: &mut Update<C, K>,
    context: &TurnContext<'_, J, T, P>,
) {
    let limit = context.settings.deadlines.observe;
    let Update { seen, cluster, cloud, .. } = update;
    let of_cloud = context.clock.within(limit, cloud.refresh(seen));
    let (of_cloud, of_cluster) = join(of_cloud, context.clock.within(limit, cluster.refresh(seen))).await;
    let now = context.clock.now();
    ["cloud", "cluster"].into_iter().for_each(metrics::read);
    if note(&mut seen.cloud_read, of_cloud, now) {
        cloud.tell(seen);
    } else {
        metrics::unread("cloud");
    }
    if note(&mut seen.cluster_read, of_cluster, now) {
        cluster.tell(seen);
    } else {
        metrics::unread("cluster");
    }
}

/// Notes how a reading went; whether it succeeded.
pub(crate) fn note(read: &mut Read, result: Result<Result<(), ReadError>, Elapsed>, now: Timestamp) -> bool {
    let why = match result {
        Ok(Ok(())) => {
            *read = Read::Fresh;
            return true;
        }
        Ok(Err(error)) => error.to_string(),
        Err(elapsed) => elapsed.to_string(),
    };
    debug!("not read: {why}");
    let since = match read {
        Read::Unreadable { since, .. } => *since,
        Read::Never | Read::Fresh => now,
    };
    *read = Read::Unreadable { since, why };
    false
}

#[cfg(test)]
mod tests {
    use replank_core::node_group::event::Fact;

    use super::*;

    #[test]
    fn a_turn_that_changed_nothing_is_never_followed_at_once() {
        let at = Timestamp::UNIX_EPOCH;
        let idle = Decision { wake_at: Some(at), ..Decision::default() };
        assert_eq!(due_at(&idle, at), Some(at + IDLE_PAUSE));
        assert_eq!(due_at(&Decision::default(), at), None);
        let record = vec![Event { at, fact: Fact::Resumed }];
        assert_eq!(due_at(&Decision { record, ..idle }, at), Some(at));
    }

    #[test]
    fn a_side_is_unreadable_since_the_first_reading_that_failed() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let failed = |why: &str| Ok(Err(ReadError(why.to_owned())));
        let unreadable = |since, why: &str| Read::Unreadable { since: at(since), why: why.to_owned() };
        let mut read = Read::Never;
        note(&mut read, failed("refused"), at(1));
        assert_eq!(read, unreadable(1, "refused"));
        note(&mut read, Err(Elapsed { limit: SignedDuration::from_secs(20) }), at(2));
        assert_eq!(read, unreadable(1, "no answer within 20 s"));
        note(&mut read, Ok(Ok(())), at(3));
        assert_eq!(read, Read::Fresh);
        note(&mut read, failed("refused"), at(4));
        assert_eq!(read, unreadable(4, "refused"));
    }
}
