//! `NodeGroupUpdate`: one update of a node group, as it is wished for and as it is.

#![expect(clippy::duplicated_attributes, reason = "columns of one printed table have like types")]
#![expect(clippy::struct_excessive_bools, reason = "each is a switch of the object")]
#![expect(unreachable_pub, reason = "the derive of schemas repeats each type inside of a function")]

use kube::{CustomResource, KubeSchema};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::condition::Condition;

/// One update of a node group: what `replank upgrade nodegroup` takes. It is planned when it is applied, and begun when
/// it is approved. What it leads to cannot be changed afterwards; another update is another object.
#[derive(CustomResource, KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "replank.dev",
    version = "v1alpha1",
    kind = "NodeGroupUpdate",
    plural = "nodegroupupdates",
    shortname = "ngu",
    category = "replank",
    derive = "PartialEq",
    status = "NodeGroupUpdateStatus",
    doc = "One update of a node group: every node of it is replaced.",
    printcolumn(name = "Group", type_ = "string", json_path = ".spec.nodeGroup"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "Replica", type_ = "string", json_path = ".status.replica"),
    printcolumn(name = "Replaced", type_ = "integer", json_path = ".status.nodes.replaced"),
    printcolumn(name = "Old", type_ = "integer", json_path = ".status.nodes.old"),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Message", type_ = "string", json_path = ".status.message", priority = "1")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("!(has(self.launchTemplate) && (has(self.kubernetesVersion) || has(self.releaseVersion)))")
        .message("launchTemplate names the image itself: leave kubernetesVersion and releaseVersion out, or launchTemplate"),
    validation = Rule::new("!has(oldSelf.kubernetesVersion) || has(self.kubernetesVersion)")
        .message("kubernetesVersion cannot be taken out; make another update"),
    validation = Rule::new("!has(oldSelf.releaseVersion) || has(self.releaseVersion)")
        .message("releaseVersion cannot be taken out; make another update"),
    validation = Rule::new("!(has(oldSelf.approved) && oldSelf.approved) || (has(self.approved) && self.approved)")
        .message("approved cannot be taken back; use paused or cancelled"),
    validation = Rule::new("!(has(oldSelf.cancelled) && oldSelf.cancelled) || (has(self.cancelled) && self.cancelled)")
        .message("cancelled cannot be taken back; make another update")
)]
pub struct NodeGroupUpdateSpec {
    /// Name of the node group.
    #[x_kube(validation = Rule::new("self == oldSelf").message("nodeGroup cannot be changed; make another update"))]
    #[schemars(length(min = 1, max = 63))]
    pub node_group: String,
    /// Kubernetes minor, such as 1.33. Without it, the present one of the node group.
    #[x_kube(validation = Rule::new("self == oldSelf").message("kubernetesVersion cannot be changed; make another update"))]
    #[schemars(regex(pattern = r"^1\.[0-9]{1,2}$"))]
    pub kubernetes_version: Option<String>,
    /// Release of the image. Without it, the newest of the minor.
    #[x_kube(validation = Rule::new("self == oldSelf").message("releaseVersion cannot be changed; make another update"))]
    #[schemars(length(min = 1, max = 63))]
    pub release_version: Option<String>,
    /// Version of the group's own launch template, for groups that were made with one.
    #[x_kube(validation = Rule::new("self == oldSelf").message("launchTemplate cannot be changed; make another update"))]
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
    /// Name of the policy. Without it, the one that governs the node group, if any.
    #[schemars(length(min = 1, max = 253))]
    pub policy: Option<String>,
    /// Whether pods that do not leave within the drain limit are deleted. It can be allowed later.
    #[serde(default)]
    pub force: bool,
    /// Begins the update as it was planned. Without it, it is planned and nothing is changed.
    #[serde(default)]
    pub approved: bool,
    /// Picks no further node while it is set; nodes in work are finished.
    #[serde(default)]
    pub paused: bool,
    /// Ends the update: extra nodes go, old nodes that are left stay.
    #[serde(default)]
    pub cancelled: bool,
}

