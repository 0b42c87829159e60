//! One scenario: the results of the runs of several seeds, aggregated.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use replank_core::node_group::phase::Phase;
use replank_core::node_group::plan::{self, Unplaced};
use replank_engine::messages;
use replank_engine::report::PhaseJson;
use replank_engine::report::plan::{BesideJson, NoNodeJson, UnplacedJson};
use replank_rehearsal::session::{GroupRehearsal, NodeLife, Rehearsal};
use serde::Serialize;

use super::stalls::{Stall, stalls};

/// Minimum, median and maximum of some numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub(crate) struct Spread {
    pub(crate) least: i64,
    pub(crate) median: i64,
    pub(crate) most: i64,
}

impl Spread {
    /// Spread of these numbers.
    pub(crate) fn of(numbers: impl IntoIterator<Item = i64>) -> Self {
        let mut all: Vec<i64> = numbers.into_iter().collect();
        all.sort_unstable();
        let at = |index: usize| all.get(index).copied().unwrap_or_default();
        Self { least: at(0), median: at(all.len() / 2), most: at(all.len().saturating_sub(1)) }
    }
}

/// One scenario of a rehearsal.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Scenario {
    /// The change as text, or that there is none.
    pub(crate) title: String,
    /// Whether this is the run with the opposite assumption, and its result differs.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) hangs_on_it: bool,
    /// Number of seeds.
    pub(crate) seeds: usize,
    /// Shortest stall that is reported, in seconds.
    pub(crate) stalls_from: i64,
    /// Node groups.
    pub(crate) groups: Vec<Group>,
    /// Lowest point of each budget.
    pub(crate) budgets: Vec<Lowest>,
    /// Moves of pods by workload.
    pub(crate) moved: Vec<Moved>,
    /// Pods without a node at the end.
    pub(crate) unplaced: Vec<UnplacedPod>,
    /// The same as typed data, from which text and JSON are made.
    #[serde(skip)]
    pub(crate) without_node: Unplaced,
    /// Pods that had no node before the update began.
    pub(crate) unplaced_before: Vec<NoNodeJson>,
    /// Pods that had no node during the update, but have one at the end.
    pub(crate) unplaced_during: Vec<NoNodeJson>,
    /// Whether the new nodes had room for all pods that had to move, with every seed.
    pub(crate) fits: bool,
    /// Number of accepted evictions.
    pub(crate) evicted: Spread,
    /// Number of refused evictions.
    pub(crate) refused: Spread,
    /// Nodes in the run of the first seed.
    pub(crate) timeline: Vec<Node>,
}

/// Results for one node group.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) release: String,
    pub(crate) version: String,
    /// Number of nodes to replace.
    pub(crate) nodes: u32,
    /// Why this many nodes are replaced at a time.
    pub(crate) batch: Option<String>,
    /// Why this many extra nodes are launched.
    pub(crate) increment: Option<String>,
    /// Number of seeds with which it succeeded, failed, and got stuck.
    pub(crate) succeeded: usize,
    pub(crate) failed: usize,
    pub(crate) stuck: usize,
    /// First failure of all runs.
    pub(crate) failure: Option<String>,
    /// That the group keeps more nodes than before, with the reason, from the first seed with which it does.
    pub(crate) kept: Option<String>,
    /// Duration in virtual seconds.
    pub(crate) seconds: Spread,
    /// Phases with their durations in virtual seconds.
    pub(crate) phases: Vec<PhaseJson<Spread>>,
    /// Number of evictions that it asks for.
    pub(crate) evictions: Spread,
    /// Largest number of nodes above the configured one.
    pub(crate) extra_nodes: Spread,
    /// Time in virtual seconds that nodes above the configured number stood, summed over the nodes.
    pub(crate) extra_node_seconds: Spread,
    /// Stalls, the worst first.
    pub(crate) stalls: Vec<Stall>,
    /// Findings on pods before the update begins.
    pub(crate) findings: Vec<Finding>,
    /// Other actors and unusual objects: autoscalers, nodes with the label of the group that are not in it, pods that
    /// block the scale-down of autoscalers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) beside: Vec<BesideJson>,
}

