//! What was asked for and takes time: written down with the answer that promised it, removed when it is done.

use std::collections::BTreeMap;

use replank_core::names::{ClusterName, ImageId, NodeGroupName, TemplateId, UpdateId};
use replank_core::node_group::spec::{Batch, Guard, Increment, Limits, Order, Spec, Strategy, Target};
use replank_core::observed::TemplateContent;
use replank_core::pod_rules::PodRules;
use replank_engine::estate::{Key, Kind};
use replank_engine::ports::account::{ClusterWish, GroupWish};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Nodegroup, Param, ScalingConfig, SourceTemplate, Taint, UpdateConfig};

/// Something to carry out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    /// Other nodes for a node group.
    NodegroupVersion(Box<VersionWish>),
    /// Other settings for a node group.
    NodegroupConfig(Box<ConfigWish>),
    /// A new node group.
    NodegroupCreate(Box<CreateWish>),
    /// No node group any more.
    NodegroupDelete(DeleteWish),
    /// A new cluster.
    ClusterCreate(ClusterCreateWish),
    /// No cluster any more.
    ClusterDelete(ClusterDeleteWish),
}

/// Where the wish to make or to remove a node group is on record.
pub(crate) fn group_wish_key(cluster: &str, group: &str) -> Key {
    Key::new(Kind::Wish, cluster, &format!("node group {group}"))
}

/// Where the wish to make or to remove a cluster is on record.
pub(crate) fn cluster_wish_key(cluster: &str) -> Key {
    Key::new(Kind::Wish, cluster, "cluster")
}

/// A new cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterCreateWish {
    /// What it is.
    pub wish: ClusterWish,
    /// When it was begun: seconds since the Unix epoch, in the world's time.
    pub begun_second: Option<i64>,
}

/// No cluster any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterDeleteWish {
    /// The cluster.
    pub cluster: String,
    /// When it was begun: seconds since the Unix epoch, in the world's time.
    pub begun_second: Option<i64>,
}

/// A new node group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CreateWish {
    /// The cluster.
    pub cluster: String,
    /// The group.
    pub wish: GroupWish,
    /// When it was begun: seconds since the Unix epoch, in the world's time.
    pub begun_second: Option<i64>,
}

/// No node group any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteWish {
    /// The cluster.
    pub cluster: String,
    /// The node group.
    pub group: String,
    /// When it was begun: seconds since the Unix epoch, in the world's time.
    pub begun_second: Option<i64>,
}

/// Other settings for a node group. What is `None` or empty stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ConfigWish {
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

impl ConfigWish {
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
pub struct VersionWish {
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

impl VersionWish {
    /// The update as the engine runs it, as EKS would.
    pub fn spec(&self) -> Spec {
        let content = TemplateContent {
            image: ImageId::new(self.image.as_str()),
            settings: self.settings.as_str().into(),
        };
        let batch = match (self.config.max_unavailable, self.config.max_unavailable_percentage) {
            (Some(count), _) => Batch::Count(count),
            (None, Some(share)) => Batch::Percent(share),
            (None, None) => Batch::Count(1),
        };
        let strategy = match self.config.update_strategy.as_deref() {
            Some("MINIMAL") => Strategy::Minimal,
            _ => Strategy::Default,
        };
        Spec {
            update: UpdateId::new(self.update.as_str()),
            cluster: ClusterName::new(self.cluster.as_str()),
            group: NodeGroupName::new(self.group.as_str()),
            target: Target {
                template: TemplateId::new(self.template.as_str()),
                content,
                release: self.release.clone(),
                version: self.version.clone().unwrap_or_default(),
            },
            batch,
            strategy,
            increment: Increment::Smallest,
            guard: Guard::Cordon,
            order: Order::Random,
            force: self.force,
            pods: PodRules::default(),
            limits: Limits::default(),
            seed: seed(&self.update),
            inherited: None,
        }
    }

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

/// The seed of an update: its id decides the order of its nodes (FNV-1a).
fn seed(update: &str) -> u64 {
    update.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