/// A version of the group's launch template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LaunchTemplate {
    /// Name of the template.
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    /// Its version: a number, $Latest or $Default.
    #[schemars(regex(pattern = r"^([0-9]{1,10}|\$Latest|\$Default)$"))]
    pub version: String,
}

/// Whether new nodes come up first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Strategy {
    /// New nodes come up before old ones go.
    Default,
    /// Old nodes go first.
    Minimal,
    /// New nodes come up first and stay: every pod moves once.
    Replace,
}

/// Order in which old nodes are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Order {
    /// At random, by a seed.
    Random,
    /// Zones one after the other, in the order of their names.
    ZoneByZone,
    /// Longest running instance first.
    Oldest,
    /// Node with the fewest pods first.
    Emptiest,
}

/// How far an update is. Texts are for people, and change with the version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeGroupUpdateStatus {
    /// Generation of the spec that was looked at last.
    pub observed_generation: Option<i64>,
    /// Where it is, in a word.
    pub phase: Option<String>,
    /// The same in a sentence.
    pub message: Option<String>,
    /// Ready, Reconciling, Stalled and Succeeded.
    pub conditions: Vec<Condition>,
    /// Id of the update, once it was begun.
    pub update: Option<String>,
    /// Name of the replica that runs it and null while none does.
    pub replica: Option<String>,
    /// When it was begun.
    pub started_at: Option<String>,
    /// Time of its end in RFC 3339 and null while it runs.
    pub ended_at: Option<String>,
    /// How it ended.
    pub outcome: Option<UpdateOutcome>,
    /// Numbers of nodes.
    pub nodes: Option<NodeCounts>,
    /// What it waits for, the first ones.
    pub waits: Vec<FoundWait>,
    /// What a person should know, the first ones.
    pub problems: Vec<String>,
    /// Name of the policy that it is under.
    pub policy: Option<String>,
    /// When the window that it may act in ends, or the next one opens.
    pub window: Option<String>,
    /// What it would do, from before it was begun.
    pub plan: Option<PlanSummary>,
    /// Who approved that plan and null where nobody has to or nobody did.
    pub approved_by: Option<String>,
}

/// How an update ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum UpdateOutcome {
    /// Every node was replaced.
    Succeeded,
    /// It gave up.
    Failed,
    /// It was cancelled.
    Cancelled,
}

/// Numbers of nodes of the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeCounts {
    /// Old nodes that are there still.
    pub old: u32,
    /// Nodes that are being drained or terminated.
    pub in_work: u32,
    /// New nodes that take pods.
    pub ready: u32,
    /// New nodes that do not yet.
    pub joining: u32,
    /// Old nodes that were replaced.
    pub replaced: u32,
}

/// Something that is waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundWait {
    /// What, in a sentence with names, numbers and times.
    pub text: String,
    /// What a person can do about it.
    pub advice: Option<String>,
    /// The node that cannot go on.
    pub node: Option<String>,
    /// Time at which the wait began in RFC 3339 and null where nothing tells.
    pub since: Option<String>,
}

/// What an update would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanSummary {
    /// Of which wishes it is the plan; it is made anew when they change.
    pub of: String,
    /// When it was made.
    pub made_at: String,
    /// Release that every node would run.
    pub release: String,
    /// Kubernetes minor of the release.
    pub version: String,
    /// Number of nodes that would be replaced.
    pub nodes: u32,
    /// The first of them, in the order in which they would be picked.
    pub first: Vec<String>,
    /// How long it would take, in seconds.
    pub seconds: i64,
    /// Most nodes at any time.
    pub peak: u32,
    /// Number of evictions.
    pub evictions: u64,
    /// What to know about pods, the first ones.
    pub findings: Vec<String>,
    /// Whether it would succeed.
    pub succeeds: bool,
    /// The result in a sentence.
    pub verdict: String,
    /// Why it is a projection and no rehearsal, if it is none.
    pub projected: Option<String>,
}

/// Schema of a number or a text (Kubernetes: `IntOrString`).
pub(super) fn int_or_string(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"x-kubernetes-int-or-string": true})
}