/// Something about a pod that a person should know.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Finding {
    pub(crate) blocks: bool,
    pub(crate) text: String,
    pub(crate) advice: Option<String>,
}

/// Lowest point of a budget over all seeds.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Lowest {
    pub(crate) budget: String,
    pub(crate) healthy: i64,
    pub(crate) desired: i64,
    pub(crate) expected: i64,
}

/// Moves of the pods of a workload.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Moved {
    pub(crate) workload: String,
    pub(crate) moves: Spread,
    /// Largest number of moves of one pod that keeps its name.
    pub(crate) most_of_one: Option<u64>,
}

/// A pod that no node took.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct UnplacedPod {
    pub(crate) pod: String,
    pub(crate) message: String,
    /// Whether its workload had such pods before the update.
    pub(crate) before: bool,
}

/// Life of a node, in seconds since the update began.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) zone: String,
    pub(crate) group: String,
    pub(crate) old: bool,
    pub(crate) from: i64,
    pub(crate) ready: Option<i64>,
    pub(crate) drained: Option<i64>,
    pub(crate) gone: Option<i64>,
}

impl Scenario {
    /// Aggregates the runs of all seeds.
    pub(crate) fn new(title: String, runs: &[Rehearsal], least: SignedDuration) -> Self {
        let groups = (0..runs.first().map_or(0, |run| run.groups.len()))
            .map(|at| group(&runs.iter().map(|run| (run, &run.groups[at])).collect::<Vec<_>>()));
        // Told of the first run that leaves pods without a node, if one does.
        let told = runs.iter().find(|run| !run.fits()).or(runs.first());
        let told = told.map(|run| run.unplaced.clone()).unwrap_or_default();
        let unplaced = told.after.iter().map(|pod| UnplacedPod {
            pod: pod.pod.to_string(),
            message: pod.why.to_string(),
            before: pod.as_before,
        });
        let UnplacedJson { before: unplaced_before, during: unplaced_during, .. } = UnplacedJson::of(&told);
        Self {
            title,
            hangs_on_it: false,
            seeds: runs.len(),
            stalls_from: least.as_secs(),
            groups: groups.collect(),
            budgets: budgets(runs),
            moved: moved(runs),
            unplaced: unplaced.collect(),
            without_node: told,
            unplaced_before,
            unplaced_during,
            fits: runs.iter().all(Rehearsal::fits),
            evicted: Spread::of(runs.iter().map(|run| run.evicted as i64)),
            refused: Spread::of(runs.iter().map(|run| run.refused as i64)),
            timeline: runs.first().map(timeline).unwrap_or_default(),
        }
    }

    /// Whether every group succeeded with every seed.
    pub(crate) fn succeeds(&self) -> bool {
        self.groups.iter().all(|group| group.succeeded == self.seeds)
    }
}

