//! A node group as EKS shows it (`Nodegroup`).

use std::collections::BTreeMap;

use replank_core::node_group::spec::{Batch, Strategy};
use replank_core::version::Minor;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::refusal::Refusal;

/// A node group. Members are in the order in which EKS prints them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Nodegroup {
    /// Name of the node group.
    pub nodegroup_name: String,
    /// ARN of the node group; its last part is the UUID in the name of its scaling group.
    pub nodegroup_arn: String,
    /// Cluster that its nodes join.
    pub cluster_name: String,
    /// Kubernetes minor of its nodes. With an image of the user's own: that of the cluster at the last update.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Release of its nodes' image, or the id of an image of the user's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_version: Option<String>,
    /// When it was created, in seconds since the Unix epoch.
    pub created_at: f64,
    /// When it was last changed, in seconds since the Unix epoch.
    pub modified_at: f64,
    /// Present status.
    pub status: NodegroupStatus,
    /// How its instances are paid for: `ON_DEMAND`, `SPOT` or `CAPACITY_BLOCK`.
    pub capacity_type: String,
    /// Sizes as the user set them.
    pub scaling_config: ScalingConfig,
    /// Instance types; `None` when the user's launch template has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_types: Option<Vec<String>>,
    /// Ids of its subnets, one per zone.
    pub subnets: Vec<String>,
    /// SSH access (EKS: `RemoteAccessConfig`), kept as given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_access: Option<Value>,
    /// Type of its image (EKS: `AMITypes`).
    pub ami_type: String,
    /// ARN of the IAM role of its nodes.
    pub node_role: String,
    /// Labels that it gives its nodes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Taints that it gives its nodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<Taint>,
    /// Its scaling group (EKS: `NodegroupResources`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Value>,
    /// Size of the root volume in GiB; `None` when the user's launch template has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_size: Option<u32>,
    /// Health issues.
    pub health: Health,
    /// Batch size and strategy of updates.
    pub update_config: UpdateConfig,
    /// Node auto repair (EKS: `NodeRepairConfig`), kept as given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_repair_config: Option<Value>,
    /// The user's own launch template, if it was created with one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_template: Option<SourceTemplate>,
    /// Tags of the node group.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Warm pool (EKS: `WarmPoolConfig`), kept as given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_pool_config: Option<Value>,
}

impl Nodegroup {
    /// Kubernetes minor that its nodes run; `None` for images of the user's own, which do not tell.
    pub fn known_minor(&self) -> Option<Minor> {
        self.version.as_deref().filter(|_| self.ami_type != "CUSTOM").and_then(Minor::parse)
    }
}

/// Status of a node group (EKS: `NodegroupStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NodegroupStatus {
    /// Being created.
    Creating,
    /// In service, without health issues.
    Active,
    /// Being updated.
    Updating,
    /// Being removed.
    Deleting,
    /// Could not be created.
    CreateFailed,
    /// Could not be removed.
    DeleteFailed,
    /// In service, with health issues.
    Degraded,
}

/// Sizes of a node group (EKS: `NodegroupScalingConfig`), in nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScalingConfig {
    /// Least number of nodes.
    pub min_size: u32,
    /// Greatest number of nodes.
    pub max_size: u32,
    /// Number of nodes that the group keeps.
    pub desired_size: u32,
}

/// A taint of a node group (EKS: `Taint`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taint {
    /// Key of the taint.
    pub key: String,
    /// Value of the taint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// `NO_SCHEDULE`, `NO_EXECUTE` or `PREFER_NO_SCHEDULE`.
    pub effect: String,
}

impl Taint {
    /// Key, value, and effect as Kubernetes writes it.
    pub fn as_kubernetes(&self) -> (String, String, String) {
        let effect = match &*self.effect {
            "NO_EXECUTE" => "NoExecute",
            "PREFER_NO_SCHEDULE" => "PreferNoSchedule",
            _ => "NoSchedule",
        };
        (self.key.clone(), self.value.clone().unwrap_or_default(), effect.to_owned())
    }
}

/// Health of a node group (EKS: `NodegroupHealth`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Open issues; empty when it is healthy.
    pub issues: Vec<Issue>,
}

/// What keeps a node group from being healthy (EKS: `Issue`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Issue {
    /// Code of the issue (EKS: `NodegroupIssueCode`).
    pub code: String,
    /// Message for people.
    pub message: String,
    /// Ids of the resources concerned.
    pub resource_ids: Vec<String>,
}

