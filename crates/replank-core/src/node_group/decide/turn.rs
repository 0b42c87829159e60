//! One turn of an update: its state with the facts of this turn applied, and the context of the decision.

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};

use jiff::Timestamp;

use super::context::Context;
use crate::names::InstanceId;
use crate::node_group::decision::Decision;
use crate::node_group::event::{Event, Fact, Measured};
use crate::node_group::phase::Phase;
use crate::node_group::problem::{Failure, FailureCode, Why};
use crate::node_group::rollout::Rollout;
use crate::node_group::wait::{On, Side, Wait};
use crate::observed::{Group, MemberState, Observation};

/// The update and the [`Context`] of its decision, to which it dereferences.
pub(super) struct Turn<'a> {
    /// The update, with the facts of this turn applied.
    pub(super) rollout: Cow<'a, Rollout>,
    pub(super) context: Context<'a>,
}

impl<'a> Deref for Turn<'a> {
    type Target = Context<'a>;

    fn deref(&self) -> &Context<'a> {
        &self.context
    }
}

impl DerefMut for Turn<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.context
    }
}

impl<'a> Turn<'a> {
    pub(super) fn new(rollout: &'a Rollout, seen: &'a Observation, now: Timestamp) -> Self {
        let spec = rollout.spec();
        Self { rollout: Cow::Borrowed(rollout), context: Context::new(seen, now, spec.pods, spec.limits) }
    }

    /// Whether a side could not be read or the group was never seen. Then nothing is decided; waits name the sides.
    pub(super) fn is_blind(&mut self) -> bool {
        let cluster = self.is_blind_to(Side::Cluster);
        let cloud = self.is_blind_to(Side::Cloud);
        cluster || cloud || self.seen.group.is_none()
    }

    pub(super) fn group(&self) -> Option<&'a Group> {
        self.seen.group.as_ref()
    }

    pub(super) fn measured(&self) -> Option<Measured> {
        self.rollout.measured.clone()
    }

    /// Records a fact and applies it to the update at once.
    pub(super) fn note(&mut self, fact: Fact) {
        let event = Event { at: self.now, fact };
        let applied = self.rollout.to_mut().apply(&event);
        assert!(applied.is_ok(), "the policy recorded an illegal fact: {applied:?}");
        self.decision.record.push(event);
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        self.note(Fact::Entered { phase });
    }

    /// Whether a person cancelled the update; enters Restore then.
    pub(super) fn is_cancelled(&mut self) -> bool {
        let cancelled = self.rollout.wishes.cancelled.is_some();
        if cancelled {
            self.enter(Phase::Restore);
        }
        cancelled
    }

    /// Records why the update cannot reach its goal, unless it failed before, and enters Restore.
    pub(super) fn fail(&mut self, code: FailureCode, why: Why, resources: Vec<String>) {
        if self.rollout.failure.is_none() {
            self.note(Fact::Failed(Failure { code, why, resources }));
        }
        if self.rollout.phase != Phase::Restore {
            self.enter(Phase::Restore);
        }
    }

    /// Adds a wait of the whole update.
    pub(super) fn wait_all(&mut self, on: On, until: Option<Timestamp>) {
        let since = Some(self.rollout.phase_since);
        self.wait(Wait { node: None, on, since, again: None, until });
    }

    /// Whether a person paused the update: no further node is picked.
    pub(super) fn is_paused(&self) -> bool {
        self.rollout.wishes.paused.is_some()
    }

    /// Whether the instance is terminating or gone.
    pub(super) fn is_leaving(&self, id: &InstanceId) -> bool {
        self.seen.members.class(id).is_none_or(|class| class.state == MemberState::Leaving)
    }

    pub(super) fn finish(self) -> Decision {
        self.context.decision
    }
}
