//! One turn in the making: the state as it will be recorded, what was seen, and the decision so far.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::action::{Action, ActionKey};
use crate::decision::Decision;
use crate::event::{Event, Fact, Measured};
use crate::names::{InstanceId, NodeName, ObjectName};
use crate::observed::{Answer, Group, Observation, Read, Refused, Standing};
use crate::problem::{Failure, FailureCode, Problem, Why};
use crate::rollout::{Phase, Rollout};
use crate::spec::Limits;
use crate::wait::{On, Side, Wait};

pub(super) struct Turn<'a> {
    /// The update, with the facts of this turn taken in.
    pub(super) rollout: Cow<'a, Rollout>,
    pub(super) seen: &'a Observation,
    pub(super) now: Timestamp,
    /// Disruptions that this turn already uses, by budget.
    pub(super) spent: BTreeMap<ObjectName, u32>,
    decision: Decision,
}

impl<'a> Turn<'a> {
    pub(super) fn new(rollout: &'a Rollout, seen: &'a Observation, now: Timestamp) -> Self {
        Self {
            rollout: Cow::Borrowed(rollout),
            seen,
            now,
            spent: BTreeMap::new(),
            decision: Decision::default(),
        }
    }

    /// Whether one side cannot be read; then nothing is decided, and the wait says why.
    pub(super) fn is_blind(&mut self) -> bool {
        for (side, read) in [(Side::Cluster, &self.seen.cluster_read), (Side::Cloud, &self.seen.cloud_read)] {
            let (since, why) = match read {
                Read::Fresh => continue,
                Read::Never => (None, "not read yet".to_owned()),
                Read::Unreadable { since, why } => (Some(*since), why.clone()),
            };
            self.wait(Wait { node: None, on: On::Reading { side, why }, since, again: None, until: None });
            self.wake_in(self.limits().act_again);
        }
        !self.decision.waits.is_empty() || self.seen.group.is_none()
    }

    pub(super) fn limits(&self) -> Limits {
        self.rollout.spec.limits
    }

    pub(super) fn group(&self) -> Option<&'a Group> {
        self.seen.group.as_ref()
    }

    pub(super) fn measured(&self) -> Option<Measured> {
        self.rollout.measured.clone()
    }

    /// Records a fact and takes it in at once.
    pub(super) fn note(&mut self, fact: Fact) {
        let event = Event { at: self.now, fact };
        let applied = self.rollout.to_mut().apply(&event);
        assert!(applied.is_ok(), "the policy recorded an illegal fact: {applied:?}");
        self.decision.record.push(event);
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        self.note(Fact::Entered { phase });
    }

    /// Whether a person cancelled the update; then it cleans up.
    pub(super) fn is_cancelled(&mut self) -> bool {
        let cancelled = self.rollout.wishes.cancelled.is_some();
        if cancelled {
            self.enter(Phase::Restore);
        }
        cancelled
    }

    /// The update cannot reach its goal: record why and clean up.
    pub(super) fn fail(&mut self, code: FailureCode, why: Why, resources: Vec<String>) {
        if self.rollout.failure.is_none() {
            self.note(Fact::Failed(Failure { code, why, resources }));
        }
        if self.rollout.phase != Phase::Restore {
            self.enter(Phase::Restore);
        }
    }

    /// Asks for an effect unless it was asked for a moment ago: then the world is given time to show it.
    /// Answers whether it was asked now.
    pub(super) fn ask(&mut self, action: Action) -> bool {
        if let Some(ready_at) = self.not_before(&action.key()) {
            self.wake_at(ready_at);
            return false;
        }
        self.wake_in(self.limits().act_again);
        self.decision.act.push(action);
        true
    }

    /// Asks for an effect whatever was answered before.
    pub(super) fn push(&mut self, action: Action) {
        self.decision.act.push(action);
    }

    /// When an act may be repeated, if that is still to come.
    pub(super) fn not_before(&self, key: &ActionKey) -> Option<Timestamp> {
        let attempt = self.seen.answers.get(key)?;
        let pause = match &attempt.answer {
            Answer::NotYet(Refused::Throttled { retry_after_seconds }) => {
                SignedDuration::from_secs(i64::from(*retry_after_seconds))
            }
            _ => self.limits().act_again,
        };
        let ready_at = attempt.at + pause;
        (ready_at > self.now).then_some(ready_at)
    }

    /// The words of a lasting refusal of an act, if that was the last answer.
    pub(super) fn refused_for_good(&self, key: &ActionKey) -> Option<String> {
        match &self.seen.answers.get(key)?.answer {
            Answer::Impossible(message) => Some(message.clone()),
            Answer::Done | Answer::NotYet(_) | Answer::CannotTell(_) => None,
        }
    }

    pub(super) fn wait(&mut self, wait: Wait) {
        if let Some(until) = wait.until {
            self.wake_at(until);
        }
        self.decision.waits.push(wait);
    }

    /// The whole update waits.
    pub(super) fn wait_all(&mut self, on: On, until: Option<Timestamp>) {
        let since = Some(self.rollout.phase_since);
        self.wait(Wait { node: None, on, since, again: None, until });
    }

    /// One node waits.
    pub(super) fn wait_node(
        &mut self,
        node: Option<&NodeName>,
        on: On,
        since: Timestamp,
        until: Option<Timestamp>,
    ) {
        self.wait(Wait { node: node.cloned(), on, since: Some(since), again: None, until });
    }

    pub(super) fn waits(&self) -> &[Wait] {
        &self.decision.waits
    }

    pub(super) fn problem(&mut self, problem: Problem) {
        self.decision.problems.push(problem);
    }

    pub(super) fn wake_in(&mut self, pause: SignedDuration) {
        self.wake_at(self.now + pause);
    }

    pub(super) fn wake_at(&mut self, at: Timestamp) {
        let at = at.max(self.now);
        self.decision.wake_at = Some(self.decision.wake_at.map_or(at, |before| before.min(at)));
    }

    /// Whether a person asked to pick nothing more.
    pub(super) fn is_paused(&self) -> bool {
        self.rollout.wishes.paused.is_some()
    }

    /// Whether the instance is leaving or gone.
    pub(super) fn is_leaving(&self, id: &InstanceId) -> bool {
        self.seen.fleet.class(id).is_none_or(|class| class.standing == Standing::Leaving)
    }

    pub(super) fn finish(self) -> Decision {
        self.decision
    }
}
