//! The bodies of requests, one type for whoever sends and whoever reads them.

use serde::{Deserialize, Serialize};

/// An update as it is asked for: `POST /replank/v1/updates`, and `POST /replank/v1/plan` for what it would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateRequest {
    /// The cluster.
    pub cluster: String,
    /// The node group.
    pub nodegroup: String,
    /// The Kubernetes minor; the group's own when none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The release of the image; the newest of the minor when none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_version: Option<String>,
    /// A version of the group's own launch template: a number, `$Latest` or `$Default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_template_version: Option<String>,
    /// Delete what cannot be evicted in time.
    pub force: bool,
    /// How many nodes at once, 1 to 100; for this update alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<u32>,
    /// Which share of the nodes at once, 1 to 100 percent; for this update alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable_percentage: Option<u32>,
    /// `DEFAULT` or `MINIMAL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// By this the same request is known when it comes again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_request_token: Option<String>,
}

/// How an update is paused or cancelled: `POST /replank/v1/updates/{update}/{verb}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CommandRequest {
    /// Whether nodes in work go back into service.
    pub give_back: bool,
    /// Whether later launches use the template version from before; they do unless the new nodes stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore_target: Option<bool>,
    /// Whether the new nodes stay after a cancel and old ones go in their place.
    pub keep_new: bool,
}
