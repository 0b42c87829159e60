//! How each fact changes an update, and which facts are legal in which state.

use jiff::Timestamp;
use thiserror::Error;

use super::{End, GiveBack, Rollout, Stage, Work};
use crate::names::InstanceId;
use crate::node_group::event::{Event, Fact};
use crate::node_group::phase::{Phase, Purpose};

/// A fact that cannot have happened to an update in this state: the journal is damaged or belongs to another update.
#[derive(Debug, Error)]
#[error("update {update}: {fact:?} cannot happen in phase {phase:?}: {why}")]
pub struct IllegalEvent {
    /// Id of the update.
    pub update: String,
    /// Phase the update was in.
    pub phase: Phase,
    /// The fact that was to be applied.
    pub fact: Box<Fact>,
    /// Which rule it breaks.
    pub why: &'static str,
}

impl Rollout {
    /// Applies a recorded fact. An illegal one is an error and changes nothing.
    pub fn apply(&mut self, event: &Event) -> Result<(), IllegalEvent> {
        let illegal = |why| IllegalEvent {
            update: self.spec.update.to_string(),
            phase: self.phase,
            fact: Box::new(event.fact.clone()),
            why,
        };
        if self.phase == Phase::Done {
            return Err(illegal("it is over"));
        }
        if let Some(why) = self.objection(&event.fact) {
            return Err(illegal(why));
        }
        self.take(&event.fact, event.at);
        Ok(())
    }

    fn objection(&self, fact: &Fact) -> Option<&'static str> {
        let in_work = |instance: &InstanceId| self.work.get(instance);
        let stage = |instance: &InstanceId| in_work(instance).map(|work| work.stage);
        match fact {
            Fact::Measured(_) if self.phase != Phase::Setup => Some("numbers are worked out in Setup"),
            Fact::Measured(_) if self.measured.is_some() => Some("numbers are worked out once"),
            Fact::Entered { phase } if !self.phase.may_become(*phase) => Some("this phase does not follow"),
            Fact::Entered { phase: Phase::Done } => Some("an update ends with its outcome"),
            Fact::Picked { instance, .. } if in_work(instance).is_some() => {
                Some("the node is in work already")
            }
            Fact::Drained { instance } => match stage(instance) {
                None => Some("the node is not in work"),
                Some(Stage::Terminating { .. }) => Some("the node is terminating already"),
                Some(_) => None,
            },
            // A termination that was recorded and never made, for pods were there, is given up like a drain.
            Fact::ForceBegan { instance }
            | Fact::TerminateAsked { instance, .. }
            | Fact::Gone { instance }
            | Fact::GivenBack { instance }
            | Fact::Undrained { instance } => stage(instance).is_none().then_some("the node is not in work"),
            Fact::Failed(_) if self.failure.is_some() => Some("it failed already"),
            Fact::Finished { .. } if !self.phase.may_become(Phase::Done) => Some("it cannot end here"),
            Fact::Measured(_)
            | Fact::Entered { .. }
            | Fact::Picked { .. }
            | Fact::SizesAsked { .. }
            | Fact::Grown { .. }
            | Fact::Missing { .. }
            | Fact::Joined { .. }
            | Fact::Lost { .. }
            | Fact::Failed(_)
            | Fact::Paused { .. }
            | Fact::Resumed
            | Fact::Cancelled { .. }
            | Fact::Forced
            | Fact::Finished { .. } => None,
        }
    }

    fn take(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::Measured(measured) => self.measured = Some(measured.clone()),
            Fact::Entered { phase } => {
                self.phase = *phase;
                self.phase_since = at;
                self.missing = (self.missing.0, at);
            }
            Fact::SizesAsked { to } => self.asked = Some(*to),
            Fact::Grown { by } => self.grow(*by),
            Fact::Missing { nodes } => self.missing = (*nodes, at),
            Fact::Joined { instances } => {
                for id in instances {
                    self.joined.insert(id);
                    self.lost.remove(id);
                }
            }
            Fact::Lost { nodes } => {
                for node in nodes {
                    self.lost.entry(node.instance.clone()).or_insert(at);
                }
            }
            Fact::Picked { instance, node, zone, purpose, chosen: _ } => {
                let work = Work {
                    node: node.clone(),
                    zone: zone.clone(),
                    purpose: *purpose,
                    picked_at: at,
                    stage: Stage::Draining,
                    forced: false,
                };
                self.work.insert(instance.clone(), work);
                self.picks += 1;
            }
            Fact::Drained { instance } => self.stage(instance, Stage::Deregistering { since: at }),
            Fact::ForceBegan { instance } => {
                self.stage(instance, Stage::Forcing { since: at });
                if let Some(work) = self.work.get_mut(instance) {
                    work.forced = true;
                }
            }
            Fact::TerminateAsked { instance, .. } => self.stage(instance, Stage::Terminating { since: at }),
            Fact::Gone { instance } => self.gone(instance),
            Fact::GivenBack { instance } => drop(self.work.remove(instance)),
            Fact::Undrained { instance } => {
                self.work.remove(instance);
                self.kept.insert(instance.clone());
            }
            Fact::Failed(failure) => self.failure = Some(failure.clone()),
            Fact::Paused { give_back } => self.wishes.paused = Some(GiveBack::from(*give_back)),
            Fact::Resumed => {
                self.wishes.paused = None;
                self.patient_since = at;
            }
            Fact::Cancelled { give_back, restore_target, keep_new } => {
                // A pause ends with it: nobody would resume what was given up, and it would never be cleaned up.
                self.wishes.paused = None;
                self.wishes.cancelled = Some(GiveBack::from(*give_back));
                self.wishes.restore_target = *restore_target;
                self.wishes.keep_new = *keep_new;
            }
            Fact::Forced => self.wishes.forced = true,
            Fact::Finished { outcome, unrestored, kept } => {
                self.phase = Phase::Done;
                self.phase_since = at;
                let (unrestored, kept) = (*unrestored, kept.clone());
                self.end = Some(End { outcome: *outcome, at, unrestored, kept });
            }
        }
    }

    fn grow(&mut self, by: u32) {
        if let (Some(measured), Some(asked)) = (&mut self.measured, &mut self.asked) {
            measured.original.desired += by;
            asked.desired += by;
        }
    }

    fn stage(&mut self, instance: &InstanceId, stage: Stage) {
        if let Some(work) = self.work.get_mut(instance) {
            work.stage = stage;
        }
    }

    fn gone(&mut self, instance: &InstanceId) {
        let Some(work) = self.work.remove(instance) else { return };
        self.joined.remove(instance);
        self.lost.remove(instance);
        match work.purpose {
            Purpose::Lost => {}
            Purpose::Replace => self.replaced += 1,
            Purpose::Excess => {
                self.removed += 1;
                self.leave(work.stage);
            }
            Purpose::Retire => {
                self.replaced += 1;
                self.leave(work.stage);
            }
        }
    }

    /// A node left with its place in the group, if it was at `stage` where that was asked for.
    fn leave(&mut self, stage: Stage) {
        if let (Some(asked), Stage::Terminating { .. }) = (&mut self.asked, stage) {
            asked.desired = asked.desired.saturating_sub(1);
        }
    }
}

impl From<bool> for GiveBack {
    fn from(give_back: bool) -> Self {
        if give_back { Self::Yes } else { Self::No }
    }
}
