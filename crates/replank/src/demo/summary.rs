//! Summary of an update: length of each phase, moved pods, lowest point of each budget, longest waits.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use replank_core::names::NodeGroupName;
use replank_core::node_group::event::{Event, Fact};
use replank_core::node_group::phase::Phase;
use replank_core::node_group::rollout::Rollout;
use replank_engine::messages;
use replank_engine::report::plan::UnplacedJson;
use replank_engine::report::{PhaseJson, Waited, WaitedJson};
use replank_engine::serialized::{SerializedForm, v1};
use replank_engine::turn::Turned;
use replank_rehearsal::adapter::Shared;
use serde::Serialize;

use crate::printer::Printer;

/// Number of rows that are printed of each list.
const ROWS_MAX: usize = 12;

/// Data that is collected during the run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collected {
    phases: Vec<(Phase, Timestamp)>,
    waited: Waited,
    last_at: Option<Timestamp>,
    /// Whether an earlier process began the update: the waits of that one are not in the record.
    is_continued: bool,
    /// Time of the first turn.
    first_at: Option<Timestamp>,
    turns: u64,
}

impl Collected {
    /// Data from the record of an update that an earlier process began.
    pub(crate) fn remembered(rollout: &Rollout, facts: &[Event]) -> Self {
        let phases = vec![(Phase::Setup, rollout.started_at())];
        let mut collected = Self { phases, is_continued: true, ..Self::default() };
        collected.phases(facts);
        collected
    }

    fn phases(&mut self, facts: &[Event]) {
        for event in facts {
            match &event.fact {
                Fact::Entered { phase } => self.phases.push((*phase, event.at)),
                Fact::Finished { .. } => self.phases.push((Phase::Done, event.at)),
                _ => {}
            }
        }
    }

    /// Takes in a turn.
    pub(crate) fn take(&mut self, turned: &Turned<'_>) {
        self.turns += 1;
        self.first_at.get_or_insert(turned.at);
        if self.phases.is_empty() {
            self.phases.push((Phase::Setup, turned.rollout.started_at()));
        }
        self.phases(turned.facts);
        self.waited.take(turned.at, &turned.decision.waits);
        self.last_at = Some(turned.at);
    }
}

/// Summary of an update.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    /// Node group.
    pub(crate) group: String,
    /// Outcome; null when it is not over.
    pub(crate) outcome: Option<v1::Outcome>,
    /// Reason of a failure.
    pub(crate) failure: Option<String>,
    /// That the group keeps more nodes than before, with the reason.
    pub(crate) kept: Option<String>,
    /// Duration in virtual seconds.
    pub(crate) seconds: i64,
    /// Duration of each phase.
    pub(crate) phases: Vec<PhaseJson>,
    /// Number of nodes replaced.
    pub(crate) replaced: u32,
    /// Number of surplus nodes removed.
    pub(crate) removed: u32,
    /// Moves of pods by workload.
    pub(crate) moved: Vec<Moved>,
    /// Lowest point of each budget.
    pub(crate) budgets: Vec<Lowest>,
    /// Longest waits.
    pub(crate) waits: Vec<WaitedJson>,
    /// Virtual second from which on waits are known; `None` when from the beginning.
    pub(crate) waits_since: Option<i64>,
    /// Pods that no node took.
    pub(crate) unplaced: UnplacedJson,
    /// Number of accepted evictions.
    pub(crate) evicted: u64,
    /// Number of refused evictions.
    pub(crate) refused: u64,
}

/// Moves of the pods of a workload.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Moved {
    /// Namespace, kind and name.
    pub(crate) workload: String,
    /// Number of moves of all its pods.
    pub(crate) moves: u64,
    /// Moves by pod, for pods that keep their name.
    pub(crate) by_pod: BTreeMap<String, u64>,
}

/// Lowest point of a budget.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Lowest {
    /// Namespace and name.
    pub(crate) budget: String,
    /// Number of healthy pods at that point.
    pub(crate) healthy: i64,
    /// `desiredHealthy` of the budget at that point.
    pub(crate) desired: i64,
    /// `expectedPods` of the budget at that point.
    pub(crate) expected: i64,
}

