//! Result of a rehearsal, as text, JSON and HTML.

pub(crate) mod html;
mod scenario;
mod stalls;
mod svg;
pub(crate) mod text;

use replank_formats::snapshot::Snapshot;
use replank_formats::worldfile::spec::Cluster;
use replank_rehearsal::seed::Notes;
use serde::Serialize;

use crate::exit::Exit;

pub(crate) use scenario::{Node, Scenario};

/// Result of a rehearsal with all its scenarios.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// Name of the cluster.
    pub(crate) cluster: String,
    /// Kubernetes version of the cluster.
    pub(crate) version: String,
    /// Time of the snapshot.
    pub(crate) taken_at: String,
    /// Whether names in the snapshot are scrambled.
    pub(crate) anonymized: bool,
    /// The update as it is, then with each `--what-if`.
    pub(crate) scenarios: Vec<Scenario>,
    /// Assumptions about what the snapshot does not tell.
    pub(crate) assumed: Vec<String>,
    /// Parts of the snapshot that are not simulated.
    pub(crate) left_out: Vec<String>,
    /// What the group's cloud shows that may matter: what acts on it, and whether there is room.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) cloud: Vec<String>,
}

impl Report {
    /// Report of some scenarios.
    pub(crate) fn new(taken: &Snapshot, cluster: &Cluster, notes: Notes, scenarios: Vec<Scenario>) -> Self {
        Self {
            cluster: cluster.name.clone(),
            version: cluster.version.clone(),
            taken_at: taken.taken_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            anonymized: taken.anonymized,
            scenarios,
            assumed: notes.assumed,
            left_out: notes.left_out,
            cloud: Vec::new(),
        }
    }

    /// Exit code: the worst of the changes, or of the update as it is when no change was given.
    pub(crate) fn exit(&self) -> Exit {
        let one = |scenario: &Scenario| Exit::of_plan(scenario.succeeds(), scenario.unplaced.is_empty());
        let is_asked = |scenario: &&Scenario| !scenario.hangs_on_it;
        let (as_it_is, changes): (Vec<_>, Vec<_>) =
            self.scenarios.iter().filter(is_asked).enumerate().partition(|(at, _)| *at == 0);
        // A verdict that hangs on what nobody knows is as bad as the worse of the two.
        let doubts = self.scenarios.iter().filter(|scenario| scenario.hangs_on_it).map(one);
        let asked = if changes.is_empty() { as_it_is } else { changes };
        asked.into_iter().map(|(_, scenario)| one(scenario)).chain(doubts).fold(Exit::Done, Exit::or_worse)
    }
}
