//! The types of a checked world file with every default filled in. The table of fields says what each field
//! means.

mod act;
mod cluster;
mod update;
mod workload;

use serde::{Deserialize, Serialize};

pub use act::{Act, Breakage, Deed, Fault, FaultCall, FaultError, NodeChoice, ScaledKind, Verdict};
pub use cluster::{
    Addon, Autoscaler, Capacity, CapacityType, Cluster, GroupTimings, KeptBy, LaunchTemplate, NodeGroup,
    Operators, Pace, Size, Strategy, UpdateConfig,
};
pub use update::{Guard, Increment, JobRule, Limits, LossRule, Order, PodRules, Update};
pub use workload::{
    AntiAffinity, Budget, Effect, Over, PodManagement, Spread, Taint, Toleration, UnhealthyPods,
    Unsatisfiable, Volume, Workload, WorkloadKind,
};

use crate::words::{Delay, Moment};

/// A world file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorldSpec {
    /// Seed of all random draws.
    pub seed: u64,
    /// Virtual time at the start.
    pub start: Moment,
    /// Clusters, at least one.
    pub clusters: Vec<Cluster>,
    /// Durations in the whole world.
    pub timings: Timings,
    /// The update to run.
    pub update: Update,
    /// Commands during the update.
    pub acts: Vec<Act>,
    /// Rules for failing calls.
    pub faults: Vec<Fault>,
}

/// Durations in the whole world.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "the table of fields says what each is")]
pub struct Timings {
    pub launch: Delay,
    pub boot: Delay,
    pub join: Delay,
    pub image_pull: Delay,
    pub pod_start: Delay,
    pub pod_ready: Delay,
    pub pod_terminate: Delay,
    pub volume_attach: Delay,
    pub job_runs: Delay,
    pub terminate: Delay,
}

impl From<&Timings> for replank_world::timings::Timings {
    fn from(timings: &Timings) -> Self {
        Self {
            launch: timings.launch.into(),
            boot: timings.boot.into(),
            join: timings.join.into(),
            pull: timings.image_pull.into(),
            start: timings.pod_start.into(),
            ready: timings.pod_ready.into(),
            stop: timings.pod_terminate.into(),
            attach: timings.volume_attach.into(),
            job: timings.job_runs.into(),
            terminate: timings.terminate.into(),
            ..Self::default()
        }
    }
}