fn group(runs: &[(&Rehearsal, &GroupRehearsal)]) -> Group {
    let (_, first) = runs[0];
    let spec = &first.spec;
    let measured = first.plan.measured.as_ref();
    let succeeded = runs.iter().filter(|(_, run)| run.succeeds()).count();
    let stuck = runs.iter().filter(|(_, run)| run.plan.end.is_none()).count();
    let failure = runs.iter().find_map(|(_, run)| run.plan.failure.as_ref());
    let mut phases: Vec<(Phase, Vec<i64>)> = Vec::new();
    for (_, run) in runs {
        for (phase, length) in &run.plan.phases {
            match phases.iter_mut().find(|(known, _)| known == phase) {
                Some((_, all)) => all.push(length.as_secs()),
                None => phases.push((*phase, vec![length.as_secs()])),
            }
        }
    }
    let extra = runs.iter().map(|(_, run)| i64::from(run.extra_nodes()));
    Group {
        name: spec.group.to_string(),
        release: spec.target.release.clone(),
        version: spec.target.version.clone(),
        nodes: measured.map_or(0, |measured| measured.old),
        batch: measured.map(|measured| messages::batch_reason(spec, measured)),
        increment: measured.map(|measured| messages::increment_reason(spec, measured)),
        succeeded,
        failed: runs.len() - succeeded - stuck,
        stuck,
        failure: failure.map(|failure| messages::failure_line(failure, &spec.group)),
        kept: runs.iter().find_map(|(_, run)| messages::larger_size_kept(run.plan.end.as_ref()?)),
        seconds: Spread::of(runs.iter().map(|(_, run)| run.plan.total.as_secs())),
        phases: phases.into_iter().map(|(phase, all)| PhaseJson::of(phase, Spread::of(all))).collect(),
        evictions: Spread::of(runs.iter().map(|(_, run)| run.plan.evictions as i64)),
        extra_nodes: Spread::of(extra),
        extra_node_seconds: Spread::of(runs.iter().map(|(_, run)| run.plan.extra_node_time.as_secs())),
        stalls: stalls(runs),
        findings: findings(&first.plan.findings),
        beside: first.plan.beside.iter().map(|found| BesideJson::of(found, first.plan.begun)).collect(),
    }
}

fn findings(found: &[plan::Finding]) -> Vec<Finding> {
    let told = |blocks: bool| {
        let of_kind = found.iter().filter(move |one| one.about.blocks() == blocks);
        let lines = messages::findings(of_kind).into_iter();
        lines.map(move |(text, advice)| Finding { blocks, text, advice })
    };
    told(true).chain(told(false)).collect()
}

fn budgets(runs: &[Rehearsal]) -> Vec<Lowest> {
    let mut lowest: BTreeMap<String, Lowest> = BTreeMap::new();
    for ((namespace, name), dip) in runs.iter().flat_map(|run| &run.budgets) {
        let budget = format!("{namespace}/{name}");
        let (healthy, desired, expected) = (dip.healthy, dip.desired, dip.expected);
        let now = Lowest { budget: budget.clone(), healthy, desired, expected };
        let room = |low: &Lowest| (low.healthy - low.desired, low.healthy);
        match lowest.get(&budget) {
            Some(known) if room(known) <= room(&now) => {}
            _ => drop(lowest.insert(budget, now)),
        }
    }
    let mut all: Vec<Lowest> = lowest.into_values().collect();
    all.sort_by_key(|low| low.healthy - low.desired);
    all
}

fn moved(runs: &[Rehearsal]) -> Vec<Moved> {
    let mut by_workload: BTreeMap<String, (Vec<i64>, Option<u64>)> = BTreeMap::new();
    for (workload, moves) in runs.iter().flat_map(|run| &run.moved) {
        let name = format!("{} {}/{}", workload.kind, workload.namespace, workload.name);
        let entry = by_workload.entry(name).or_default();
        entry.0.push(moves.total as i64);
        entry.1 = entry.1.max(moves.by_pod.values().copied().max());
    }
    let seeds = runs.len();
    let mut all: Vec<Moved> = by_workload
        .into_iter()
        .map(|(workload, (mut moves, most_of_one))| {
            moves.resize(seeds.max(moves.len()), 0);
            Moved { workload, moves: Spread::of(moves), most_of_one }
        })
        .collect();
    all.sort_by(|a, b| b.moves.most.cmp(&a.moves.most).then_with(|| a.workload.cmp(&b.workload)));
    all
}

fn timeline(run: &Rehearsal) -> Vec<Node> {
    let since = |at: Timestamp| at.duration_since(run.begun).as_secs();
    let node = |life: &NodeLife| Node {
        name: life.name.to_string(),
        zone: life.zone.to_string(),
        group: life.group.to_string(),
        old: life.old,
        from: since(life.from),
        ready: life.ready_at.map(since),
        drained: life.cordoned_at.map(since),
        gone: life.gone_at.map(since),
    };
    run.nodes.iter().map(node).collect()
}
