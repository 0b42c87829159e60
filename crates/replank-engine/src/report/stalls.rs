//! What held an update up for so long that a person would ask why: of one that ran as of one that was rehearsed.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use replank_core::node_group::event::Fact;
use replank_core::node_group::problem::Why;
use replank_core::node_group::wait::{On, Wait};
use serde::Serialize;

use crate::messages::{self, topic};
use crate::serialized::{Kind, SerializedForm, snake, v1};
use crate::turn::Turned;

/// Shorter waits belong to an ordinary update, unless somebody wants to see them.
pub const WORTH_TELLING: SignedDuration = SignedDuration::from_mins(1);
/// No update stalls at more things than this.
const STALLS_MAX: usize = 10_000;

/// Something that held an update up.
#[derive(Clone, Debug, PartialEq)]
pub struct Stall {
    /// What was waited for, as it stood last.
    pub wait: Wait,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Whether the update failed by it, gave up a node or took to force, or still waits for it.
    pub stops: bool,
}

/// A stall with its words.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StallJson {
    /// The kind of wait, as in `on` of a wait.
    pub kind: String,
    /// The pod that could not go, as namespace/name.
    pub pod: Option<String>,
    /// The budget that kept it.
    pub budget: Option<String>,
    /// The node it was on.
    pub node: Option<String>,
    /// The minute of the update in which it began.
    pub minute: i64,
    /// For how many seconds.
    pub seconds: i64,
    /// Whether the update ended by it, or waits for it still.
    pub stops: bool,
    /// What it is, in words.
    pub what: String,
    /// What to change.
    pub advice: Option<String>,
}

impl StallJson {
    /// A stall of an update that began at `begun`.
    pub fn of(stall: &Stall, begun: Timestamp) -> Self {
        Self {
            kind: snake(v1::On::of(&stall.wait.on).kind()),
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

/// The budget of a wait, or all of them.
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

/// The stalls of one update.
#[derive(Debug)]
pub struct Stalls {
    least: SignedDuration,
    standing: BTreeMap<String, Stall>,
    over: Vec<Stall>,
}

impl Stalls {
    /// Those that last at least so long, or end the update.
    pub fn new(least: SignedDuration) -> Self {
        Self { least, standing: BTreeMap::new(), over: Vec::new() }
    }

    /// Takes a turn in.
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

    /// All of them, earliest first; an update that is not over waits for what stands.
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

/// Whether a person would have to do with it; the rest is what an update waits for by its nature.
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
        | On::Occupied { .. }
        | On::Launches { .. }
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
