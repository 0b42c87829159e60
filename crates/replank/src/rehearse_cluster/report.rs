//! What is told of the rehearsal of an upgrade, as text, JSON and HTML.

use jiff::{SignedDuration, Timestamp};
use replank_core::cluster_upgrade::observed::CheckFinding;
use replank_engine::cluster_upgrade::report::{StepReport, StepState, UpgradeStatus};
use replank_engine::messages;
use replank_engine::report::StallJson;
use replank_formats::snapshot::Snapshot;
use replank_rehearsal::seed::Notes;
use serde::Serialize;

use super::Outcome;
use crate::exit::Exit;

/// The rehearsal of an upgrade.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClusterReport {
    /// Name of the cluster.
    pub(crate) cluster: String,
    /// Version of its control plane.
    pub(crate) from: String,
    /// Version in the end.
    pub(crate) to: String,
    /// Time of the snapshot.
    pub(crate) taken_at: String,
    /// Whether names in the snapshot are scrambled.
    pub(crate) anonymized: bool,
    /// Whether the cluster got to the version.
    pub(crate) succeeds: bool,
    /// What it waits for in the end, when it did not.
    pub(crate) stopped_by: Vec<String>,
    /// Virtual time from the first step to the end.
    pub(crate) seconds: i64,
    /// Every step of the plan, with how long it took.
    pub(crate) steps: Vec<Step>,
    /// What the check found before each minor.
    pub(crate) findings: Vec<Found>,
    /// What held updates of node groups up.
    pub(crate) stalls: Vec<Stalled>,
    /// Pods that moved, by workload, the most first.
    pub(crate) moved: Vec<Moved>,
    /// Accepted evictions.
    pub(crate) evicted: u64,
    /// Refused evictions.
    pub(crate) refused: u64,
    /// Pods that have no node in the end, and had one before.
    pub(crate) unplaced: Vec<String>,
    /// Assumptions about what the snapshot does not tell.
    pub(crate) assumed: Vec<String>,
    /// Parts of the snapshot that are not simulated.
    pub(crate) left_out: Vec<String>,
}

/// A step of the plan.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Step {
    pub(crate) number: usize,
    pub(crate) minor: String,
    pub(crate) kind: String,
    pub(crate) does: String,
    /// `done`, `nothing to do`, `stopped` or `not begun`.
    pub(crate) state: &'static str,
    /// Minutes from the start to its beginning.
    pub(crate) minute: Option<i64>,
    /// How long it took.
    pub(crate) seconds: Option<i64>,
}

/// What the check found.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Found {
    /// The minor that it is about.
    pub(crate) minor: String,
    /// `blocks`: it holds the upgrade there; `breaks`: something stops working.
    pub(crate) severity: &'static str,
    pub(crate) text: String,
    pub(crate) advice: String,
}

/// A stall of the update of a group.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stalled {
    pub(crate) group: String,
    #[serde(flatten)]
    pub(crate) met: StallJson,
}

/// Pods of a workload that moved.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Moved {
    pub(crate) workload: String,
    pub(crate) moves: u64,
}

impl ClusterReport {
    pub(crate) fn new(taken: &Snapshot, notes: Notes, outcome: &Outcome) -> Self {
        let upgrade = &outcome.upgrade;
        let mut moved: Vec<Moved> = outcome
            .moved
            .iter()
            .map(|(workload, moves)| Moved {
                workload: format!("{} {}/{}", workload.kind, workload.namespace, workload.name),
                moves: moves.total,
            })
            .collect();
        moved.sort_by(|a, b| b.moves.cmp(&a.moves).then_with(|| a.workload.cmp(&b.workload)));
        let stalls = outcome
            .stalls
            .iter()
            .map(|(group, stall)| Stalled { group: group.clone(), met: StallJson::of(stall, outcome.begun) });
        let after = outcome.unplaced.after.iter().filter(|pod| !pod.as_before);
        Self {
            cluster: upgrade.cluster.clone(),
            from: upgrade.from.clone(),
            to: upgrade.to.clone(),
            taken_at: taken.taken_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            anonymized: taken.anonymized,
            succeeds: upgrade.status == UpgradeStatus::Succeeded,
            stopped_by: upgrade.waits.iter().map(|wait| wait.text.clone()).collect(),
            seconds: outcome.ended.duration_since(outcome.begun).as_secs(),
            steps: upgrade.steps.iter().map(|step| step_of(step, outcome.begun)).collect(),
            findings: findings(outcome),
            stalls: stalls.collect(),
            moved,
            evicted: outcome.evicted,
            refused: outcome.refused,
            unplaced: after.map(|pod| format!("{}: {}", pod.pod, pod.why)).collect(),
            assumed: notes.assumed,
            left_out: notes.left_out,
        }
    }

    /// Exit code: whether it gets there, and whether every pod has a node then. What the check would stop counts as not
    /// getting there.
    pub(crate) fn exit(&self) -> Exit {
        let is_held = self.findings.iter().any(|found| found.severity == "blocks");
        Exit::of_plan(self.succeeds && !is_held, self.unplaced.is_empty())
    }

    /// The result in one sentence.
    pub(crate) fn verdict(&self) -> String {
        let took = messages::span(SignedDuration::from_secs(self.seconds));
        let held = self.findings.iter().filter(|found| found.severity == "blocks").count();
        let (cluster, from, to) = (&self.cluster, &self.from, &self.to);
        match (self.succeeds, held) {
            (true, 0) => format!("Cluster {cluster} would go from {from} to {to} in {took}."),
            (true, held) => format!(
                "Cluster {cluster} would go from {from} to {to} in {took}, once {held} {} mended that hold it at a gate.",
                if held == 1 { "finding is" } else { "findings are" }
            ),
            (false, _) => {
                let at = self.steps.iter().find(|step| step.state == "stopped");
                let at = at.map_or(String::new(), |step| format!(" at step {}, {}", step.number, step.does));
                format!("Cluster {cluster} would not get from {from} to {to}: it stops after {took}{at}.")
            }
        }
    }
}

fn step_of(step: &StepReport, begun: Timestamp) -> Step {
    let minute = step.began_at.map(|at| at.0.duration_since(begun).as_secs() / 60);
    let seconds = step.began_at.zip(step.ended_at).map(|(from, to)| to.0.duration_since(from.0).as_secs());
    let state = match step.state {
        StepState::Pending => "not begun",
        StepState::Running => "stopped",
        StepState::Done => "done",
        StepState::NothingToDo => "nothing to do",
    };
    let StepReport { number, minor, kind, does, .. } = step.clone();
    Step { number, minor, kind, does, state, minute, seconds }
}

fn findings(outcome: &Outcome) -> Vec<Found> {
    let mut found = Vec::new();
    for checked in &outcome.checked {
        let one = |severity: &'static str| {
            move |finding: &CheckFinding| Found {
                minor: checked.to.to_string(),
                severity,
                text: messages::upgrade::check_finding(finding),
                advice: finding.advice.clone(),
            }
        };
        found.extend(checked.blocking.iter().map(one("blocks")));
        found.extend(checked.breaking.iter().map(one("breaks")));
    }
    found
}
