//! Stalls: what held an update up so long that a person would ask why, in real runs and in rehearsals.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use replank_core::node_group::event::Fact;
use replank_core::node_group::problem::Why;
use replank_core::node_group::wait::{On, Wait};
use serde::Serialize;

use crate::messages::{self, topic};
use crate::serialized::{Kind, SerializedForm, camel, v1};
use crate::turn::Turned;

/// Waits shorter than this are left out by default, since every update has them.
pub const WORTH_TELLING: SignedDuration = SignedDuration::from_mins(1);
/// Most stalls that are kept.
const STALLS_MAX: usize = 10_000;

/// A wait that held an update up.
#[derive(Clone, Debug, PartialEq)]
pub struct Stall {
    /// The wait as it was last seen.
    pub wait: Wait,
    /// When it began.
    pub since: Timestamp,
    /// When it ended, or the present time while it goes on.
    pub until: Timestamp,
    /// Whether the update failed by it, gave up a node, went over to force, or still waits for it.
    pub stops: bool,
}

/// A stall with its text.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StallJson {
    /// Kind of the wait, as in `on` of a report's waits.
    pub kind: String,
    /// The pod that was held, as `namespace/name`.
    pub pod: Option<String>,
    /// The budget, or budgets, that held it.
    pub budget: Option<String>,
    /// The node that was held up.
    pub node: Option<String>,
    /// Minute of the update in which it began, from 0.
    pub minute: i64,
    /// Duration in seconds.
    pub seconds: i64,
    /// Whether the update failed by it, gave up a node, went over to force, or still waits for it.
    pub stops: bool,
    /// What was waited for, in words.
    pub what: String,
    /// What a person can change.
    pub advice: Option<String>,
}

impl StallJson {
    /// A stall of an update that began at `begun`.
    pub fn of(stall: &Stall, begun: Timestamp) -> Self {
        Self {
            kind: camel(v1::On::of(&stall.wait.on).kind()),
            pod: stall.wait.on.pod().map(ToString::to_string),
            budget: budget(&stall.wait.on),
            node: stall.wait.node.as_ref().map(ToString::to_string),
            minute: stall.since.duration_since(begun).as_mins(),
            seconds: stall.until.duration_since(stall.since).as_secs(),
            stops: stall.stops,
            what: messages::subject(&stall.wait, stall.until),
            advice: messages::advice(&stall.wait),
        }
    }
}

/// The budget that a wait is about; several are separated by commas.
pub fn budget(on: &On) -> Option<String> {
    match on {
        On::Budget(held) | On::BudgetNever(held) => Some(held.budget.to_string()),
        On::BudgetFailed { budget, .. } | On::BudgetUnsynced { budget, .. } => Some(budget.to_string()),
        On::ManyBudgets { budgets, .. } => {
            let names: Vec<String> = budgets.iter().map(ToString::to_string).collect();
            Some(names.join(", "))
        }
        _ => None,
    }
}

/// Collects the stalls of one update, turn by turn.
#[derive(Debug)]
pub struct Stalls {
    least: SignedDuration,
    standing: BTreeMap<String, Stall>,
    over: Vec<Stall>,
}

impl Stalls {
    /// Keeps stalls that last at least `least`, and all that stop the update.
    pub fn new(least: SignedDuration) -> Self {
        Self { least, standing: BTreeMap::new(), over: Vec::new() }
    }

    /// Adds a turn.
    pub fn take(&mut self, turned: &Turned<'_>) {
        for event in turned.facts {
            match &event.fact {
                Fact::Failed(failure) => {
                    if let Why::DrainTimedOut { waits, .. } = &failure.why {
                        waits.iter().for_each(|wait| self.stop(wait, event.at));
                    }
                    self.out_of_patience(event.at);
                }
                Fact::ForceBegan { .. } | Fact::Undrained { .. } => self.out_of_patience(event.at),
                _ => {}
            }
        }
        let mut standing = BTreeMap::new();
        for wait in turned.decision.waits.iter().filter(|wait| holds(&wait.on)) {
            let key = topic(wait);
            let known = self.standing.remove(&key);
            let (since, stops) = known.map_or((turned.at, false), |known| (known.since, known.stops));
            standing.insert(key, Stall { wait: wait.clone(), since, until: turned.at, stops });
        }
        for (_, mut stall) in std::mem::replace(&mut self.standing, standing) {
            stall.until = turned.at;
            self.end(stall);
        }
    }

    fn stop(&mut self, wait: &Wait, at: Timestamp) {
        if holds(&wait.on) {
            let new =
                || Stall { wait: wait.clone(), since: wait.since.unwrap_or(at), until: at, stops: true };
            self.standing.entry(topic(wait)).or_insert_with(new).stops = true;
        }
    }

    fn out_of_patience(&mut self, at: Timestamp) {
        let over = |stall: &&mut Stall| stall.wait.until.is_some_and(|until| until <= at);
        self.standing.values_mut().filter(over).for_each(|stall| stall.stops = true);
    }

    fn end(&mut self, stall: Stall) {
        if (stall.stops || stall.until.duration_since(stall.since) >= self.least)
            && self.over.len() < STALLS_MAX
        {
            self.over.push(stall);
        }
    }

    /// All stalls, earliest first. `waits_on` says that the update has not ended, so that open waits stop it.
    pub fn close(mut self, now: Timestamp, waits_on: bool) -> Vec<Stall> {
        for (_, mut stall) in std::mem::take(&mut self.standing) {
            stall.until = now;
            stall.stops |= waits_on;
            self.end(stall);
        }
        self.over.sort_by_key(|stall| (stall.since, topic(&stall.wait)));
        self.over
    }
}

/// Whether a person can do something about the wait; others belong to every update.
fn holds(on: &On) -> bool {
    match on {
        On::Budget(_)
        | On::BudgetNever(_)
        | On::BudgetFailed { .. }
        | On::BudgetUnsynced { .. }
        | On::ManyBudgets { .. }
        | On::Webhook { .. }
        | On::EvictionRefused { .. }
        | On::Terminating { .. }
        | On::StuckTerminating { .. }
        | On::JobRuns { .. }
        | On::LossRefused { .. }
        | On::ComesBack { .. }
        | On::Place { .. }
        | On::NoRoom { .. }
        | On::Occupied { .. }
        | On::Launches { .. }
        | On::NotJoining { .. }
        | On::Lost { .. }
        | On::Closed { .. }
        | On::Uncordoned { .. }
        | On::Hold { .. }
        | On::DrainedByHand { .. }
        | On::TerminateRefused { .. } => true,
        On::Reading { .. }
        | On::TemplateVersion
        | On::GroupPointed
        | On::SizesTaken
        | On::Unanswered
        | On::NodesJoining { .. }
        | On::Guarding { .. }
        | On::Unmarking { .. }
        | On::Cordon
        | On::Replacements { .. }
        | On::Paused
        | On::Throttled { .. }
        | On::EvictionSent { .. }
        | On::Deregistering
        | On::InstanceLeaving { .. } => false,
    }
}
