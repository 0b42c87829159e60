//! Coverage of runs: counts of phases, waits, answers, faults and ends, added up over many runs.

use std::collections::BTreeMap;

use replank_core::node_group::rollout::Rollout;
use replank_core::observed::{Answer, Refused};
use replank_engine::turn::Turned;

use super::names::{outcome_name, phase_name, wait_name};
use replank_world::fault::{Rule, Verdict};

/// Counts by name. Names are kept as up to three words and joined on reading, since a run counts several times a
/// turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    counts: BTreeMap<[&'static str; 3], u64>,
}

impl Coverage {
    /// Counts one occurrence.
    pub fn hit(&mut self, kind: &'static str, what: &'static str) {
        self.hit_one([kind, what, ""]);
    }

    fn hit_one(&mut self, name: [&'static str; 3]) {
        *self.counts.entry(name).or_default() += 1;
    }

    /// All counts by name.
    pub fn by_name(&self) -> BTreeMap<String, u64> {
        let name = |words: &[&str; 3]| words.join(" ").trim_end().to_owned();
        self.counts.iter().map(|(words, count)| (name(words), *count)).collect()
    }

    /// Adds the counts of another run.
    pub fn merge(&mut self, other: &Self) {
        for (name, count) in &other.counts {
            *self.counts.entry(*name).or_default() += count;
        }
    }

    /// Counts phase and waits of a turn.
    pub(super) fn turn(&mut self, turned: &Turned<'_>) {
        self.hit("phase", phase_name(turned.rollout.phase()));
        for wait in &turned.decision.waits {
            self.hit("wait", wait_name(&wait.on));
        }
    }

    /// Counts an answer.
    pub(super) fn answer(&mut self, answer: &Answer) {
        let name = match answer {
            Answer::Done => "done",
            Answer::Impossible(_) => "impossible",
            Answer::CannotTell(_) => "cannot-tell",
            Answer::NotYet(Refused::Budget { .. }) => "budget",
            Answer::NotYet(Refused::BudgetUnsynced { .. }) => "budget-unsynced",
            Answer::NotYet(Refused::ManyBudgets { .. }) => "many-budgets",
            Answer::NotYet(Refused::Throttled { .. }) => "throttled",
            Answer::NotYet(Refused::Webhook { .. }) => "webhook",
            Answer::NotYet(Refused::Occupied { .. }) => "occupied",
            Answer::NotYet(Refused::Changed { .. }) => "changed",
            Answer::NotYet(Refused::Other { .. }) => "other",
        };
        self.hit("answer", name);
    }

    /// Counts the end of an update, or the phase in which it was left.
    pub(super) fn end(&mut self, rollout: &Rollout) {
        match rollout.end() {
            Some(end) => self.hit("end", outcome_name(end.outcome)),
            None => self.hit_one(["end", "waiting in", phase_name(rollout.phase())]),
        }
    }

    /// Counts the calls that a fault rule met.
    pub(super) fn fault(&mut self, rule: &Rule, met: u64) {
        if met == 0 {
            return;
        }
        let call = rule.call.map_or("any", replank_world::fault::Call::as_str);
        self.hit_one(["fault", call, verdict_name(&rule.verdict)]);
    }
}

/// The name of a verdict as in world files.
pub fn verdict_name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail { .. } => "fail",
        Verdict::Delay(_) => "delay",
        Verdict::LoseAnswer => "lose-answer",
        Verdict::Stale(_) => "stale",
        Verdict::Throttle(_) => "throttle",
        Verdict::Crash => "crash",
    }
}
