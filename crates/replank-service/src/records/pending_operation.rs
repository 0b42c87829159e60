//! Pending operations: recorded with the answer that promised them, removed when they are carried out.

use std::collections::BTreeMap;

use crate::ports::clusters::{ClusterRequest, Conflicts};
use crate::ports::node_groups::GroupRequest;
use crate::records::{Key, Kind};
use replank_core::node_group::spec::Order;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Nodegroup, Param, ScalingConfig, SourceTemplate, Taint, UpdateConfig};

/// An operation that is to be carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PendingOperation {
    /// Replace the nodes of a group.
    NodegroupVersion(Box<NodegroupVersionUpdate>),
    /// Change the settings of a node group.
    NodegroupConfig(Box<NodegroupConfigUpdate>),
    /// Create a node group.
    NodegroupCreate(Box<NodegroupCreation>),
    /// Remove a node group.
    NodegroupDelete(NodegroupDeletion),
    /// Create the control plane of a cluster.
    ClusterCreate(ClusterCreation),
    /// Remove a cluster.
    ClusterDelete(ClusterDeletion),
    /// Another version of a control plane.
    ClusterVersion(ClusterVersionUpdate),
    /// Another version of everything in a cluster, handed to the engine.
    ClusterUpgrade(Box<ClusterUpgradeOrder>),
    /// Another version of an add-on, on record already; its software follows.
    AddOnVersion(AddOnMove),
    /// Fargate profiles changed on record; the world follows.
    FargateProfiles(FargateChange),
}

/// Key of the pending creation or removal of a node group.
pub fn group_operation_key(cluster: &str, group: &str) -> Key {
    Key::new(Kind::PendingOperation, cluster, &format!("node group {group}"))
}

/// Key of the pending creation or removal of a cluster.
pub fn cluster_operation_key(cluster: &str) -> Key {
    Key::new(Kind::PendingOperation, cluster, "cluster")
}

/// Key of the pending change of a cluster's Fargate profiles.
pub fn fargate_operation_key(cluster: &str) -> Key {
    Key::new(Kind::PendingOperation, cluster, "Fargate profiles")
}

/// A cluster that is to be created, and how far that is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterCreation {
    /// The cluster to create.
    #[serde(rename = "wish")]
    pub request: ClusterRequest,
    /// When the reconciler took it up, in seconds since the Unix epoch in the world's time; `None` before.
    pub begun_second: Option<i64>,
}

/// Removal of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterDeletion {
    /// Name of the cluster.
    pub cluster: String,
    /// When the reconciler took it up, in seconds since the Unix epoch in the world's time; `None` before.
    pub begun_second: Option<i64>,
}

/// An update of the control plane of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterVersionUpdate {
    /// Id of the update.
    pub update: String,
    /// Name of the cluster.
    pub cluster: String,
    /// Minor that it leads to.
    pub version: String,
    /// Platform version that it leads to.
    pub platform_version: String,
    /// When it was begun, in seconds since the Unix epoch by the clock of the world; `None` until it is.
    pub begun_second: Option<i64>,
}

/// A version that the software of an add-on follows to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddOnMove {
    /// Name of the cluster.
    pub cluster: String,
    /// Name of the add-on.
    pub add_on: String,
    /// Version that was asked for, such as `v1.33.0-eksbuild.2`; empty when it stays.
    pub version: String,
    /// Update that it is for; `None` for one that was over when it was asked for, as all were once.
    #[serde(default)]
    pub update: Option<String>,
    /// What becomes of fields that somebody else set.
    #[serde(default)]
    pub conflicts: Conflicts,
    /// Members of the record that the update sets once it is over.
    #[serde(default)]
    pub members: Map<String, Value>,
}

/// The Fargate profiles of a cluster changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FargateChange {
    /// Name of the cluster.
    pub cluster: String,
}

/// An upgrade of a whole cluster, as it was resolved when it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterUpgradeOrder {
    /// Id of the upgrade.
    pub upgrade: String,
    /// Name of the cluster.
    pub cluster: String,
    /// Minor of its control plane.
    pub from: u32,
    /// Minor to reach.
    pub to: u32,
    /// Where it waits for a person.
    pub gate: Gate,
    /// Whether nodes that are not of the service may skip minors.
    pub skip_workers: bool,
    /// Its node groups.
    pub groups: Vec<OrderedGroup>,
    /// Names of the add-ons that the cluster has.
    pub add_ons: Vec<String>,
    /// Names of the Fargate profiles that the cluster has.
    pub fargate_profiles: Vec<String>,
    /// Ids of checks whose findings hold nothing up.
    #[serde(default)]
    pub accepted: Vec<String>,
}

