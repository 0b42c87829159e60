//! The port for node groups: scaling groups, their sizes and nodes.

use std::collections::BTreeMap;
use std::future::Future;

use replank_core::observed::{LaunchFailure, TemplateContent};
use replank_core::sizes::Sizes;
use serde::{Deserialize, Serialize};

use super::launch_templates::Source;
use super::{ActError, ReadError};

/// The scaling groups of node groups, and changes to them apart from updates.
pub trait NodeGroups: Send + Sync {
    /// The scaling group of a node group; `None` when it does not exist.
    fn scaling_group(
        &self,
        cluster: &str,
        group: &str,
    ) -> impl Future<Output = Result<Option<ScalingGroup>, ReadError>> + Send;

    /// Sets the sizes of a scaling group. Does nothing when it has them.
    fn resize(
        &self,
        cluster: &str,
        group: &str,
        to: Sizes,
    ) -> impl Future<Output = Result<(), ActError>> + Send;

    /// Creates the scaling group and the launch template of a node group. Does nothing when they exist.
    fn create_group(&self, request: &GroupRequest) -> impl Future<Output = Result<(), ActError>> + Send;

    /// State of the nodes of a group; `None` when it has no scaling group.
    fn group_nodes(
        &self,
        cluster: &str,
        group: &str,
    ) -> impl Future<Output = Result<Option<GroupNodes>, ReadError>> + Send;

    /// Cordons the nodes of a group, evicts every pod on them except `DaemonSet` pods, and returns how many are left.
    fn drain_group(&self, cluster: &str, group: &str) -> impl Future<Output = Result<u32, ActError>> + Send;

    /// Removes the scaling group of a node group, which must have no instances. Does nothing when it is gone.
    fn remove_group(&self, cluster: &str, group: &str) -> impl Future<Output = Result<(), ActError>> + Send;

    /// Changes labels and taints on the nodes of a group, present and future.
    fn relabel(
        &self,
        cluster: &str,
        group: &str,
        change: &Relabel,
    ) -> impl Future<Output = Result<(), ActError>> + Send;
}

/// A scaling group, with what its nodes are launched from.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalingGroup {
    /// Name of the scaling group.
    pub name: String,
    /// Names of its zones.
    pub zones: Vec<String>,
    /// Its present sizes.
    pub sizes: Sizes,
    /// Id of its launch template.
    pub template: String,
    /// Version of the template that it launches from.
    pub version: u64,
    /// Content of that version. If the version was not created by EKS, the content of the last one that was.
    pub content: TemplateContent,
}

/// A node group that is to be created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRequest {
    /// Name of the cluster.
    pub cluster: String,
    /// Name of the node group.
    pub group: String,
    /// Name for its scaling group.
    pub scaling_group: String,
    /// Id for its launch template.
    pub template: String,
    /// Names of its zones.
    pub zones: Vec<String>,
    /// Min, desired and max.
    pub sizes: [u32; 3],
    /// Id of its image.
    pub image: String,
    /// What is launched for it, such as `m5.large`.
    pub instance_type: String,
    /// How its instances are paid for: `ON_DEMAND`, `SPOT` or `CAPACITY_BLOCK`.
    pub capacity_type: String,
    /// Labels for its nodes.
    pub labels: BTreeMap<String, String>,
    /// Taints for its nodes: key, value, and effect as Kubernetes writes it.
    pub taints: Vec<(String, String, String)>,
    /// Tags for its scaling group.
    pub tags: BTreeMap<String, String>,
    /// What the user's own launch template contributes.
    #[serde(default)]
    pub source: Option<Source>,
}

/// State of the nodes of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupNodes {
    /// Number of instances, launching ones included.
    pub standing: u32,
    /// Number of Ready nodes.
    pub ready: u32,
    /// Desired size.
    pub desired: u32,
    /// Launches that failed, without a later success: the last one of each zone, oldest first.
    pub failures: Vec<LaunchFailure>,
    /// Ids of instances that should have joined by now and have not.
    pub late: Vec<String>,
    /// Ids of instances whose nodes joined, should be Ready by now and never were.
    pub unready: Vec<String>,
    /// Id of its launch template, if that was deleted.
    pub template_gone: Option<String>,
    /// Id of its launch template and the version it launches from, if EKS did not create that version.
    pub foreign_version: Option<(String, u64)>,
}

/// A change of labels and taints on the nodes of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relabel {
    /// Labels to set; `None` removes one.
    pub labels: BTreeMap<String, Option<String>>,
    /// Taints to set: key, value, and effect as Kubernetes writes it.
    pub set_taints: Vec<(String, String, String)>,
    /// Taints to remove: key and effect.
    pub remove_taints: Vec<(String, String)>,
}
