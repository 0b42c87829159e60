//! One turn in the making: the upgrade as it will be recorded, beside the decision about it.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use crate::cluster_upgrade::decision::{Act, Action, Decision};
use crate::cluster_upgrade::event::{Event, Fact, How};
use crate::cluster_upgrade::observed::{Checked, ControlPlane, Observation, Stands, Work};
use crate::cluster_upgrade::plan::What;
use crate::cluster_upgrade::problem::{Problem, Stop};
use crate::cluster_upgrade::progress::Upgrade;
use crate::cluster_upgrade::wait::{On, Wait};
use crate::observed::Answer;
use crate::version::Minor;

pub(super) struct Turn<'a> {
    /// The upgrade, with the facts of this turn taken in.
    pub(super) upgrade: Cow<'a, Upgrade>,
    pub(super) seen: &'a Observation,
    pub(super) now: Timestamp,
    /// The step and the attempt that the world was looked at for.
    looked_at: (u32, u32),
    decision: Decision,
}

impl<'a> Turn<'a> {
    pub(super) fn new(upgrade: &'a Upgrade, seen: &'a Observation, now: Timestamp) -> Self {
        let looked_at = (upgrade.at(), upgrade.present().attempt);
        Self { upgrade: Cow::Borrowed(upgrade), seen, now, looked_at, decision: Decision::default() }
    }

    /// What the present step does; `None` when all are over.
    pub(super) fn what(&self) -> Option<What> {
        self.upgrade.step().map(|step| step.what.clone())
    }

    /// The minor that the present step leads to.
    pub(super) fn minor(&self) -> Minor {
        self.upgrade.step().map_or(self.upgrade.spec().to, |step| step.minor)
    }

    pub(super) fn control_plane(&self) -> Option<&'a ControlPlane> {
        self.seen.control_plane.as_ref()
    }

    pub(super) fn has_begun(&self) -> bool {
        self.upgrade.present().began_at.is_some()
    }

    /// Whether the step is under way by now: begins it, unless a person asked to begin nothing more.
    pub(super) fn is_begun(&mut self) -> bool {
        if !self.has_begun() && !self.is_paused() {
            self.begin();
        }
        self.has_begun()
    }

    /// The update of the present step. Of a step that this turn came to, nothing was looked at yet.
    pub(super) fn work(&self) -> Option<&'a Work> {
        self.seen.work.as_ref().filter(|_| self.is_looked_at())
    }

    /// What the check of the cluster said of the present step's minor; `None` before it was made for this step.
    pub(super) fn checked(&self) -> Option<&'a Checked> {
        let minor = self.minor();
        self.seen.checked.as_ref().filter(|checked| self.is_looked_at() && checked.to == minor)
    }

    /// Tells what stops working with a minor, which holds nothing up.
    pub(super) fn tell_breaking(&mut self, checked: &Checked) {
        let accepted = &self.upgrade.spec().accepted;
        let mut found = checked.breaking.iter().filter(|found| !accepted.contains(&found.check));
        if let Some(first) = found.next().cloned() {
            let count = 1 + found.count() as u32;
            self.decision.problems.push(Problem::Breaks { first, count, minor: checked.to });
        }
    }

    fn is_looked_at(&self) -> bool {
        self.looked_at == (self.upgrade.at(), self.upgrade.present().attempt)
    }

    /// Records a fact and takes it in at once.
    pub(super) fn note(&mut self, fact: Fact) {
        let event = Event { at: self.now, fact };
        let applied = self.upgrade.to_mut().apply(&event);
        assert!(applied.is_ok(), "the policy recorded an illegal fact: {applied:?}");
        self.decision.record.push(event);
    }

    pub(super) fn begin(&mut self) {
        self.note(Fact::Began { step: self.upgrade.at() });
    }

    pub(super) fn pass(&mut self) {
        let how = if self.has_begun() { How::Done } else { How::NothingToDo };
        self.note(Fact::Passed { step: self.upgrade.at(), how });
    }

    pub(super) fn stop(&mut self, why: Stop) {
        self.note(Fact::Stopped { step: self.upgrade.at(), why });
        // It says so at once.
        self.is_stopped();
    }

    /// Whether the step waits for a person after a stop.
    pub(super) fn is_stopped(&mut self) -> bool {
        let Some((why, since)) = self.upgrade.present().stop.clone() else { return false };
        let Some(what) = self.what() else { return false };
        self.wait_for_a_person(On::Stopped { what, why }, Some(since));
        true
    }

    /// Whether a person asked to begin nothing more.
    pub(super) fn is_paused(&mut self) -> bool {
        let paused_at = self.upgrade.paused_at();
        if paused_at.is_some() {
            self.wait_for_a_person(On::Paused, paused_at);
        }
        paused_at.is_some()
    }

    pub(super) fn act(&mut self, action: Action) {
        let (step, attempt) = (self.upgrade.at(), self.upgrade.present().attempt);
        self.decision.act = Some(Act { step, attempt, action });
        self.look_again();
    }

    /// The world is waited for.
    pub(super) fn wait(&mut self, on: On, since: Option<Timestamp>) {
        self.wait_until(on, since, None);
    }

    pub(super) fn wait_until(&mut self, on: On, since: Option<Timestamp>, until: Option<Timestamp>) {
        self.decision.waits.push(Wait { on, since, until });
        self.look_again();
    }

    pub(super) fn wait_for_a_person(&mut self, on: On, since: Option<Timestamp>) {
        let wait = Wait { on, since, until: None };
        if !self.decision.waits.contains(&wait) {
            self.decision.waits.push(wait);
        }
    }

    /// Something short is waited for: it is looked at again sooner than usual.
    pub(super) fn look_soon(&mut self) {
        self.decision.wake_at = Some(self.now + self.upgrade.spec().limits.look_again / 5);
    }

    fn look_again(&mut self) {
        self.decision.wake_at = Some(self.now + self.upgrade.spec().limits.look_again);
    }

    /// Whether the step's act was refused for good, or its update came to a bad end; then the step stops.
    pub(super) fn is_spoilt(&mut self) -> bool {
        let refused = match self.seen.answer.as_ref().filter(|_| self.is_looked_at()) {
            Some(Answer::Impossible(message)) if self.work().is_none() => Some(message.clone()),
            _ => None,
        };
        let why = match (refused, self.work()) {
            (Some(message), _) => Stop::Refused { message },
            (None, Some(Work { update, stands: Stands::Failed { message } })) => {
                Stop::Failed { update: update.clone(), message: message.clone() }
            }
            (None, Some(Work { update, stands: Stands::Cancelled })) => {
                Stop::ChildCancelled { update: update.clone() }
            }
            (None, Some(Work { stands: Stands::Running(_) | Stands::Succeeded, .. }) | None) => return false,
        };
        self.stop(why);
        true
    }

    /// When patience with the present step ends; past that, a problem names it.
    pub(super) fn deadline(&mut self, limit: SignedDuration) -> Option<Timestamp> {
        let since = self.upgrade.present().began_at?;
        let until = since + limit;
        if let Some(what) = self.what().filter(|_| self.now >= until) {
            self.decision.problems.push(Problem::Late { what, since });
        }
        Some(until)
    }

    pub(super) fn finish(self) -> Decision {
        self.decision
    }
}
