//! Bodies of requests, shared by server and client.

use replank_service::records::NodeOrder;
use serde::{Deserialize, Serialize};

/// An update to start (`POST /replank/v1/updates`) or to plan (`POST /replank/v1/plan`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateRequest {
    /// Name of the cluster.
    pub cluster: String,
    /// Name of the node group.
    pub nodegroup: String,
    /// Kubernetes minor; `None` means the group's present one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Release of the image; `None` means the newest for the minor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_version: Option<String>,
    /// Version of the group's own launch template: a number, `$Latest` or `$Default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_template_version: Option<String>,
    /// Whether pods that do not leave within the drain limit are deleted.
    pub force: bool,
    /// Most nodes unavailable at once, 1 to 100; for this update only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<u32>,
    /// The same as a percentage, 1 to 100; for this update only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable_percentage: Option<u32>,
    /// `DEFAULT`, `MINIMAL` or `REPLACE`; for this update only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// In which order old nodes are replaced; `None` means the service's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<NodeOrder>,
    /// Client request token, which makes the request idempotent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_request_token: Option<String>,
}

/// How to pause or cancel an update: `POST /replank/v1/updates/{update}/{verb}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CommandRequest {
    /// Whether nodes in work are uncordoned, which puts them back into service; otherwise they are finished.
    #[serde(alias = "giveBack")]
    pub uncordon: bool,
    /// Whether the group is pointed back at the template version from before; by default it is unless `keep_new` is
    /// set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore_target: Option<bool>,
    /// Whether a cancel removes old nodes as the excess, instead of new ones that replaced nothing.
    pub keep_new: bool,
}

/// How the time of a simulated world is to go (`POST /replank/v1/world`); `None` leaves it as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TimeRequest {
    /// Whether it stands still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
    /// How many times as fast as the clock on the wall.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<f64>,
    /// Seconds of the world to pass as fast as the machine can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advance_seconds: Option<i64>,
}

/// A link into the dashboard (`POST /replank/v1/dashboard/links`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LinkRequest {
    /// Whether whoever opens it may look and change nothing.
    pub read_only: bool,
}
