//! The account: what a service in front of many clusters needs of the world, beside what one update needs.
//!
//! It answers what is there now. It retries nothing and keeps no record of what was asked for.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use replank_core::observed::{LaunchFailure, TemplateContent};
use replank_core::sizes::Sizes;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::ReadError;
use super::templates::{NoChange, OwnTemplate, Source, TemplateChange};

/// The world of one account in one region.
pub trait Account: Send + Sync + 'static {
    /// The scaling group behind a node group; `None` when there is none.
    fn scaling_group(
        &self,
        cluster: &str,
        group: &str,
    ) -> impl Future<Output = Result<Option<ScalingGroup>, ReadError>> + Send;

    /// The versions of a launch template, by number; none when there is no such template.
    fn template_versions(
        &self,
        template: &str,
    ) -> impl Future<Output = Result<BTreeMap<u64, TemplateVersion>, ReadError>> + Send;

    /// The launch templates of the user's own, by id.
    fn own_templates(&self) -> impl Future<Output = Result<Vec<OwnTemplate>, ReadError>> + Send;

    /// Changes a launch template; how it is afterwards.
    fn change_template(
        &self,
        change: &TemplateChange,
    ) -> impl Future<Output = Result<OwnTemplate, NoChange>> + Send;

    /// What a group would launch with that version of the user's template, its image left as it is.
    fn sourced(
        &self,
        cluster: &str,
        group: &str,
        source: &Source,
    ) -> impl Future<Output = Result<TemplateContent, Refused>> + Send;

    /// One image of a type for a Kubernetes minor.
    fn image(&self, wish: &ImageWish) -> impl Future<Output = Result<Image, NoImage>> + Send;

    /// Sets the sizes of the scaling group behind a node group. Equal sizes twice are no change.
    fn resize(
        &self,
        cluster: &str,
        group: &str,
        to: Sizes,
    ) -> impl Future<Output = Result<(), Refused>> + Send;

    /// The zones of the region.
    fn zones(&self) -> impl Future<Output = Result<Vec<String>, ReadError>> + Send;

    /// Makes a scaling group for a node group, with its launch template. One that is there already is no change.
    fn create_group(&self, wish: &GroupWish) -> impl Future<Output = Result<(), Refused>> + Send;

    /// How the nodes of a group get on; `None` when it has no scaling group.
    fn group_nodes(
        &self,
        cluster: &str,
        group: &str,
    ) -> impl Future<Output = Result<Option<GroupNodes>, ReadError>> + Send;

    /// Asks every pod on the nodes of a group to leave, politely, and keeps new ones off them; how many are left.
    /// `DaemonSet` pods are not asked.
    fn drain_group(&self, cluster: &str, group: &str) -> impl Future<Output = Result<u32, Refused>> + Send;

    /// Removes the scaling group behind a node group, which must be empty. One that is gone is no change.
    fn remove_group(&self, cluster: &str, group: &str) -> impl Future<Output = Result<(), Refused>> + Send;

    /// Sets labels and taints on the nodes of a group, those that are there and those to come.
    fn relabel(
        &self,
        cluster: &str,
        group: &str,
        change: &Relabel,
    ) -> impl Future<Output = Result<(), Refused>> + Send;

    /// Why clusters are neither made nor removed here, nor brought to another version; `None` when they are.
    fn keeps_clusters(&self) -> Option<String> {
        None
    }

    /// Makes a cluster with nothing in it but what a cluster brings along. One that is there already is no change.
    fn create_cluster(&self, wish: &ClusterWish) -> impl Future<Output = Result<(), Refused>> + Send;

    /// Removes a cluster. One that is gone is no change.
    fn remove_cluster(&self, cluster: &str) -> impl Future<Output = Result<(), Refused>> + Send;

    /// Where the Kubernetes API of a cluster is; `None` when it has none.
    fn endpoint(&self, cluster: &str) -> impl Future<Output = Result<Option<Endpoint>, ReadError>> + Send;

    /// A public parameter by its name.
    fn parameter(&self, name: &str) -> impl Future<Output = Result<Option<Parameter>, ReadError>> + Send;

    /// The public parameters below a path that ends in a slash, by name, from after `after`, at most `most`.
    fn parameters_below(
        &self,
        path: &str,
        depth: Depth,
        after: Option<&str>,
        most: usize,
    ) -> impl Future<Output = Result<Vec<Parameter>, ReadError>> + Send;
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

/// A cluster to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterWish {
    /// Its name.
    pub name: String,
    /// Its Kubernetes minor.
    pub version: String,
    /// Whether it comes with the network plug-in, kube-proxy and CoreDNS (EKS: `bootstrapSelfManagedAddons`).
    pub addons: bool,
}

/// A node group to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupWish {
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

/// A version of a launch template, as far as anybody asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateVersion {
    /// Its image.
    pub image: String,
    /// Its instance type.
    pub instance_type: String,
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

/// An act that was refused, in the words of the side.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// An image as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageWish {
    /// The type (EKS: `AMITypes`).
    pub kind: String,
    /// The Kubernetes minor.
    pub minor: String,
    /// The release.
    pub release: Release,
}

/// Which release is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Release {
    /// The newest one.
    Newest,
    /// This one.
    Exactly(String),
}

/// An image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its id.
    pub id: String,
    /// Its release.
    pub release: String,
    /// The Kubernetes minor it is for.
    pub minor: String,
}

/// Why there is no such image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoImage {
    /// No image of that type for the minor, whatever the release.
    Minor(String),
    /// No such release; what there is instead, oldest first.
    Release(Vec<String>),
}

/// Where a Kubernetes API is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its URL.
    pub url: String,
    /// The certificate authority it is verified by, PEM.
    pub authority: String,
}

/// A public parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: Arc<str>,
    /// Its value.
    pub value: Arc<str>,
    /// When it got this value, as a day: `2026-11-05`.
    pub changed_on: Arc<str>,
    /// How often it changed.
    pub version: u64,
}

/// How deep a look goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Direct children only.
    Children,
    /// Everything below.
    All,
}
