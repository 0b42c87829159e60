//! What an update would do, said before it does it.

use replank_core::node_group::preview::Preview;
use replank_core::node_group::spec::Spec;

use super::ActError;

/// Says what an update would do, before it does it.
pub trait Planner {
    /// What the update would do, begun now; nothing changes by it. It may take seconds of computing, so it is no
    /// call to make on a thread that serves others.
    fn plan(&self, spec: &Spec) -> Result<Planned, ActError>;
}

/// What an update would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// What it would do.
    pub preview: Preview,
    /// Why it was projected from what was seen and not rehearsed, if so: then nothing is known of where pods would go.
    pub projected: Option<String>,
}
