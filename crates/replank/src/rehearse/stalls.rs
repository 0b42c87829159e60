//! Stalls of the runs of several seeds, each once, with the number of seeds that met it.

use std::collections::{BTreeMap, BTreeSet};

use replank_core::node_group::wait::Wait;
use replank_engine::messages;
use replank_engine::report::{StallJson, budget};
use replank_rehearsal::session::{GroupRehearsal, Rehearsal};
use serde::Serialize;

/// A stall, with the number of seeds that met one of the same kind.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Stall {
    #[serde(flatten)]
    pub(crate) met: StallJson,
    pub(crate) seeds: usize,
}

/// Stalls of all runs, the worst first; of each kind that of the first run that met it.
pub(super) fn stalls(runs: &[(&Rehearsal, &GroupRehearsal)]) -> Vec<Stall> {
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    let mut told: BTreeMap<String, (usize, Vec<StallJson>)> = BTreeMap::new();
    for (number, (run, group)) in runs.iter().enumerate() {
        let kinds: BTreeSet<String> = group.stalls.iter().map(|stall| kind(&stall.wait)).collect();
        kinds.into_iter().for_each(|kind| *met.entry(kind).or_default() += 1);
        for stall in &group.stalls {
            let (first, all) = told.entry(kind(&stall.wait)).or_insert_with(|| (number, Vec::new()));
            if *first == number {
                all.push(StallJson::of(stall, run.begun));
            }
        }
    }
    let mut out = Vec::new();
    for (kind, (_, all)) in told {
        let seeds = met.get(&kind).copied().unwrap_or_default();
        out.extend(all.into_iter().map(|met| Stall { met, seeds }));
    }
    out.sort_by_key(|stall| (!stall.met.stops, std::cmp::Reverse(stall.seeds), stall.met.minute));
    out
}

/// Key under which stalls of different seeds are the same: what is waited for, without the node.
fn kind(wait: &Wait) -> String {
    let nowhere = Wait { node: None, ..wait.clone() };
    match budget(&wait.on) {
        Some(budget) => format!("{:?} {budget}", std::mem::discriminant(&wait.on)),
        None => messages::topic(&nowhere),
    }
}
