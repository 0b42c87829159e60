//! One turn of an upgrade: observe, decide, record, perform, publish. The process may die between any two of these.

use jiff::Timestamp;
use replank_core::cluster_upgrade::decide::decide;
use replank_core::cluster_upgrade::decision::{Act, Action, Decision};
use replank_core::cluster_upgrade::event::Event;
use replank_core::cluster_upgrade::observed::{Observation, Running, Stands, Work};
use replank_core::cluster_upgrade::plan::What;
use replank_core::cluster_upgrade::progress::Upgrade;
use replank_core::names::UpdateId;
use replank_core::node_group::problem::Outcome;
use replank_core::node_group::rollout::{GiveBack, Rollout};
use replank_core::observed::{Answer, Refused};
use tracing::debug;

use super::port::UpgradePort;
use super::report::UpgradeReport;
use crate::clock::Clock;
use crate::commands::{self, Command, CommandError, CommandKind, Stays, TargetAfter};
use crate::journal::{AppendError, Journal, JournalError, JournalPort, Recorded, RecordedUpgrade};
use crate::messages;
use crate::probe::{Boundary, Probe};
use crate::turn::{Next, TurnContext, TurnError, note};

/// An upgrade under way, with what is known of its cluster.
#[derive(Clone, Debug)]
pub struct UpgradeUnderWay {
    /// The upgrade as the journal has it.
    pub recorded: RecordedUpgrade,
    /// What was seen last.
    pub seen: Observation,
    /// The step and the attempt that the answer in `seen` is about.
    answered: Option<(u32, u32)>,
    /// The update of the present node group, as far as it was read from the journal.
    child: Option<Recorded>,
    unshown: Vec<Event>,
}

impl UpgradeUnderWay {
    /// An upgrade as the journal knows it.
    pub fn new(recorded: RecordedUpgrade) -> Self {
        Self { recorded, seen: Observation::default(), answered: None, child: None, unshown: Vec::new() }
    }

    fn key(&self) -> (u32, u32) {
        (self.recorded.upgrade.at(), self.recorded.upgrade.present().attempt)
    }
}

/// A turn that was taken, for those who show it.
#[derive(Clone, Copy, Debug)]
pub struct UpgradeTurned<'a> {
    /// When it was decided.
    pub at: Timestamp,
    /// The upgrade with everything recorded.
    pub upgrade: &'a Upgrade,
    /// What was decided.
    pub decision: &'a Decision,
    /// The facts recorded since the turn before, commands of persons among them.
    pub facts: &'a [Event],
}

impl UpgradeTurned<'_> {
    /// What every face shows of this turn.
    pub fn report(&self) -> UpgradeReport {
        UpgradeReport::of(self.upgrade, self.decision, self.at)
    }
}

