//! The cluster as an upgrade needs it: look at it, begin one update of it.
//!
//! A port answers; it never retries, never sleeps and never decides. Beginning an update twice with the same id begins it
//! once.

use std::future::Future;

use replank_core::cluster_upgrade::decision::Act;
use replank_core::cluster_upgrade::observed::Observation;
use replank_core::cluster_upgrade::progress::Upgrade;
use replank_core::names::UpdateId;
use replank_core::observed::Answer;

use crate::ports::ReadError;

/// A cluster that is upgraded.
pub trait UpgradePort {
    /// Id of the update that an attempt at a step begins: the same for the same upgrade, step and attempt.
    fn update_id(&self, upgrade: &Upgrade, step: u32, attempt: u32) -> UpdateId;

    /// Reads the cluster, and the record of the present step's update where there is one. What an update of a node group
    /// tells of itself is read from the journal.
    fn observe(&self, upgrade: &Upgrade) -> impl Future<Output = Result<Observation, ReadError>>;

    /// Begins the update of a control plane, an add-on or a node group, or evicts a pod on Fargate.
    fn start(&self, upgrade: &Upgrade, act: &Act) -> impl Future<Output = Answer>;
}
