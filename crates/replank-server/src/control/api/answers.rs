//! Bodies of answers.

use std::sync::Arc;

use replank_engine::report::plan::PlanJson;
use replank_engine::report::wire::ReportJson;
use replank_engine::report::{BudgetJson, RowJson, WaitedJson};
use replank_engine::serialized::Time;
use replank_service::ports::inventory::{ImageRow, NodeRow};
use replank_service::records::{ClusterStatus, Nodegroup, Param, Trouble, UpdateStatus};
use replank_service::update_feed::{EventJson, LineJson};
use serde::{Deserialize, Serialize};

/// Why a request is not carried out; every answer but 200 has this body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ErrorAnswer {
    /// Name of the error, such as `NotFound`.
    pub code: String,
    /// The error in sentences.
    pub message: String,
}

/// `GET clusters`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ClustersAnswer {
    /// Clusters on record.
    pub clusters: Vec<ClusterAnswer>,
}

/// A cluster in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterAnswer {
    /// Unique in account and region.
    pub name: String,
    /// Kubernetes minor of the control plane.
    pub version: String,
    /// Platform version (EKS).
    pub platform_version: String,
    /// Status (EKS).
    pub status: ClusterStatus,
    /// Number of its node groups.
    pub nodegroups: usize,
}

/// `GET nodegroups`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct NodegroupsAnswer {
    /// Node groups as `DescribeNodegroup` of EKS shows them.
    #[schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>")]
    pub nodegroups: Vec<Nodegroup>,
}

/// `GET nodes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct NodesAnswer {
    /// Nodes by name, instances that never joined last.
    pub nodes: Vec<NodeAnswer>,
}

/// A node in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct NodeAnswer {
    /// Its instance, group, zone, status and versions.
    #[serde(flatten)]
    pub row: NodeRow,
    /// Name of its cluster.
    pub cluster: String,
}

/// `GET images`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ImagesAnswer {
    /// Images of a type and minor, oldest first.
    pub images: Vec<ImageRow>,
}

/// `GET updates`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UpdatesAnswer {
    /// Updates, oldest first.
    pub updates: Vec<UpdateAnswer>,
}

/// `GET updates/{update}`, and an update in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateAnswer {
    /// Id of the update.
    pub update: String,
    /// Name of its cluster; `None` for one that only the journal has and that took no turn yet.
    pub cluster: Option<String>,
    /// Name of its node group; `None` for updates of clusters and add-ons too.
    pub nodegroup: Option<String>,
    /// When it was asked for, on the world's clock like every time of the report; `None` before its first turn in this
    /// process.
    #[serde(default)]
    pub created_at: Option<Time>,
    /// What is on record of it; `None` for one that only the journal has.
    #[serde(flatten)]
    pub recorded: Option<RecordedAnswer>,
    /// Its last report; `None` before its first turn in this process.
    pub report: Option<Arc<ReportJson>>,
    /// What it waited for and does no longer, longest first; `None` in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited: Option<Vec<WaitedJson>>,
}

impl UpdateAnswer {
    /// Whether it is under way.
    pub fn is_running(&self) -> bool {
        match (&self.recorded, &self.report) {
            (Some(recorded), _) => recorded.status == UpdateStatus::InProgress,
            (None, Some(report)) => report.end.is_none(),
            (None, None) => false,
        }
    }
}

/// What is on record of an update, as EKS has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedAnswer {
    /// What it changes (EKS: `UpdateType`).
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it is between its request and its end (EKS: `UpdateStatus`).
    pub status: UpdateStatus,
    /// When it was asked for, on the wall clock, which EKS's `createdAt` shows; RFC 3339.
    pub created_at_wall: Option<String>,
    /// What it sets.
    pub params: Vec<Param>,
    /// Why it failed.
    pub errors: Vec<Trouble>,
}

/// `GET updates/{update}/history`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct HistoryAnswer {
    /// Id of the update.
    pub update: String,
    /// Its recorded facts in order.
    pub events: Vec<EventJson>,
}

/// `GET updates/{update}/nodes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UpdateNodesAnswer {
    /// Id of the update.
    pub update: String,
    /// Nodes of the group by instance; `None` until the next turn, when nobody asked for a while.
    pub nodes: Option<Arc<[RowJson]>>,
    /// Budgets of the cluster by name.
    pub budgets: Vec<BudgetJson>,
}

/// `GET updates/{update}/lines`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LinesAnswer {
    /// Id of the update.
    pub update: String,
    /// Run of the server that numbers the lines; ask with it again.
    pub run: String,
    /// When the update was asked for; `None` before its first turn in this process.
    pub begun: Option<Time>,
    /// Lines from the number that was asked for.
    pub lines: Vec<LineJson>,
    /// Number to ask for next.
    pub next: u64,
    /// How many lines in between are not kept any more.
    pub lost: u64,
    /// Whether the update is over and every line was told.
    pub over: bool,
}

/// `POST updates`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BegunAnswer {
    /// Id of the update.
    pub update: String,
    /// Name of its cluster.
    pub cluster: String,
    /// Name of its node group.
    pub nodegroup: String,
}

/// `POST plan`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanAnswer {
    /// Id that the update would have.
    pub update: String,
    /// Whether the plan is a projection and no rehearsal.
    pub projected: bool,
    /// Why it is a projection.
    pub projected_because: Option<String>,
    /// What the update would do.
    pub plan: PlanJson,
}

/// `POST updates/{update}/{verb}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CommandAnswer {
    /// Id of the update.
    pub update: String,
    /// The verb.
    pub accepted: String,
}

/// `GET world` and `POST world`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TimeAnswer {
    /// Time of the world, RFC 3339.
    pub now: String,
    /// Time on the wall, RFC 3339.
    pub wall: String,
    /// How many times as fast as the clock on the wall the world goes.
    pub speed: f64,
    /// Whether it stands still.
    pub paused: bool,
}

/// `POST world/acts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ActAnswer {
    /// What was done, in words.
    pub done: String,
}

/// `POST dashboard/links`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkAnswer {
    /// Path and query of a page that opens once, below the URL of this server.
    pub path: String,
    /// Seconds until it opens no more.
    pub seconds: u64,
}
