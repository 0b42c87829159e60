//! What was asked for and takes time: written down with the answer that promised it, removed when it is done.

use std::collections::BTreeMap;

use crate::ports::clusters::ClusterRequest;
use crate::ports::node_groups::GroupRequest;
use crate::records::{Key, Kind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Nodegroup, Param, ScalingConfig, SourceTemplate, Taint, UpdateConfig};

/// Something to carry out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PendingOperation {
    /// Other nodes for a node group.
    NodegroupVersion(Box<NodegroupVersionUpdate>),
    /// Other settings for a node group.
    NodegroupConfig(Box<NodegroupConfigUpdate>),
    /// A new node group.
    NodegroupCreate(Box<NodegroupCreation>),
    /// No node group any more.
    NodegroupDelete(NodegroupDeletion),
    /// A new cluster.
    ClusterCreate(ClusterCreation),
    /// No cluster any more.
    ClusterDelete(ClusterDeletion),
}

/// Where the pending making or removing of a node group is on record.
pub fn group_operation_key(cluster: &str, group: &str) -> Key {
    Key::new(Kind::PendingOperation, cluster, &format!("node group {group}"))
}

/// Where the pending making or removing of a cluster is on record.
pub fn cluster_operation_key(cluster: &str) -> Key {
    Key::new(Kind::PendingOperation, cluster, "cluster")
}

/// A new cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterCreation {
    /// What it is.
    #[serde(rename = "wish")]
    pub request: ClusterRequest,
    /// When it was begun: seconds since the Unix epoch, in the world's time.
    pub begun_second: Option<i64>,
}

/// No cluster any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterDeletion {
    /// The cluster.
    pub cluster: String,
    /// When it was begun: seconds since the Unix epoch, in the world's time.
    pub begun_second: Option<i64>,
}

/// A new node group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodegroupCreation {
    /// The cluster.
    pub cluster: String,
    /// The group.
    #[serde(rename = "wish")]
    pub request: GroupRequest,
    /// When it was begun: seconds since the Unix epoch, in the world's time.
    pub begun_second: Option<i64>,
}

/// No node group any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodegroupDeletion {
    /// The cluster.
    pub cluster: String,
    /// The node group.
    pub group: String,
    /// When it was begun: seconds since the Unix epoch, in the world's time.
    pub begun_second: Option<i64>,
}

/// Other settings for a node group. What is `None` or empty stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodegroupConfigUpdate {
    /// The update.
    pub update: String,
    /// The cluster.
    pub cluster: String,
    /// The node group.
    pub group: String,
    /// Sizes.
    pub scaling: Option<ScalingConfig>,
    /// Labels; no value takes one off.
    pub labels: BTreeMap<String, Option<String>>,
    /// Taints that are there afterwards.
    pub set_taints: Vec<Taint>,
    /// Taints that are gone afterwards.
    pub remove_taints: Vec<Taint>,
    /// How it is updated.
    pub update_config: Option<UpdateConfig>,
    /// How broken nodes are repaired.
    pub repair: Option<Value>,
    /// Its warm pool.
    pub warm_pool: Option<Value>,
}

impl NodegroupConfigUpdate {
    /// Puts the settings into the record.
    pub fn apply(&self, group: &mut Nodegroup) {
        if let Some(scaling) = self.scaling {
            group.scaling_config = scaling;
        }
        for (key, value) in &self.labels {
            match value {
                Some(value) => drop(group.labels.insert(key.clone(), value.clone())),
                None => drop(group.labels.remove(key)),
            }
        }
        let same = |one: &Taint, other: &Taint| one.key == other.key && one.effect == other.effect;
        group.taints.retain(|taint| {
            !self.set_taints.iter().chain(&self.remove_taints).any(|other| same(taint, other))
        });
        group.taints.extend(self.set_taints.iter().cloned());
        if let Some(config) = &self.update_config {
            group.update_config = config.clone();
        }
        if self.repair.is_some() {
            group.node_repair_config.clone_from(&self.repair);
        }
        if self.warm_pool.is_some() {
            group.warm_pool_config.clone_from(&self.warm_pool);
        }
    }
}

/// Other nodes for a node group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodegroupVersionUpdate {
    /// The update.
    pub update: String,
    /// The cluster.
    pub cluster: String,
    /// The node group.
    pub group: String,
    /// The template of the scaling group.
    pub template: String,
    /// The image to launch.
    pub image: String,
    /// The other settings to launch with.
    pub settings: String,
    /// The release, as users name it.
    pub release: String,
    /// The Kubernetes minor; `None` with an image of the user's own.
    pub version: Option<String>,
    /// The user's own template, when it was named.
    #[serde(default)]
    pub source: Option<SourceTemplate>,
    /// Delete what cannot be evicted in time.
    pub force: bool,
    /// How the group is updated.
    pub config: UpdateConfig,
}

impl NodegroupVersionUpdate {
    /// What the update sets, as EKS shows it.
    pub fn params(&self) -> Vec<Param> {
        let param = |kind: &str, value: &str| Param { kind: kind.to_owned(), value: value.to_owned() };
        let mut params = Vec::new();
        if let Some(source) = &self.source {
            params.push(param("LaunchTemplateName", &source.name));
            params.push(param("LaunchTemplateVersion", &source.version));
        }
        if let Some(version) = &self.version {
            params.push(param("Version", version));
            params.push(param("ReleaseVersion", &self.release));
        }
        params
    }
}