impl Summary {
    /// Summary of an update that ended or was left.
    pub(crate) fn new(mut collected: Collected, rollout: &Rollout, world: &Shared) -> Self {
        let waits_since = collected.first_at.filter(|_| collected.is_continued);
        let waits_since = waits_since.map(|at| at.duration_since(rollout.started_at()).as_secs());
        let end = rollout.end().map(|end| end.at).or(collected.last_at).unwrap_or(rollout.started_at());
        collected.waited.close(end);
        let ends = collected.phases.iter().skip(1).map(|(_, at)| *at).chain([end]);
        let phases = collected.phases.iter().zip(ends).filter(|((phase, _), _)| *phase != Phase::Done);
        let phases = phases
            .map(|((phase, since), until)| PhaseJson::of(*phase, until.duration_since(*since).as_secs()));
        let world = world.lock();
        let mut moved: Vec<Moved> = world
            .tally
            .moved()
            .iter()
            .map(|(workload, moves)| Moved {
                workload: format!("{}/{} {}", workload.namespace, workload.name, workload.kind),
                moves: moves.total,
                by_pod: moves.by_pod.iter().map(|(pod, times)| (pod.to_string(), *times)).collect(),
            })
            .collect();
        moved.sort_by(|a, b| b.moves.cmp(&a.moves).then_with(|| a.workload.cmp(&b.workload)));
        let budgets = world.tally.dips().into_iter().map(|((namespace, name), dip)| Lowest {
            budget: format!("{namespace}/{name}"),
            healthy: dip.healthy,
            desired: dip.desired,
            expected: dip.expected,
        });
        let group: &NodeGroupName = &rollout.spec().group;
        Self {
            group: group.to_string(),
            outcome: rollout.end().map(|end| v1::Outcome::of(&end.outcome)),
            failure: rollout.failure().map(|failure| messages::failure_line(failure, group)),
            kept: rollout.end().and_then(messages::larger_size_kept),
            seconds: end.duration_since(rollout.started_at()).as_secs(),
            phases: phases.collect(),
            replaced: rollout.replaced(),
            removed: rollout.removed(),
            moved,
            budgets: budgets.collect(),
            waits: collected.waited.over(),
            waits_since,
            unplaced: UnplacedJson::of(&world.unplaced()),
            evicted: world.tally.evicted,
            refused: world.tally.refused,
        }
    }

    /// Prints it as text.
    pub(crate) fn print(&self, printer: &mut Printer) {
        let span = |seconds: i64| messages::span(SignedDuration::from_secs(seconds));
        printer.line("");
        printer.line(&format!(
            "The update of node group {} {} after {} of virtual time.",
            self.group,
            self.outcome.clone().map_or("is not over", |outcome| messages::outcome(outcome.back())),
            span(self.seconds)
        ));
        if let Some(failure) = &self.failure {
            printer.line(&format!("  {failure}"));
        }
        if let Some(kept) = &self.kept {
            printer.line(&format!("  {kept}"));
        }
        let phases: Vec<String> =
            self.phases.iter().map(|phase| format!("{} {}", phase.name(), span(phase.seconds))).collect();
        printer.line(&format!("  phases    {}", phases.join(", ")));
        printer.line(&format!("  nodes     {} replaced, {} surplus removed", self.replaced, self.removed));
        let moves: u64 = self.moved.iter().map(|moved| moved.moves).sum();
        printer.line(&format!(
            "  pods      {moves} moves, {} evictions accepted, {} refused",
            self.evicted, self.refused
        ));
        self.print_lists(printer);
        printer.flush();
    }

    fn print_lists(&self, printer: &mut Printer) {
        let span = |seconds: i64| messages::span(SignedDuration::from_secs(seconds));
        let moved = self.moved.iter().map(|moved| {
            let pods: Vec<String> =
                moved.by_pod.iter().map(|(pod, times)| format!("{pod} {times}x")).collect();
            let pods = if pods.is_empty() { String::new() } else { format!(" ({})", pods.join(", ")) };
            format!("{:>4}x {}{pods}", moved.moves, moved.workload)
        });
        let budgets = self.budgets.iter().map(|low| {
            format!(
                "{}: {} of {} healthy at the lowest, {} wanted",
                low.budget, low.healthy, low.expected, low.desired
            )
        });
        let waits = self.waits.iter().map(|waited| format!("{}: {}", span(waited.seconds), waited.what));
        printer.list("Pods moved", moved.collect(), ROWS_MAX);
        printer.list("Deepest dip of each budget", budgets.collect(), ROWS_MAX);
        let title = match self.waits_since {
            None => "Waited for longest".to_owned(),
            Some(seconds) => format!("Waited for longest since it was started again after {}", span(seconds)),
        };
        printer.list(&title, waits.collect(), ROWS_MAX);
        for (title, pods) in messages::unplaced(&self.unplaced.back()) {
            printer.list(title, pods, ROWS_MAX);
        }
    }
}
