//! The port for plans of updates.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use replank_core::node_group::plan::Plan;
use replank_core::node_group::spec::Spec;
use replank_engine::report::StallJson;
use serde::Serialize;

use super::ActError;

/// Plans updates.
pub trait Planner {
    /// What the update would do if it began now. Changes nothing. May compute for seconds, so it must not run on a
    /// thread that serves other requests.
    fn plan(&self, spec: &Spec) -> Result<Planned, ActError>;

    /// The same for somebody who has time for it, with whatever held the update up for `least` or longer. It may compute
    /// for minutes.
    fn rehearse(&self, spec: &Spec, _least: SignedDuration) -> Result<Planned, ActError> {
        self.plan(spec)
    }
}

/// A plan of an update.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// What the update would do.
    pub plan: Plan,
    /// Why it was projected instead of rehearsed, if so; then it does not know where pods would go.
    pub projected: Option<String>,
    /// What the rehearsal tells beside the plan; `None` where it was projected, or nobody keeps more of it.
    pub rehearsal: Option<Rehearsal>,
}

/// A rehearsal on a snapshot of a real cluster.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rehearsal {
    /// When the cluster was read.
    #[serde(serialize_with = "as_text")]
    pub taken_at: Timestamp,
    /// Number of objects by kind.
    pub objects: BTreeMap<String, u64>,
    /// What would hold the update up.
    pub stalls: Vec<StallJson>,
    /// Most nodes above the configured size.
    pub extra_nodes: u32,
    /// Evictions that were refused.
    pub refused: u64,
    /// Whether the new nodes have room for all pods that have to move.
    pub fits: bool,
    /// Pods without a node in the end, in words.
    pub unplaced: Vec<String>,
    /// Kinds that could not be read, what was assumed, and what is not acted on.
    pub notes: Vec<String>,
    /// What the verdict hangs on: the opposite of an assumption, and whether the update succeeds then.
    pub doubts: Vec<(String, bool)>,
}

fn as_text<S: serde::Serializer>(at: &Timestamp, into: S) -> Result<S::Ok, S::Error> {
    into.collect_str(at)
}
