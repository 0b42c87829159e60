//! The rehearsal of a whole cluster's upgrade: the engine, the service and the check themselves, on a copy of the cluster in
//! virtual time.

pub(crate) mod html;
pub(crate) mod report;
mod run;
mod stage;
pub(crate) mod text;

pub(crate) use report::ClusterReport;
pub(crate) use run::{Outcome, Wanted, rehearse};