/// Settings for updates of a node group (EKS: `NodegroupUpdateConfig`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateConfig {
    /// Most nodes unavailable at once, from 1 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<u32>,
    /// The same as a percentage of the desired size, from 1 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_unavailable_percentage: Option<u32>,
    /// `DEFAULT` or `MINIMAL`; `REPLACE` where a world file or a plan of ours says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_strategy: Option<String>,
}

impl UpdateConfig {
    /// How many nodes may be unavailable at once; one where nothing is said.
    pub fn batch(&self) -> Batch {
        match (self.max_unavailable, self.max_unavailable_percentage) {
            (Some(count), _) => Batch::Count(count),
            (None, Some(share)) => Batch::Percent(share),
            (None, None) => Batch::Count(1),
        }
    }

    /// Which nodes go first and whether new ones stay; `DEFAULT` where nothing is said.
    pub fn strategy(&self) -> Strategy {
        match self.update_strategy.as_deref() {
            Some("MINIMAL") => Strategy::Minimal,
            Some("REPLACE") => Strategy::Replace,
            _ => Strategy::Default,
        }
    }
}

/// The user's own launch template of a node group (EKS: `LaunchTemplateSpecification`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceTemplate {
    /// Name of the template.
    pub name: String,
    /// Number of its version.
    pub version: String,
    /// Id of the template.
    pub id: String,
}

/// A change of [`UpdateConfig`]; `None` leaves a member as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateConfigChange {
    /// Most nodes unavailable at once, from 1 to 100.
    pub max_unavailable: Option<u64>,
    /// The same as a percentage of the desired size, from 1 to 100.
    pub max_unavailable_percentage: Option<u64>,
    /// `DEFAULT` or `MINIMAL`.
    pub update_strategy: Option<String>,
}

/// Greatest batch (EKS: 100 nodes or 100 percent).
const BATCH_MAX: u64 = 100;

impl UpdateConfig {
    /// The settings after a change. Setting one of the two limits clears the other; both at once, or one above 100, is
    /// refused.
    pub fn changed_by(&self, change: &UpdateConfigChange) -> Result<Self, Refusal> {
        let (count, share) = (change.max_unavailable, change.max_unavailable_percentage);
        if count.is_some() && share.is_some() {
            let said = "maxUnavailable and maxUnavailablePercentage cannot both be given";
            return Err(Refusal::invalid(said));
        }
        for (name, value) in [("maxUnavailable", count), ("maxUnavailablePercentage", share)] {
            if let Some(value) = value.filter(|value| *value > BATCH_MAX) {
                return Err(Refusal::invalid(format!("{name} cannot be greater than {BATCH_MAX}: {value}")));
            }
        }
        let mut after = self.clone();
        if count.is_some() || share.is_some() {
            after.max_unavailable = count.map(|count| count as u32);
            after.max_unavailable_percentage = share.map(|share| share as u32);
        }
        if let Some(strategy) = &change.update_strategy {
            after.update_strategy = Some(strategy.clone());
        }
        Ok(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strategy_is_read_from_its_word() {
        let config = |word: Option<&str>| UpdateConfig {
            update_strategy: word.map(ToOwned::to_owned),
            ..UpdateConfig::default()
        };
        let rows = [
            (None, Strategy::Default),
            (Some("DEFAULT"), Strategy::Default),
            (Some("MINIMAL"), Strategy::Minimal),
            (Some("REPLACE"), Strategy::Replace),
        ];
        for (word, strategy) in rows {
            assert_eq!(config(word).strategy(), strategy, "{word:?}");
        }
    }

    #[test]
    fn one_limit_clears_the_other() {
        let before = UpdateConfig { max_unavailable: Some(1), ..UpdateConfig::default() };
        let change = |text: &str| serde_json::from_str::<UpdateConfigChange>(text).unwrap();
        let after = before.changed_by(&change(r#"{"maxUnavailablePercentage": 33}"#)).unwrap();
        assert_eq!((after.max_unavailable, after.max_unavailable_percentage), (None, Some(33)));
        let after = before.changed_by(&change(r#"{"updateStrategy": "MINIMAL"}"#)).unwrap();
        assert_eq!((after.max_unavailable, after.update_strategy.as_deref()), (Some(1), Some("MINIMAL")));
        for wrong in [
            r#"{"maxUnavailable": 1, "maxUnavailablePercentage": 1}"#,
            r#"{"maxUnavailable": 101}"#,
            r#"{"maxUnavailablePercentage": 101}"#,
        ] {
            assert!(before.changed_by(&change(wrong)).is_err(), "{wrong}");
        }
    }
}
