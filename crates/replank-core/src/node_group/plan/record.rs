//! Makes a [`Plan`] of the turns of an update, whatever world they run in.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{Finding, Plan, Unplaced};
use crate::action::{Action, ClusterAction};
use crate::names::InstanceId;
use crate::node_group::decision::Decision;
use crate::node_group::event::{Event, Fact};
use crate::node_group::phase::{Phase, Purpose};
use crate::node_group::problem::{Problem, Why};
use crate::node_group::rollout::Rollout;
use crate::node_group::wait::Wait;
use crate::observed::{MemberState, Observation};

/// A plan that is being made, turn by turn.
#[derive(Clone, Debug)]
pub struct Record {
    phase: (Phase, Timestamp),
    out: Plan,
    found: BTreeSet<Finding>,
    /// The desired size before the update, once Setup measured it.
    home: Option<u32>,
    /// Number of nodes beyond it, and since when.
    extra: (u32, Timestamp),
}

impl Record {
    /// Starts with an update before its first turn, the findings about its pods and the problems known from the
    /// beginning.
    pub fn new(rollout: &Rollout, findings: Vec<Finding>, beside: Vec<Problem>) -> Self {
        let out = Plan {
            begun: rollout.started_at(),
            measured: None,
            phases: Vec::new(),
            order: Vec::new(),
            findings: Vec::new(),
            end: None,
            failure: None,
            waits: Vec::new(),
            beside,
            problems: Vec::new(),
            total: SignedDuration::ZERO,
            evictions: 0,
            peak: 0,
            extra_node_time: SignedDuration::ZERO,
            unplaced: Unplaced::default(),
        };
        let phase = (rollout.phase(), rollout.phase_since());
        let extra = (0, rollout.started_at());
        Self { phase, out, found: findings.into_iter().collect(), home: None, extra }
    }

    /// Adds one turn: the facts it recorded, what it decided, what it saw, and when.
    pub fn take(&mut self, facts: &[Event], decision: &Decision, seen: &Observation, at: Timestamp) {
        for event in facts {
            self.fact(event, decision, seen);
        }
        let evictions = decision
            .act
            .iter()
            .filter(|action| matches!(action, Action::Cluster(ClusterAction::Evict { .. })));
        self.out.evictions += evictions.count() as u64;
        let nodes = seen.members.count(|class| class.state != MemberState::Leaving);
        self.out.peak = self.out.peak.max(nodes);
        self.stood_until(at);
        self.extra.0 = self.home.map_or(0, |home| nodes.saturating_sub(home));
        self.out.waits.clone_from(&decision.waits);
        self.out.problems.clone_from(&decision.problems);
    }

    /// Adds the time of the extra nodes up to `at`.
    fn stood_until(&mut self, at: Timestamp) {
        let (nodes, since) = self.extra;
        self.extra.1 = at;
        let one = at.duration_since(since).max(SignedDuration::ZERO);
        let all = one.saturating_mul(i32::try_from(nodes).unwrap_or(i32::MAX));
        self.out.extra_node_time = self.out.extra_node_time.saturating_add(all);
    }

    fn fact(&mut self, event: &Event, decision: &Decision, seen: &Observation) {
        match &event.fact {
            Fact::Picked { node: Some(node), purpose: Purpose::Replace | Purpose::Retire, .. } => {
                self.out.order.push(node.clone());
            }
            Fact::Measured(measured) => self.home = Some(measured.original.desired),
            Fact::Entered { phase } => self.enter(*phase, event.at),
            Fact::Finished { .. } => self.enter(Phase::Done, event.at),
            Fact::Failed(failure) => {
                if let Why::DrainTimedOut { waits, .. } = &failure.why {
                    self.learn(waits);
                }
                // The first node ends the update for all; others may have been out of patience just as well.
                let over = |wait: &&Wait| wait.until.is_some_and(|until| until <= event.at);
                let others: Vec<Wait> = self.out.waits.iter().filter(over).cloned().collect();
                self.learn(&others);
            }
            Fact::ForceBegan { instance } | Fact::Undrained { instance } => {
                self.learn_of(instance, &decision.waits, seen);
            }
            _ => {}
        }
    }

    fn enter(&mut self, phase: Phase, at: Timestamp) {
        let (before, since) = std::mem::replace(&mut self.phase, (phase, at));
        self.out.phases.push((before, at.duration_since(since)));
    }

    fn learn_of(&mut self, instance: &InstanceId, waits: &[Wait], seen: &Observation) {
        let node = seen.members.node_of(instance).map(|node| &node.name);
        let held: Vec<Wait> = waits.iter().filter(|wait| wait.node.as_ref() == node).cloned().collect();
        self.learn(&held);
    }

    /// Adds what was waited for in vain to the findings, unless the pod has one of that kind already.
    fn learn(&mut self, waits: &[Wait]) {
        for found in waits.iter().filter_map(Finding::of_wait) {
            let known = self.found.iter().any(|known| {
                known.pod == found.pod
                    && known.about.blocks()
                    && std::mem::discriminant(&known.about) == std::mem::discriminant(&found.about)
            });
            if !known {
                self.found.insert(found);
            }
        }
    }

    /// The plan, given the final state of the update; `now` is the time at which it stopped.
    pub fn close(mut self, rollout: &Rollout, now: Timestamp) -> Plan {
        self.out.measured = rollout.measured().cloned();
        self.out.failure = rollout.failure().cloned();
        self.out.end = rollout.end().cloned();
        let over = rollout.end().map_or(now, |end| end.at);
        self.stood_until(over);
        self.out.total = over.duration_since(self.out.begun);
        self.out.findings = self.found.into_iter().collect();
        self.out
    }
}
