//! The fields of workloads in short form.

#![expect(missing_docs, reason = "the table of fields says what each is")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::words::{Amount, Delay, Length};

/// A workload in short form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Workload {
    pub name: String,
    pub namespace: String,
    pub kind: WorkloadKind,
    pub replicas: u32,
    pub cpu: String,
    pub memory: String,
    pub image: String,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    pub budget: Option<Budget>,
    pub spread: Option<Spread>,
    pub anti_affinity: Option<AntiAffinity>,
    pub node_selector: BTreeMap<String, String>,
    pub tolerations: Vec<Toleration>,
    pub volume: Option<Volume>,
    pub empty_dir: bool,
    pub host_port: Option<u16>,
    pub priority_class: Option<String>,
    pub priority: Option<i32>,
    pub service: bool,
    pub pod_management: PodManagement,
    pub ready: Option<Delay>,
    pub terminate: Option<Delay>,
    pub grace: Length,
    pub runs: Option<Delay>,
    pub schedule: Option<String>,
    pub finalizer: Option<String>,
}

/// The kind of controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WorkloadKind {
    Deployment,
    StatefulSet,
    DaemonSet,
    ReplicaSet,
    Job,
    CronJob,
    Pod,
}

/// `podManagementPolicy` of a StatefulSet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PodManagement {
    OrderedReady,
    Parallel,
}

/// A disruption budget with exactly one of the two limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Budget {
    pub min_available: Option<Amount>,
    pub max_unavailable: Option<Amount>,
    pub unhealthy_pod_eviction_policy: Option<UnhealthyPods>,
}

/// `unhealthyPodEvictionPolicy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnhealthyPods {
    IfHealthyBudget,
    AlwaysAllow,
}

/// One of `topologySpreadConstraints`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spread {
    pub over: Over,
    pub max_skew: u32,
    pub unsatisfiable: Unsatisfiable,
}

/// The topology domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    Zone,
    Host,
}

impl Over {
    /// The node label of the domain.
    pub fn label(self) -> &'static str {
        match self {
            Self::Zone => "topology.kubernetes.io/zone",
            Self::Host => "kubernetes.io/hostname",
        }
    }
}

/// What the scheduler does with a pod that it can place nowhere without more skew (`whenUnsatisfiable`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unsatisfiable {
    DoNotSchedule,
    ScheduleAnyway,
}

/// Anti-affinity between the pods of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AntiAffinity {
    pub over: Over,
    pub required: bool,
}

/// A volume for each pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Volume {
    pub size: String,
    pub zone_bound: bool,
}

/// A taint of nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Taint {
    pub key: String,
    pub value: String,
    pub effect: Effect,
}

/// `effect` of a taint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    NoSchedule,
    PreferNoSchedule,
    NoExecute,
}

/// Which taints a pod bears, as Kubernetes has it; what is left out matches any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Toleration {
    pub key: Option<String>,
    /// `Equal` or `Exists`.
    pub operator: String,
    pub value: Option<String>,
    pub effect: Option<Effect>,
    pub seconds: Option<u64>,
}
