//! `Snapshot`: the cluster as it is now, and an update of a node group rehearsed on it.

#![expect(clippy::duplicated_attributes, reason = "columns of one printed table have like types")]
#![expect(unreachable_pub, reason = "the derive of schemas repeats each type inside of a function")]

use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::condition::Condition;
use super::node_group_update::{
    LaunchTemplate, NodeGroupUpdateSpec, Order, PlanSummary, Strategy, int_or_string,
};

/// A snapshot of the cluster, taken once when this is applied, and an update of a node group rehearsed on it. The cluster is
/// read and nothing is changed. One object is one rehearsal; another one is another object.
#[derive(CustomResource, KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "replank.dev",
    version = "v1alpha1",
    kind = "Snapshot",
    plural = "snapshots",
    shortname = "rsnap",
    category = "replank",
    derive = "PartialEq",
    status = "SnapshotStatus",
    doc = "The cluster as it is, and an update of a node group rehearsed on it.",
    printcolumn(name = "Group", type_ = "string", json_path = ".spec.nodeGroup"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(
        name = "Succeeds",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Succeeded\")].status"
    ),
    printcolumn(name = "Seconds", type_ = "integer", json_path = ".status.plan.seconds"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Message", type_ = "string", json_path = ".status.message", priority = "1")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("self == oldSelf").message("a snapshot is of one time: make another one, or delete this one first"),
    validation = Rule::new("!(has(self.launchTemplate) && (has(self.kubernetesVersion) || has(self.releaseVersion)))")
        .message("launchTemplate names the image itself: leave kubernetesVersion and releaseVersion out, or launchTemplate")
)]
pub struct SnapshotSpec {
    /// Name of the node group whose update is rehearsed.
    #[schemars(length(min = 1, max = 63))]
    pub node_group: String,
    /// Kubernetes minor, such as 1.33. Without it, the present one of the node group.
    #[schemars(regex(pattern = r"^1\.[0-9]{1,2}$"))]
    pub kubernetes_version: Option<String>,
    /// Release of the image. Without it, the newest of the minor.
    #[schemars(length(min = 1, max = 63))]
    pub release_version: Option<String>,
    /// Version of the group's own launch template, for groups that were made with one.
    pub launch_template: Option<LaunchTemplate>,
    /// Most nodes that are unavailable at once: a number, or a share such as 33%. Without it, that of the policy, else of
    /// the node group.
    #[x_kube(validation = Rule::new("type(self) == int ? self >= 1 && self <= 100 : self.matches('^([1-9][0-9]?|100)%$')")
        .message("maxUnavailable is a number from 1 to 100, or a share from 1% to 100%"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "int_or_string")]
    pub max_unavailable: Option<Value>,
    /// Whether new nodes come up before old ones go (Default), or old ones go first (Minimal).
    pub strategy: Option<Strategy>,
    /// Order in which old nodes are replaced.
    pub order: Option<Order>,
    /// Name of the policy whose values count for what is left open. Without it, the one that governs the node group.
    #[schemars(length(min = 1, max = 253))]
    pub policy: Option<String>,
    /// Whether pods that do not leave within the drain limit are deleted.
    #[serde(default)]
    pub force: bool,
    /// Shortest stall that is told, in seconds.
    #[serde(default = "a_minute")]
    #[schemars(range(min = 1, max = 86400))]
    pub stalls_from_seconds: i64,
}

fn a_minute() -> i64 {
    60
}

impl SnapshotSpec {
    /// The update that is rehearsed, as it would be declared.
    pub(crate) fn update(&self) -> NodeGroupUpdateSpec {
        NodeGroupUpdateSpec {
            node_group: self.node_group.clone(),
            kubernetes_version: self.kubernetes_version.clone(),
            release_version: self.release_version.clone(),
            launch_template: self.launch_template.clone(),
            max_unavailable: self.max_unavailable.clone(),
            strategy: self.strategy,
            order: self.order,
            policy: self.policy.clone(),
            force: self.force,
            ..NodeGroupUpdateSpec::default()
        }
    }
}

/// What came of a rehearsal. Lists hold the first ones, the worst first; texts change with the version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SnapshotStatus {
    /// Generation of the spec that was looked at last.
    pub observed_generation: Option<i64>,
    /// Rehearsing and then Rehearsed or Refused.
    pub phase: Option<String>,
    /// The verdict in a sentence.
    pub message: Option<String>,
    /// Ready and Reconciling and Stalled and Succeeded (which tells how the update would end).
    pub conditions: Vec<Condition>,
    /// When the cluster was read.
    pub taken_at: Option<String>,
    /// Number of objects that were read by their kind.
    pub objects: BTreeMap<String, u64>,
    /// What the update would do.
    pub plan: Option<PlanSummary>,
    /// Durations of its phases.
    pub phases: Vec<PhaseDuration>,
    /// Most nodes above the size of the group.
    pub extra_nodes: Option<u32>,
    /// Number of evictions that budgets would refuse.
    pub refused_evictions: Option<u64>,
    /// What would hold it up.
    pub stalls: Vec<FoundStall>,
    /// Pods that would have no node in the end.
    pub unplaced: Vec<String>,
    /// What the verdict hangs on.
    pub doubts: Vec<Doubt>,
    /// What the snapshot does not tell and what was assumed instead.
    pub notes: Vec<String>,
    /// Where the whole report is kept.
    pub report: Option<ReportPlace>,
}

/// How long a phase of the rehearsed update took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PhaseDuration {
    /// The phase, in a word or two.
    pub phase: String,
    /// How long it would last.
    pub seconds: i64,
}

/// Something that would hold the update up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FoundStall {
    /// What would be waited for.
    pub what: String,
    /// What a person can change.
    pub advice: Option<String>,
    /// Minute of the update in which it would begin.
    pub minute: i64,
    /// How long it would last.
    pub seconds: i64,
    /// Whether the update would end by it.
    pub stops: bool,
}

/// An assumption whose opposite leads to another verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Doubt {
    /// The opposite, as a condition.
    pub condition: String,
    /// Whether the update would succeed then.
    pub succeeds: bool,
}

/// A `ConfigMap` with a report as JSON in its key `report.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportPlace {
    /// Where the operator runs.
    pub namespace: String,
    /// Its name.
    pub config_map: String,
}
