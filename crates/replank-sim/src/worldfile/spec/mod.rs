//! A world file, read: checked, every default filled in. The table of fields says what each means; here are only
//! the types.

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

use super::words::{Delay, Moment};

/// A whole world file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorldSpec {
    /// Decides everything that is drawn.
    pub seed: u64,
    /// The time in the world when it begins.
    pub start: Moment,
    /// At least one.
    pub clusters: Vec<Cluster>,
    /// How long things take.
    pub timings: Timings,
    /// The update that is run.
    pub update: Update,
    /// What people and machines do meanwhile.
    pub acts: Vec<Act>,
    /// Which calls go wrong.
    pub faults: Vec<Fault>,
}

/// How long things take in the whole world.
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

impl From<&Timings> for crate::timings::Timings {
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
