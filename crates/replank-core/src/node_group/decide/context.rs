//! The context of a decision: what was seen, the time, the limits, and the decision as far as it is made.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::action::{Action, ActionKey};
use crate::names::{NodeName, ObjectName, Uid};
use crate::node_group::decision::Decision;
use crate::node_group::problem::Problem;
use crate::node_group::spec::Limits;
use crate::node_group::wait::{On, Side, Wait};
use crate::observed::{Answer, Observation, Read, Refused};
use crate::pod_rules::PodRules;

/// Pause before marks are tried again after a conflict (409). Short, because heartbeats change a node's resource
/// version too: a conflict is no sign of trouble.
const MARK_AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// A decision as it is being made, and what it is made from.
pub(super) struct Context<'a> {
    pub(super) seen: &'a Observation,
    pub(super) now: Timestamp,
    /// Which pods a drain may lose.
    pub(super) rules: PodRules,
    /// Disruptions of each budget that this decision already uses up.
    pub(super) spent: BTreeMap<ObjectName, u32>,
    /// Pods whose evictions are sent and counted in `spent` already.
    pub(super) sent: BTreeSet<Uid>,
    limits: Limits,
    pub(super) decision: Decision,
}

impl<'a> Context<'a> {
    pub(super) fn new(seen: &'a Observation, now: Timestamp, rules: PodRules, limits: Limits) -> Self {
        let (spent, sent, decision) = (BTreeMap::new(), BTreeSet::new(), Decision::default());
        Self { seen, now, rules, spent, sent, limits, decision }
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether `side` could not be read at this turn. Names the wait then: nothing is decided on old readings.
    pub(super) fn is_blind_to(&mut self, side: Side) -> bool {
        let read = match side {
            Side::Cluster => &self.seen.cluster_read,
            Side::Cloud => &self.seen.cloud_read,
        };
        let (since, why) = match read {
            Read::Fresh => return false,
            Read::Never => (None, "not read yet".to_owned()),
            Read::Unreadable { since, why } => (Some(*since), why.clone()),
        };
        self.wait(Wait { node: None, on: On::Reading { side, why }, since, again: None, until: None });
        self.wake_in(self.limits().act_again);
        true
    }

    /// Asks for an action, unless the same was asked so recently that its effect may not be visible yet. Whether it was
    /// asked for now.
    pub(super) fn ask(&mut self, action: impl Into<Action>) -> bool {
        let action = action.into();
        if self.seen.under_way.contains(&action.key()) {
            return false;
        }
        if let Some(ready_at) = self.not_before(&action.key()) {
            self.wake_at(ready_at);
            return false;
        }
        self.wake_in(self.limits().act_again);
        self.decision.act.push(action);
        true
    }

    /// Asks for an action whatever was answered before.
    pub(super) fn push(&mut self, action: impl Into<Action>) {
        self.decision.act.push(action.into());
    }

    /// When an action may be repeated; `None` when it may be now. The pause follows from its last answer: what the
    /// server asked for when throttled, else [`Limits::act_again`].
    pub(super) fn not_before(&self, key: &ActionKey) -> Option<Timestamp> {
        let attempt = self.seen.answers.get(key)?;
        let pause = match (key, &attempt.answer) {
            (_, Answer::NotYet(Refused::Throttled { retry_after_seconds })) => {
                SignedDuration::from_secs(i64::from(*retry_after_seconds))
            }
            (ActionKey::Mark(..), Answer::NotYet(Refused::Changed { .. })) => MARK_AGAIN,
            _ => self.limits().act_again,
        };
        let ready_at = attempt.at + pause;
        (ready_at > self.now).then_some(ready_at)
    }

    /// The message of the last answer, if that says that the action can never take effect.
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

    /// Adds the wait of one node.
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

    /// Asks where the pods of a node would go. The answer is part of the next observation, so the next turn is at once.
    pub(super) fn place(&mut self, node: NodeName) {
        self.decision.place.push(node);
        self.wake_at(self.now);
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
}
