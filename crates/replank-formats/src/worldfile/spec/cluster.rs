//! Clusters and node groups of a world file.

#![expect(missing_docs, reason = "the table of fields says what each is")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Taint, Workload};
use crate::words::{Delay, Length};

/// The cluster that the world starts with. The table of the format says what each field means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cluster {
    pub name: String,
    pub version: String,
    pub region: String,
    pub account: String,
    pub node_groups: Vec<NodeGroup>,
    pub addons: Vec<Addon>,
    pub autoscaler: Autoscaler,
    pub workloads: Vec<Workload>,
    pub manifests: Vec<String>,
    /// Absent in journals of older versions.
    #[serde(default)]
    pub operators: Operators,
    #[serde(default)]
    pub paces: Vec<Pace>,
}

/// How owners that the world does not run, such as custom resources, treat deleted pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Operators {
    pub recreate: bool,
    pub after: Length,
}

impl Default for Operators {
    fn default() -> Self {
        Self { recreate: true, after: Length(jiff::SignedDuration::from_secs(5)) }
    }
}

impl Operators {
    /// How long after its removal a pod is created again; `None` for never.
    pub fn pause(self) -> Option<replank_world::time::Span> {
        self.recreate.then(|| self.after.0.into())
    }
}

/// Durations for the pods of one workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pace {
    pub workload: String,
    pub runs: Option<Delay>,
    pub ready: Option<Delay>,
    pub terminate: Option<Delay>,
}

impl Pace {
    /// Namespace and name of the workload; `*` matches any.
    pub fn place(&self) -> (&str, &str) {
        self.workload.split_once('/').unwrap_or(("default", &self.workload))
    }

    fn is_of(&self, namespace: &str, name: &str) -> bool {
        let (of, named) = self.place();
        (of == "*" || of == namespace) && (named == "*" || named == name)
    }
}

impl Cluster {
    /// How long a pod of this Job runs, by the first matching entry of `paces`.
    pub fn runs(&self, namespace: &str, name: &str) -> Option<Delay> {
        self.paces.iter().filter(|pace| pace.is_of(namespace, name)).find_map(|pace| pace.runs)
    }
}

/// Add-ons of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Addon {
    AwsNode,
    KubeProxy,
    Coredns,
    MetricsServer,
    ClusterAutoscaler,
}

/// Flags of the Cluster Autoscaler.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Autoscaler {
    pub enabled: bool,
    pub scan_interval: Length,
    pub scale_down: bool,
    pub scale_down_delay: Length,
    pub delay_after_delete: Length,
    pub unneeded_time: Length,
    pub unready_time: Length,
    pub utilization_threshold: f64,
    pub unremovable_recheck: Length,
    pub provision_time: Length,
    pub cordon: bool,
    pub delete_delay: Length,
    pub eviction_time: Length,
    pub termination_time: Length,
    pub parallelism: u32,
    pub drain_parallelism: u32,
    pub skip_nodes_with: Vec<KeptBy>,
}

/// Pods that prevent the removal of their node by the autoscaler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeptBy {
    LocalStorage,
    SystemPods,
}

/// A scaling group whose instances become nodes. The table of the format says what each field means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeGroup {
    pub name: String,
    pub zones: Vec<String>,
    pub size: Size,
    pub zone_sizes: Option<BTreeMap<String, u32>>,
    pub instance_type: String,
    pub capacity: Option<Capacity>,
    /// A value of EKS's `AMITypes`.
    pub image_type: String,
    pub release: String,
    pub version: Option<String>,
    pub image: Option<String>,
    pub launch_template: Option<LaunchTemplate>,
    pub updated: u32,
    pub capacity_type: CapacityType,
    pub labels: BTreeMap<String, String>,
    pub taints: Vec<Taint>,
    pub tags: BTreeMap<String, String>,
    pub update_config: UpdateConfig,
    pub timings: GroupTimings,
    /// Absent in journals of older versions.
    #[serde(default)]
    pub self_managed: bool,
}

/// Sizes of an Auto Scaling group; `min` and `max` default to `desired`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Size {
    pub min: Option<u32>,
    pub desired: u32,
    pub max: Option<u32>,
}

impl Size {
    /// The minimum size.
    pub fn least(&self) -> u32 {
        self.min.unwrap_or(self.desired)
    }

    /// The maximum size.
    pub fn most(&self) -> u32 {
        self.max.unwrap_or(self.desired)
    }
}

/// Allocatable resources of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Capacity {
    pub cpu: String,
    pub memory: String,
    pub pods: u32,
}

/// A launch template that the user created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LaunchTemplate {
    pub name: String,
    pub version: u64,
}

/// Purchase option of instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CapacityType {
    OnDemand,
    Spot,
    CapacityBlock,
}

/// `updateConfig` of a node group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateConfig {
    pub max_unavailable: Option<u32>,
    pub max_unavailable_percentage: Option<u32>,
    pub strategy: Strategy,
}

/// `updateStrategy` (EKS: `NodegroupUpdateStrategies`), and `REPLACE`, which EKS does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Strategy {
    Default,
    Minimal,
    Replace,
}

impl Strategy {
    /// As EKS writes it where EKS has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Default => "DEFAULT",
            Self::Minimal => "MINIMAL",
            Self::Replace => "REPLACE",
        }
    }
}

/// Durations in one group, where they differ from the world's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupTimings {
    pub launch: Option<Delay>,
    pub boot: Option<Delay>,
    pub join: Option<Delay>,
    pub terminate: Option<Delay>,
}
