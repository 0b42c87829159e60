//! What held the runs of several seeds up: each once, with how many seeds met it.

use std::collections::{BTreeMap, BTreeSet};

use replank_core::wait::{On, Wait};
use replank_engine::words;
use replank_sim::session::{self, GroupRehearsal, Rehearsal};
use serde::Serialize;

/// Something that held the update up.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stall {
    /// The pod that could not go, as namespace/name.
    pub(crate) pod: Option<String>,
    /// The budget that kept it.
    pub(crate) budget: Option<String>,
    /// The node it was on.
    pub(crate) node: Option<String>,
    /// The minute in which it began, with the first seed that met it.
    pub(crate) minute: i64,
    /// For how many seconds.
    pub(crate) seconds: i64,
    /// Whether the update ended by it, or waits for it still.
    pub(crate) stops: bool,
    /// How many seeds met something like it.
    pub(crate) seeds: usize,
    /// What it is, in words.
    pub(crate) what: String,
    /// What to change.
    pub(crate) advice: Option<String>,
}

/// The stalls of all runs: those of the first run that met their kind, worst first.
pub(super) fn stalls(runs: &[(&Rehearsal, &GroupRehearsal)]) -> Vec<Stall> {
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    let mut told: BTreeMap<String, (usize, Vec<Stall>)> = BTreeMap::new();
    for (number, (run, group)) in runs.iter().enumerate() {
        let kinds: BTreeSet<String> = group.stalls.iter().map(|stall| kind(&stall.wait)).collect();
        kinds.into_iter().for_each(|kind| *met.entry(kind).or_default() += 1);
        for stall in &group.stalls {
            let (first, all) = told.entry(kind(&stall.wait)).or_insert_with(|| (number, Vec::new()));
            if *first == number {
                all.push(one(run, stall));
            }
        }
    }
    let mut out = Vec::new();
    for (kind, (_, all)) in told {
        let seeds = met.get(&kind).copied().unwrap_or_default();
        out.extend(all.into_iter().map(|stall| Stall { seeds, ..stall }));
    }
    out.sort_by_key(|stall| (!stall.stops, std::cmp::Reverse(stall.seeds), stall.minute));
    out
}

fn one(run: &Rehearsal, stall: &session::Stall) -> Stall {
    Stall {
        pod: stall.wait.on.pod().map(ToString::to_string),
        budget: budget(&stall.wait.on),
        node: stall.wait.node.as_ref().map(ToString::to_string),
        minute: stall.since.duration_since(run.begun).as_mins(),
        seconds: stall.until.duration_since(stall.since).as_secs(),
        stops: stall.stops,
        seeds: 0,
        what: words::subject(&stall.wait, stall.until),
        advice: words::advice(&stall.wait),
    }
}

/// What stalls have in common over seeds: what is waited for and whose it is, wherever that was.
fn kind(wait: &Wait) -> String {
    let nowhere = Wait { node: None, ..wait.clone() };
    match budget(&wait.on) {
        Some(budget) => format!("{:?} {budget}", std::mem::discriminant(&wait.on)),
        None => words::topic(&nowhere),
    }
}

/// The budget of a wait, or all of them.
fn budget(on: &On) -> Option<String> {
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
