//! `UpdatePolicy`: how and when updates of some node groups run.

#![expect(clippy::duplicated_attributes, reason = "columns of one printed table have like types")]
#![expect(unreachable_pub, reason = "the derive of schemas repeats each type inside of a function")]

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::condition::Condition;
use super::node_group_update::{Order, Strategy, int_or_string};

/// How and when updates of some node groups run. An update that names nothing else takes its values from here.
#[derive(CustomResource, KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "replank.dev",
    version = "v1alpha1",
    kind = "UpdatePolicy",
    plural = "updatepolicies",
    shortname = "upol",
    category = "replank",
    derive = "PartialEq",
    status = "UpdatePolicyStatus",
    doc = "How and when updates of some node groups run.",
    printcolumn(name = "Groups", type_ = "string", json_path = ".spec.nodeGroups"),
    printcolumn(name = "Open", type_ = "boolean", json_path = ".status.open"),
    printcolumn(name = "Changes", type_ = "string", json_path = ".status.changesAt"),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct UpdatePolicySpec {
    /// Names of the node groups that it governs; a name may end in * for all that begin so.
    #[x_kube(validation = Rule::new("self.all(name, name.matches('^[A-Za-z0-9_-]*[*]?$') && name.size() > 0)")
        .message("nodeGroups holds names of node groups; each may end in *"))]
    #[schemars(length(min = 1, max = 64), inner(length(min = 1, max = 64)))]
    pub node_groups: Vec<String>,
    /// Most nodes that are unavailable at once: a number, or a share such as 33%.
    #[x_kube(validation = Rule::new("type(self) == int ? self >= 1 && self <= 100 : self.matches('^([1-9][0-9]?|100)%$')")
        .message("maxUnavailable is a number from 1 to 100, or a share from 1% to 100%"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "int_or_string")]
    pub max_unavailable: Option<Value>,
    /// Whether new nodes come up before old ones go.
    pub strategy: Option<Strategy>,
    /// Order in which old nodes are replaced.
    pub order: Option<Order>,
    /// Whether updates may use force.
    #[serde(default)]
    pub force: ForceRule,
    /// Whether a person has to approve the plan of an update before it begins. Where several policies govern a node
    /// group, one that requires it is enough.
    #[serde(default)]
    pub approval: ApprovalRule,
    /// When updates may act; without a window, at any time.
    #[serde(default)]
    #[schemars(length(max = 16))]
    pub windows: Vec<PolicyWindow>,
    /// Days on which nothing is done, whatever the windows say.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub freezes: Vec<Freeze>,
    /// What an update does that has not ended when its window does.
    #[serde(default)]
    pub at_window_end: AtWindowEnd,
    /// Whether an update begins though its plan takes longer than the window is open.
    #[serde(default)]
    pub may_overrun: bool,
}

/// A window that opens again and again.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyWindow {
    /// When it opens, as a cron expression of five fields: minute, hour, day of month, month, day of week.
    #[x_kube(validation = Rule::new("self.matches('^[0-9]{1,2}( +[^ ]+){4}$')")
        .message("cron has five fields, the first one a single minute, such as \"0 2 * * TUE\""))]
    #[schemars(length(min = 9, max = 100))]
    pub cron: String,
    /// IANA name of the time zone that it is read in.
    #[x_kube(validation = Rule::new("self.matches('^[A-Za-z0-9+_-]+(/[A-Za-z0-9+_-]+)*$')")
        .message("timeZone is a name of the IANA database, such as Europe/Berlin or UTC"))]
    #[serde(default = "utc")]
    #[schemars(length(min = 1, max = 64))]
    pub time_zone: String,
    /// How long it is open, such as 4h or 90m; from 1m to 168h.
    #[x_kube(validation = Rule::new("self.matches('^([0-9]{1,3}h)?([0-9]{1,5}m)?$') && self.size() > 1 && duration(self) >= duration('1m') && duration(self) <= duration('168h')")
        .message("duration is hours and minutes such as 4h, 90m or 1h30m, from 1m to 168h"))]
    #[schemars(length(max = 16))]
    pub duration: String,
}

/// Days on which nothing is done.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.from <= self.through").message("through is not before from"))]
pub struct Freeze {
    /// The first day.
    #[schemars(regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), length(max = 10))]
    pub from: String,
    /// The last day, which is frozen too.
    #[schemars(regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), length(max = 10))]
    pub through: String,
    /// IANA name of the time zone of these days.
    #[serde(default = "utc")]
    #[schemars(length(min = 1, max = 64))]
    pub time_zone: String,
    /// Why, for people.
    #[schemars(length(max = 256))]
    pub reason: Option<String>,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// Whether updates may use force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ForceRule {
    /// One that asks for it may.
    #[default]
    Allowed,
    /// None may, whatever it asks for.
    Forbidden,
}

/// Whether a person has to approve the plan of an update before it begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ApprovalRule {
    /// approved: true in its spec is enough.
    #[default]
    NotNeeded,
    /// Somebody who may update nodegroupupdates/approval has to approve the plan, by annotations that carry their name.
    Required,
}

/// What an update does that has not ended when its window does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AtWindowEnd {
    /// Nodes in work are finished, and no further one is picked until the next window.
    #[default]
    FinishNodes,
    /// Nodes in work go back to service, and no further one is picked until the next window.
    GiveBack,
    /// It goes on to its end.
    GoOn,
}

/// What a policy means at present.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdatePolicyStatus {
    /// Generation of the spec that was looked at last.
    pub observed_generation: Option<i64>,
    /// Ready when it can be used.
    pub conditions: Vec<Condition>,
    /// Whether updates may act now.
    pub open: Option<bool>,
    /// Time of the next change of that in RFC 3339 and null when none is known.
    pub changes_at: Option<String>,
}
