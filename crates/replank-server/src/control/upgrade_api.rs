//! The bodies of requests and answers about upgrades of whole clusters, one type for whoever sends and whoever reads them.
//! What is asked for is a [`replank_service::start_cluster_upgrade::StartClusterUpgrade`].

use replank_engine::cluster_upgrade::report::{FactReport, UpgradeReport};
use serde::{Deserialize, Serialize};

/// What an upgrade would do: `POST /replank/v1/upgrades/plan`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpgradePlan {
    /// Name of the cluster.
    pub cluster: String,
    /// Version that its control plane runs.
    pub version: String,
    /// The plan; null when the control plane is at the version already.
    pub plan: Option<UpgradeReport>,
    /// What would hold the first control plane up now.
    pub findings: Vec<String>,
    /// What would stop working with the first minor, though nothing holds it up.
    #[serde(default)]
    pub breaking: Vec<String>,
}

/// An upgrade that was begun: `POST /replank/v1/upgrades`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UpgradeBegun {
    /// Its id; null when there was nothing to do.
    pub upgrade: Option<String>,
    /// Name of the cluster.
    pub cluster: String,
}

/// Every upgrade: `GET /replank/v1/upgrades`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UpgradeList {
    /// Every upgrade that is known, oldest first.
    pub upgrades: Vec<UpgradeReport>,
}

/// What happened to an upgrade: `GET /replank/v1/upgrades/{update}/history`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UpgradeHistory {
    /// Id of the upgrade.
    pub upgrade: String,
    /// Facts from the number on that was asked for.
    pub events: Vec<FactReport>,
    /// The latest report of it.
    pub report: UpgradeReport,
}

/// The empty body of a command to an upgrade: `POST /replank/v1/upgrades/{update}/{verb}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NoManner {}