/// Where an upgrade of a whole cluster waits for a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// Before every step that changes something, the first one excepted.
    Each,
    /// Before each control plane, the first one excepted.
    #[default]
    Cluster,
    /// Nowhere.
    None,
}

/// A node group of an upgrade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderedGroup {
    /// Name of the node group, unique in the cluster.
    pub name: String,
    /// Minor of its nodes.
    pub minor: u32,
    /// Whether its nodes run an image of the user's own.
    pub own_image: bool,
    /// Nodes that it is asked to have.
    pub nodes: u32,
    /// Most nodes unavailable at once.
    pub batch: u32,
}

/// Creation of a node group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodegroupCreation {
    /// Name of the cluster.
    pub cluster: String,
    /// The node group to create.
    #[serde(rename = "wish")]
    pub request: GroupRequest,
    /// When the reconciler took it up, in seconds since the Unix epoch in the world's time; `None` before.
    pub begun_second: Option<i64>,
}

/// Removal of a node group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodegroupDeletion {
    /// Name of the cluster.
    pub cluster: String,
    /// Name of the node group.
    pub group: String,
    /// When the reconciler took it up, in seconds since the Unix epoch in the world's time; `None` before.
    pub begun_second: Option<i64>,
}

/// Change of the settings of a node group. What is `None` or empty stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodegroupConfigUpdate {
    /// Id of the update.
    pub update: String,
    /// Name of the cluster.
    pub cluster: String,
    /// Name of the node group.
    pub group: String,
    /// New sizes.
    pub scaling: Option<ScalingConfig>,
    /// Labels to set; `None` removes one.
    pub labels: BTreeMap<String, Option<String>>,
    /// Taints to add, or to change where key and effect are there already.
    pub set_taints: Vec<Taint>,
    /// Taints to take away, by key and effect.
    pub remove_taints: Vec<Taint>,
    /// New settings for updates.
    pub update_config: Option<UpdateConfig>,
    /// New settings for node auto repair.
    pub repair: Option<Value>,
    /// New warm pool.
    pub warm_pool: Option<Value>,
}

impl NodegroupConfigUpdate {
    /// Applies the change to the record of the group.
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

/// Replacement of the nodes of a group (EKS: `UpdateNodegroupVersion`), with everything looked up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodegroupVersionUpdate {
    /// Id of the update.
    pub update: String,
    /// Name of the cluster.
    pub cluster: String,
    /// Name of the node group.
    pub group: String,
    /// Id of the scaling group's launch template.
    pub template: String,
    /// Id of the image to launch.
    pub image: String,
    /// Content of the template besides the image, as [`replank_core::template::TemplateContent`] has it.
    pub settings: String,
    /// Release of the image, or the id of an image of the user's own.
    pub release: String,
    /// Kubernetes minor of the image; `None` with an image of the user's own.
    pub version: Option<String>,
    /// The user's own launch template, if the request named one.
    #[serde(default)]
    pub source: Option<SourceTemplate>,
    /// Whether pods that do not leave within the drain limit are deleted.
    pub force: bool,
    /// Batch size and strategy of this update.
    pub config: UpdateConfig,
    /// Order of the nodes, if the request named one; else the service's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<NodeOrder>,
}

/// In which order old nodes are replaced, as requests name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeOrder {
    /// At random (EKS).
    Random,
    /// Zones one after the other, in the order of their names.
    ZoneByZone,
    /// Longest running instance first.
    Oldest,
    /// Node with the fewest pods first.
    Emptiest,
}

impl From<NodeOrder> for Order {
    fn from(named: NodeOrder) -> Self {
        match named {
            NodeOrder::Random => Self::Random,
            NodeOrder::ZoneByZone => Self::ZoneByZone,
            NodeOrder::Oldest => Self::Oldest,
            NodeOrder::Emptiest => Self::Emptiest,
        }
    }
}

impl NodegroupVersionUpdate {
    /// What the update sets, as EKS lists it (`Update.params`).
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
