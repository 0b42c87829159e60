//! One upgrade as far as its recorded facts tell: a fold over events. Nothing changes it but [`Upgrade::apply`].

use std::collections::BTreeSet;

use jiff::Timestamp;
use thiserror::Error;

use super::event::{Event, Fact, How};
use super::plan::{Step, What, steps};
use super::problem::{Outcome, Stop};
use super::spec::Spec;

/// One upgrade of one cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade {
    spec: Spec,
    started_at: Timestamp,
    steps: Vec<Step>,
    /// What became of the first steps; the next one is the present one.
    passed: Vec<PassedStep>,
    present: Present,
    paused_at: Option<Timestamp>,
    cancelled_at: Option<Timestamp>,
    end: Option<End>,
}

/// A step that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassedStep {
    /// When it began; `None` when there was nothing to do.
    pub began_at: Option<Timestamp>,
    /// When it was over.
    pub at: Timestamp,
    /// Whether it had anything to do.
    pub how: How,
}

/// How far the present step is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Present {
    /// When it began; `None` until what it does is about to be asked for.
    pub began_at: Option<Timestamp>,
    /// Which attempt it is, from 0.
    pub attempt: u32,
    /// Since when its update is paused by this upgrade.
    pub held_at: Option<Timestamp>,
    /// Whether the rest of the group may follow the first new node.
    pub is_canary_over: bool,
    /// Owners of pods on Fargate that it evicted.
    pub relaunched: BTreeSet<String>,
    /// Why it cannot go on, and since when.
    pub stop: Option<(Stop, Timestamp)>,
}

/// The end of an upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Whether the cluster reached the target or a person cancelled it.
    pub outcome: Outcome,
    /// When it was recorded.
    pub at: Timestamp,
}

/// A fact that cannot be true of an upgrade in this state; the journal is damaged or not this upgrade's.
#[derive(Debug, Error)]
#[error("upgrade {upgrade}: {fact:?} cannot happen at step {step}: {why}")]
pub struct IllegalEvent {
    /// Id of the upgrade.
    pub upgrade: String,
    /// The step it was at.
    pub step: u32,
    /// The fact, as it was read or about to be recorded.
    pub fact: Box<Fact>,
    /// What contradicts the fact, such as `it is over`.
    pub why: &'static str,
}

impl Upgrade {
    /// An upgrade that was asked for at `at` and did nothing yet.
    pub fn new(spec: Spec, at: Timestamp) -> Self {
        Self {
            steps: steps(&spec),
            spec,
            started_at: at,
            passed: Vec::new(),
            present: Present::default(),
            paused_at: None,
            cancelled_at: None,
            end: None,
        }
    }

    /// What was asked.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// When it was asked for.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// The whole plan.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The steps that are over, the first of the plan first.
    pub fn passed(&self) -> &[PassedStep] {
        &self.passed
    }

    /// The number of the present step.
    pub fn at(&self) -> u32 {
        self.passed.len() as u32
    }

    /// The present step; `None` when all are over.
    pub fn step(&self) -> Option<&Step> {
        self.steps.get(self.passed.len())
    }

    /// How far it is.
    pub fn present(&self) -> &Present {
        &self.present
    }

    /// When a person asked to begin nothing more; `None` when it is not paused.
    pub fn paused_at(&self) -> Option<Timestamp> {
        self.paused_at
    }

    /// When a person asked to stop for good.
    pub fn cancelled_at(&self) -> Option<Timestamp> {
        self.cancelled_at
    }

    /// How and when it ended; `None` while it goes on.
    pub fn end(&self) -> Option<End> {
        self.end
    }

    /// Whether it waits at a gate.
    pub fn is_at_gate(&self) -> bool {
        self.step().is_some_and(|step| step.what == What::Gate) && self.present.began_at.is_some()
    }

    /// Takes a fact in. On error nothing is changed.
    pub fn apply(&mut self, event: &Event) -> Result<(), IllegalEvent> {
        if let Some(why) = self.objection(&event.fact) {
            let (upgrade, step) = (self.spec.upgrade.to_string(), self.at());
            return Err(IllegalEvent { upgrade, step, fact: Box::new(event.fact.clone()), why });
        }
        self.take(&event.fact, event.at);
        Ok(())
    }

    fn objection(&self, fact: &Fact) -> Option<&'static str> {
        if self.end.is_some() {
            return Some("it is over");
        }
        let of_step =
            |step: u32| (step != self.at() || self.step().is_none()).then_some("it is at another step");
        let begun = self.present.began_at.is_some();
        match fact {
            Fact::Began { step } if of_step(*step).is_none() && begun => Some("the step began already"),
            Fact::ChildHeld { step }
            | Fact::ChildReleased { step }
            | Fact::CanaryServed { step }
            | Fact::Relaunched { step, .. }
                if of_step(*step).is_none() && !begun =>
            {
                Some("the step did not begin")
            }
            Fact::Stopped { step, .. } if of_step(*step).is_none() && self.present.stop.is_some() => {
                Some("it stopped already")
            }
            Fact::Began { step }
            | Fact::Passed { step, .. }
            | Fact::ChildHeld { step }
            | Fact::ChildReleased { step }
            | Fact::CanaryServed { step }
            | Fact::Relaunched { step, .. }
            | Fact::Stopped { step, .. } => of_step(*step),
            Fact::Finished { outcome: Outcome::Succeeded } if self.step().is_some() => Some("steps are left"),
            Fact::Finished { outcome: Outcome::Cancelled } if self.cancelled_at.is_none() => {
                Some("nobody cancelled it")
            }
            Fact::Paused | Fact::Resumed | Fact::Cancelled | Fact::Finished { .. } => None,
        }
    }

    fn take(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::Began { .. } => self.present.began_at = Some(at),
            Fact::Passed { how, .. } => self.pass(*how, at),
            Fact::ChildHeld { .. } => self.present.held_at = Some(at),
            Fact::ChildReleased { .. } => self.present.held_at = None,
            Fact::CanaryServed { .. } => self.present.is_canary_over = true,
            Fact::Relaunched { owner, .. } => drop(self.present.relaunched.insert(owner.clone())),
            Fact::Stopped { why, .. } => self.present.stop = Some((why.clone(), at)),
            Fact::Paused => self.paused_at = Some(at),
            Fact::Resumed => self.resume(at),
            Fact::Cancelled => self.cancelled_at = Some(at),
            Fact::Finished { outcome } => self.end = Some(End { outcome: *outcome, at }),
        }
    }

    fn pass(&mut self, how: How, at: Timestamp) {
        self.passed.push(PassedStep { began_at: self.present.began_at, at, how });
        self.present = Present::default();
    }

    fn resume(&mut self, at: Timestamp) {
        self.paused_at = None;
        match self.present.stop.take() {
            Some((why, _)) if why.is_over() => {
                self.present = Present { attempt: self.present.attempt + 1, ..Present::default() };
            }
            Some((Stop::CanaryIdle { .. }, _)) => self.present.is_canary_over = true,
            None if self.is_at_gate() => self.pass(How::Done, at),
            Some(_) | None => {}
        }
    }
}
