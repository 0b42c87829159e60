//! Node groups as the world has them: scaling groups, their sizes and their nodes.

use std::collections::BTreeMap;
use std::future::Future;

use replank_core::observed::{LaunchFailure, TemplateContent};
use replank_core::sizes::Sizes;
use serde::{Deserialize, Serialize};

use super::launch_templates::Source;
use super::{ActError, ReadError};

/// What node groups are made of, and what may be done to one beside an update.
pub trait NodeGroups: Send + Sync {
    /// The scaling group behind a node group; `None` when there is none.
    fn scaling_group(
        &self,
        cluster: &str,
        group: &str,
    ) -> impl Future<Output = Result<Option<ScalingGroup>, ReadError>> + Send;

    /// Sets the sizes of the scaling group behind a node group. Equal sizes twice are no change.
    fn resize(
        &self,
        cluster: &str,
        group: &str,
        to: Sizes,
    ) -> impl Future<Output = Result<(), ActError>> + Send;

    /// Makes a scaling group for a node group, with its launch template. One that is there already is no change.
    fn create_group(&self, request: &GroupRequest) -> impl Future<Output = Result<(), ActError>> + Send;

    /// How the nodes of a group get on; `None` when it has no scaling group.
    fn group_nodes(
        &self,
        cluster: &str,
        group: &str,
    ) -> impl Future<Output = Result<Option<GroupNodes>, ReadError>> + Send;

    /// Asks every pod on the nodes of a group to leave, politely, and keeps new ones off them; how many are left.
    /// `DaemonSet` pods are not asked.
    fn drain_group(&self, cluster: &str, group: &str) -> impl Future<Output = Result<u32, ActError>> + Send;

    /// Removes the scaling group behind a node group, which must be empty. One that is gone is no change.
    fn remove_group(&self, cluster: &str, group: &str) -> impl Future<Output = Result<(), ActError>> + Send;

    /// Sets labels and taints on the nodes of a group, those that are there and those to come.
    fn relabel(
        &self,
        cluster: &str,
        group: &str,
        change: &Relabel,
    ) -> impl Future<Output = Result<(), ActError>> + Send;
}

/// A scaling group with what its nodes are launched from.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalingGroup {
    /// Its own name.
    pub name: String,
    /// Its zones.
    pub zones: Vec<String>,
    /// Its sizes now.
    pub sizes: Sizes,
    /// The launch template.
    pub template: String,
    /// The version it launches.
    pub version: u64,
    /// What that version says; of one that was made past EKS, what the last one said before it.
    pub content: TemplateContent,
}

/// A node group to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRequest {
    /// The cluster.
    pub cluster: String,
    /// The node group.
    pub group: String,
    /// The name of its scaling group.
    pub scaling_group: String,
    /// The id of its launch template.
    pub template: String,
    /// Its zones.
    pub zones: Vec<String>,
    /// Least, wanted, most.
    pub sizes: [u32; 3],
    /// The id of its image.
    pub image: String,
    /// Its instance type.
    pub instance_type: String,
    /// `ON_DEMAND`, `SPOT` or `CAPACITY_BLOCK`.
    pub capacity_type: String,
    /// Labels of its nodes.
    pub labels: BTreeMap<String, String>,
    /// Taints of its nodes: key, value, effect as Kubernetes names it.
    pub taints: Vec<(String, String, String)>,
    /// Tags of its scaling group.
    pub tags: BTreeMap<String, String>,
    /// What the user's own launch template gives.
    #[serde(default)]
    pub source: Option<Source>,
}

/// How the nodes of a group get on.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupNodes {
    /// Instances that are there or on their way.
    pub standing: u32,
    /// Nodes that are Ready.
    pub ready: u32,
    /// How many are wanted.
    pub desired: u32,
    /// Launches that failed and that nothing made good since: the last one of each zone, oldest first.
    pub failures: Vec<LaunchFailure>,
    /// Instances that should have joined the cluster by now and have not.
    pub late: Vec<String>,
    /// Instances whose nodes joined, should be Ready by now and never were.
    pub unready: Vec<String>,
    /// The launch template it launches from, when that is gone.
    pub template_gone: Option<String>,
    /// The launch template and its version that it launches, when that was made past EKS.
    pub foreign_version: Option<(String, u64)>,
}

/// What changes on the nodes of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relabel {
    /// Labels; no value takes one off.
    pub labels: BTreeMap<String, Option<String>>,
    /// Taints that are there afterwards: key, value, effect as Kubernetes names it.
    pub set_taints: Vec<(String, String, String)>,
    /// Taints that are gone afterwards: key and effect.
    pub remove_taints: Vec<(String, String)>,
}
