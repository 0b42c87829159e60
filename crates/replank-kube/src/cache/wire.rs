//! Objects of the API server, reduced to the fields that decide; others are skipped while parsing.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

/// `metadata`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Meta {
    pub(crate) name: Arc<str>,
    pub(crate) namespace: Arc<str>,
    #[serde(deserialize_with = "uid")]
    pub(crate) uid: u128,
    pub(crate) resource_version: String,
    pub(crate) generation: i64,
    pub(crate) labels: BTreeMap<Arc<str>, Arc<str>>,
    pub(crate) annotations: BTreeMap<Arc<str>, Arc<str>>,
    #[serde(deserialize_with = "time")]
    pub(crate) creation_timestamp: Option<Timestamp>,
    #[serde(deserialize_with = "time")]
    pub(crate) deletion_timestamp: Option<Timestamp>,
    pub(crate) deletion_grace_period_seconds: Option<i64>,
    pub(crate) finalizers: Vec<Arc<str>>,
    pub(crate) owner_references: Vec<OwnerReference>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct OwnerReference {
    pub(crate) api_version: String,
    pub(crate) kind: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) controller: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Condition {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) reason: String,
    pub(crate) message: Arc<str>,
    #[serde(deserialize_with = "time")]
    pub(crate) last_transition_time: Option<Timestamp>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Node {
    pub(crate) metadata: NodeMeta,
    pub(crate) spec: NodeSpec,
    pub(crate) status: NodeStatus,
}

/// `metadata` of a node, with the managed fields that show who cordoned it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NodeMeta {
    pub(crate) name: Arc<str>,
    #[serde(deserialize_with = "uid")]
    pub(crate) uid: u128,
    pub(crate) resource_version: String,
    pub(crate) labels: BTreeMap<Arc<str>, Arc<str>>,
    pub(crate) annotations: BTreeMap<Arc<str>, Arc<str>>,
    #[serde(deserialize_with = "time")]
    pub(crate) creation_timestamp: Option<Timestamp>,
    pub(crate) managed_fields: Vec<Managed>,
}

/// An entry of `metadata.managedFields`, reduced to the fields that keep pods off a node.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Managed {
    pub(crate) manager: Arc<str>,
    pub(crate) subresource: String,
    #[serde(deserialize_with = "time")]
    pub(crate) time: Option<Timestamp>,
    pub(crate) fields_v1: ManagedFields,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ManagedFields {
    #[serde(rename = "f:spec")]
    pub(crate) spec: ManagedSpec,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ManagedSpec {
    #[serde(rename = "f:unschedulable")]
    pub(crate) unschedulable: Option<serde::de::IgnoredAny>,
    #[serde(rename = "f:taints")]
    pub(crate) taints: Option<serde::de::IgnoredAny>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NodeSpec {
    #[serde(rename = "providerID")]
    pub(crate) provider_id: String,
    pub(crate) unschedulable: bool,
    /// Taints as they were sent: a change of one sends the others back unchanged.
    pub(crate) taints: Vec<serde_json::Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NodeStatus {
    pub(crate) conditions: Vec<Condition>,
    pub(crate) node_info: NodeVersions,
}

/// `status.nodeInfo`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NodeVersions {
    pub(crate) kubelet_version: Arc<str>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Pod {
    pub(crate) metadata: Meta,
    pub(crate) spec: PodSpec,
    pub(crate) status: PodStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PodSpec {
    pub(crate) node_name: Option<Arc<str>>,
    pub(crate) termination_grace_period_seconds: Option<i64>,
    pub(crate) volumes: Vec<Volume>,
    pub(crate) tolerations: Vec<Toleration>,
    pub(crate) scheduling_gates: Vec<Gate>,
}

/// An entry of `spec.schedulingGates`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Gate {
    pub(crate) name: Arc<str>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Volume {
    pub(crate) empty_dir: Option<serde::de::IgnoredAny>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Toleration {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) operator: String,
    pub(crate) effect: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PodStatus {
    pub(crate) phase: String,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) init_container_statuses: Vec<ContainerStatus>,
    pub(crate) container_statuses: Vec<ContainerStatus>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ContainerStatus {
    pub(crate) state: ContainerState,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ContainerState {
    pub(crate) waiting: Option<Waiting>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Waiting {
    pub(crate) reason: Arc<str>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Budget {
    pub(crate) metadata: Meta,
    pub(crate) spec: BudgetSpec,
    pub(crate) status: BudgetStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct BudgetSpec {
    pub(crate) min_available: Option<serde_json::Value>,
    pub(crate) max_unavailable: Option<serde_json::Value>,
    pub(crate) selector: Option<serde_json::Value>,
    pub(crate) unhealthy_pod_eviction_policy: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct BudgetStatus {
    pub(crate) disruptions_allowed: i64,
    pub(crate) current_healthy: i64,
    pub(crate) desired_healthy: i64,
    pub(crate) expected_pods: i64,
    pub(crate) observed_generation: i64,
    pub(crate) conditions: Vec<Condition>,
}

/// A list of the API server.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct List<T> {
    #[serde(default)]
    pub(crate) metadata: ListMeta,
    /// `null` when it is empty.
    #[serde(default = "none")]
    pub(crate) items: Option<Vec<T>>,
}

fn none<T>() -> Option<Vec<T>> {
    None
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ListMeta {
    pub(crate) resource_version: String,
    #[serde(rename = "continue")]
    pub(crate) next: String,
}

fn uid<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
    let text = String::deserialize(from)?;
    let hex: String = text.chars().filter(|it| *it != '-').collect();
    // Most uids are UUIDs. Static pods may carry the hash of their manifest, which is as long.
    u128::from_str_radix(&hex, 16)
        .map_err(|_| serde::de::Error::custom(format!("metadata.uid {text:?} is no UUID")))
}

fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| text.parse().map_err(serde::de::Error::custom)).transpose()
}
