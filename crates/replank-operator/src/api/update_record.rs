//! `UpdateRecord`: a part of the journal of one update. Written by the operator alone, for it to read again.

#![expect(clippy::duplicated_attributes, reason = "columns of one printed table have like types")]
#![expect(unreachable_pub, reason = "the derive of schemas repeats each type inside of a function")]

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A part of the journal of one update: what was asked for (part 0), or facts in their order (from part 1 on).
#[derive(CustomResource, KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[kube(
    group = "replank.dev",
    version = "v1alpha1",
    kind = "UpdateRecord",
    plural = "updaterecords",
    shortname = "urec",
    derive = "PartialEq",
    doc = "A part of the journal of one update, written by the operator alone.",
    printcolumn(name = "Update", type_ = "string", json_path = ".spec.update"),
    printcolumn(name = "Part", type_ = "integer", json_path = ".spec.part"),
    printcolumn(name = "From", type_ = "integer", json_path = ".spec.firstSeq"),
    printcolumn(name = "State", type_ = "string", json_path = ".spec.state"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct UpdateRecordSpec {
    /// Id of the update.
    #[x_kube(validation = Rule::new("self == oldSelf").message("update cannot be changed"))]
    #[schemars(length(min = 1, max = 63))]
    pub update: String,
    /// Number of the part.
    #[x_kube(validation = Rule::new("self == oldSelf").message("part cannot be changed"))]
    pub part: u32,
    /// Number of its first fact.
    #[x_kube(validation = Rule::new("self == oldSelf").message("firstSeq cannot be changed"))]
    pub first_seq: u64,
    /// What was asked for, in part 0.
    pub asked: Option<AskedRecord>,
    /// The facts, in order.
    #[serde(default)]
    pub facts: Vec<FactRecord>,
    /// How the update ended, in the part with the fact that ended it.
    pub state: Option<String>,
}

/// What was asked for with an update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AskedRecord {
    /// Name of the workflow.
    pub workflow: String,
    /// Name of the cluster.
    pub cluster: String,
    /// Name of the node group.
    pub group: String,
    /// Version of the record.
    pub version: u32,
    /// The spec, as JSON.
    pub spec: String,
    /// When it was asked for.
    pub started_at: String,
}

/// One recorded fact of an update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FactRecord {
    /// When it was recorded.
    pub at: String,
    /// Version of the record.
    pub version: u32,
    /// The fact, as JSON.
    pub fact: String,
}
