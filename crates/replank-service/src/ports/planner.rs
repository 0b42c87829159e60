//! The port for plans of updates.

use replank_core::node_group::plan::Plan;
use replank_core::node_group::spec::Spec;

use super::ActError;

/// Plans updates.
pub trait Planner {
    /// What the update would do if it began now. Changes nothing. May compute for seconds, so it must not run on a
    /// thread that serves other requests.
    fn plan(&self, spec: &Spec) -> Result<Planned, ActError>;
}

/// A plan of an update.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// What the update would do.
    pub plan: Plan,
    /// Why it was projected instead of rehearsed, if so; then it does not know where pods would go.
    pub projected: Option<String>,
}