/// Takes one turn and shows it to `publish`.
pub async fn turn<U: UpgradePort, J: JournalPort, T: Clock, P: Probe>(
    one: &mut UpgradeUnderWay,
    port: &U,
    context: &TurnContext<'_, J, T, P>,
    publish: &mut dyn FnMut(&UpgradeTurned<'_>),
) -> Result<Next, TurnError> {
    catch_up(one, context.journal).await?;
    observe(one, port, context).await?;
    context.probe.reach(Boundary::Observed)?;

    let at = context.clock.now();
    let decision = decide(&one.recorded.upgrade, &one.seen, at);
    context.probe.reach(Boundary::Decided)?;

    match record(&mut one.recorded, &decision.record, context.journal).await {
        Ok(()) => one.unshown.extend_from_slice(&decision.record),
        Err(AppendError::LostRace { .. }) => return Ok(Next::Again),
        Err(error) => return Err(error.into()),
    }
    context.probe.reach(Boundary::Recorded)?;

    if let Some(act) = &decision.act {
        let answer = perform(&one.recorded.upgrade, act, port, context).await?;
        debug!("{act:?}: {}", messages::answer(&answer));
        one.answered = Some((act.step, act.attempt));
        one.seen.answer = Some(answer);
    }
    let facts = std::mem::take(&mut one.unshown);
    publish(&UpgradeTurned { at, upgrade: &one.recorded.upgrade, decision: &decision, facts: &facts });
    context.probe.reach(Boundary::Published)?;
    if one.recorded.upgrade.end().is_some() {
        return Ok(Next::Over);
    }
    // What was recorded may be followed by something at once; a person alone is waited for without an end.
    let soon = (!decision.record.is_empty()).then_some(at + one.recorded.upgrade.spec().limits.look_again);
    Ok(Next::Rest(decision.wake_at.or(soon)))
}

async fn catch_up<J: JournalPort>(one: &mut UpgradeUnderWay, journal: &J) -> Result<(), JournalError> {
    let mut recorded = one.recorded.clone();
    let caught = move |journal: &mut Journal| {
        let heard = journal.catch_up_upgrade(&mut recorded)?;
        Ok::<_, JournalError>((recorded, heard))
    };
    let (recorded, heard) = journal.run(caught).await??;
    one.recorded = recorded;
    one.unshown.extend(heard);
    Ok(())
}

async fn observe<U: UpgradePort, J: JournalPort, T: Clock, P: Probe>(
    one: &mut UpgradeUnderWay,
    port: &U,
    context: &TurnContext<'_, J, T, P>,
) -> Result<(), JournalError> {
    let limit = context.settings.deadlines.observe;
    let upgrade = &one.recorded.upgrade;
    let read = context.clock.within(limit, port.observe(upgrade)).await;
    let now = context.clock.now();
    let answer = one.seen.answer.take().filter(|_| one.answered == Some(one.key()));
    let outcome = match read {
        Ok(Ok(seen)) => {
            let before = std::mem::take(&mut one.seen.read);
            one.seen = Observation { read: before, ..seen };
            Ok(Ok(()))
        }
        Ok(Err(error)) => Ok(Err(error)),
        Err(elapsed) => Err(elapsed),
    };
    note(&mut one.seen.read, outcome, now);
    one.seen.answer = answer;
    if matches!(one.recorded.upgrade.step().map(|step| &step.what), Some(What::NodeGroup(_))) {
        let (step, attempt) = one.key();
        let id = port.update_id(&one.recorded.upgrade, step, attempt);
        one.child = child(&id, one.child.take(), context.journal).await?;
        if let Some(recorded) = &one.child {
            // Before it is in the journal, it is as it is on record.
            one.seen.work = Some(Work { update: id, stands: stands(&recorded.rollout) });
        }
    }
    Ok(())
}

/// The update of a node group as its own facts tell it, going on from what was read of it before; `None` before it is in
/// the journal.
async fn child<J: JournalPort>(
    id: &UpdateId,
    known: Option<Recorded>,
    journal: &J,
) -> Result<Option<Recorded>, JournalError> {
    let id = id.clone();
    let read = move |journal: &mut Journal| match known.filter(|known| known.rollout.spec().update == id) {
        Some(mut known) => journal.catch_up(&mut known).map(|_| known),
        None => journal.load(&id).map(|(recorded, _)| recorded),
    };
    match journal.run(read).await? {
        Ok(recorded) => Ok(Some(recorded)),
        Err(JournalError::Unknown { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn stands(rollout: &Rollout) -> Stands {
    let group = &rollout.spec().group;
    match rollout.end().map(|end| end.outcome) {
        Some(Outcome::Succeeded) => Stands::Succeeded,
        Some(Outcome::Cancelled) => Stands::Cancelled,
        Some(Outcome::Failed) => {
            let line = rollout.failure().map(|failure| messages::failure_line(failure, group));
            Stands::Failed { message: line.unwrap_or_else(|| "the update failed".to_owned()) }
        }
        None => {
            let old = rollout.measured().map_or(0, |measured| measured.old);
            Stands::Running(Running {
                is_paused: rollout.wishes().paused.is_some(),
                replaced: rollout.replaced(),
                left: old.saturating_sub(rollout.replaced()),
            })
        }
    }
}

async fn record<J: JournalPort>(
    recorded: &mut RecordedUpgrade,
    events: &[Event],
    journal: &J,
) -> Result<(), AppendError> {
    let (mut after, events) = (recorded.clone(), events.to_vec());
    let job = move |journal: &mut Journal| {
        journal.append_upgrade(&mut after, &events)?;
        Ok::<_, AppendError>(after)
    };
    *recorded = journal.run(job).await??;
    Ok(())
}

async fn perform<U: UpgradePort, J: JournalPort, T: Clock, P: Probe>(
    upgrade: &Upgrade,
    act: &Act,
    port: &U,
    context: &TurnContext<'_, J, T, P>,
) -> Result<Answer, JournalError> {
    let (update, wish) = match &act.action {
        Action::StartControlPlane { .. }
        | Action::StartAddOn { .. }
        | Action::StartOwnAddOn { .. }
        | Action::UndoOwnAddOn { .. }
        | Action::StartGroup { .. }
        | Action::Relaunch { .. } => {
            let limit = context.settings.deadlines.perform;
            let answer = context.clock.within(limit, port.start(upgrade, act)).await;
            return Ok(answer.unwrap_or_else(|elapsed| Answer::CannotTell(elapsed.to_string())));
        }
        Action::PauseChild { update } => (update, CommandKind::Pause { in_work: GiveBack::No }),
        Action::ResumeChild { update } => (update, CommandKind::Resume),
        Action::CancelChild { update } => (
            update,
            CommandKind::Cancel { in_work: GiveBack::No, target: TargetAfter::Restored, stays: Stays::Old },
        ),
    };
    let (command, at) = (Command { update: update.clone(), wish }, context.clock.now());
    match context.journal.run(move |journal| commands::give(journal, &command, at)).await? {
        // What stands already is done.
        Ok(_) | Err(CommandError::Pointless { .. } | CommandError::Over { .. }) => Ok(Answer::Done),
        Err(error @ (CommandError::Crowded { .. } | CommandError::Append(_) | CommandError::Journal(_))) => {
            Ok(Answer::NotYet(Refused::Other { message: error.to_string() }))
        }
    }
}
