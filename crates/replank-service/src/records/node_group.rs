//! A node group as EKS shows it.

use std::collections::BTreeMap;

use replank_core::version::Minor;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::refusal::Refusal;

/// A node group, members in the order in which the service prints them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Nodegroup {
    /// Its name.
    pub nodegroup_name: String,
    /// Its ARN.
    pub nodegroup_arn: String,
    /// The cluster it belongs to.
    pub cluster_name: String,
    /// The Kubernetes minor of its nodes; with an image of the user's own that of the cluster when it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The release of its nodes, or the id of the user's own image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_version: Option<String>,
    /// When it was made.
    pub created_at: f64,
    /// When it was changed last.
    pub modified_at: f64,
    /// Its status.
    pub status: NodegroupStatus,
    /// `ON_DEMAND`, `SPOT` or `CAPACITY_BLOCK`.
    pub capacity_type: String,
    /// Its sizes as the user set them.
    pub scaling_config: ScalingConfig,
    /// Its instance types; `None` when the user's template names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_types: Option<Vec<String>>,
    /// Its subnets.
    pub subnets: Vec<String>,
    /// Access by SSH.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_access: Option<Value>,
    /// The type of its images.
    pub ami_type: String,
    /// The role of its nodes.
    pub node_role: String,
    /// Labels of the user's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Taints of the user's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<Taint>,
    /// What was made for it in the cloud.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Value>,
    /// GiB of the root disk; `None` when the user's template says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_size: Option<u32>,
    /// What is wrong with it.
    pub health: Health,
    /// How it is updated.
    pub update_config: UpdateConfig,
    /// How broken nodes are repaired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_repair_config: Option<Value>,
    /// The user's own launch template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_template: Option<SourceTemplate>,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Its warm pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_pool_config: Option<Value>,
}

impl Nodegroup {
    /// The minor that its nodes are known to run: of an image of the user's own nobody knows.
    pub fn known_minor(&self) -> Option<Minor> {
        self.version.as_deref().filter(|_| self.ami_type != "CUSTOM").and_then(Minor::parse)
    }
}

/// Status of a node group (EKS: `NodegroupStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NodegroupStatus {
    /// Being made.
    Creating,
    /// All is well.
    Active,
    /// Being updated.
    Updating,
    /// Being removed.
    Deleting,
    /// It could not be made.
    CreateFailed,
    /// It could not be removed.
    DeleteFailed,
    /// Something is wrong with it.
    Degraded,
}

/// Sizes of a node group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScalingConfig {
    /// Least.
    pub min_size: u32,
    /// Most.
    pub max_size: u32,
    /// Wanted.
    pub desired_size: u32,
}

/// A taint of the user's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taint {
    /// Its key.
    pub key: String,
    /// Its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// `NO_SCHEDULE`, `NO_EXECUTE` or `PREFER_NO_SCHEDULE`.
    pub effect: String,
}

impl Taint {
    /// Key, value and effect as Kubernetes names it.
    pub fn as_kubernetes(&self) -> (String, String, String) {
        let effect = match &*self.effect {
            "NO_EXECUTE" => "NoExecute",
            "PREFER_NO_SCHEDULE" => "PreferNoSchedule",
            _ => "NoSchedule",
        };
        (self.key.clone(), self.value.clone().unwrap_or_default(), effect.to_owned())
    }
}

/// What is wrong with a node group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// One for each trouble.
    pub issues: Vec<Issue>,
}

/// A trouble.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Issue {
    /// Its code (EKS: `NodegroupIssueCode`).
    pub code: String,
    /// In words.
    pub message: String,
    /// On what.
    pub resource_ids: Vec<String>,
}

/// How a node group is updated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateConfig {
    /// How many nodes at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<u32>,
    /// Which share of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_unavailable_percentage: Option<u32>,
    /// `DEFAULT` or `MINIMAL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_strategy: Option<String>,
}

/// The user's own launch template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceTemplate {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its id.
    pub id: String,
}

/// A change of how a node group is updated; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateConfigChange {
    /// How many nodes at once, 1 to 100.
    pub max_unavailable: Option<u64>,
    /// Which share of them, 1 to 100.
    pub max_unavailable_percentage: Option<u64>,
    /// `DEFAULT` or `MINIMAL`.
    pub update_strategy: Option<String>,
}

/// The largest batch (EKS: 100 nodes, 100 percent).
const BATCH_MAX: u64 = 100;

impl UpdateConfig {
    /// The settings after a change: one limit clears the other.
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
