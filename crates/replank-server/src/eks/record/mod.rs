//! What is on record: clusters, node groups and updates as EKS shows them, and the wishes that are carried out.

mod cluster;
pub(crate) mod found;
mod nodegroup;
mod update;
mod wish;

use replank_engine::estate::{Change, Estate, Key, Kind};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use cluster::{Cluster, ClusterStatus};
pub use found::{Found, FoundGroup};
pub use nodegroup::{
    Health, Issue, Nodegroup, NodegroupStatus, ScalingConfig, SourceTemplate, Taint, UpdateConfig,
};
pub(crate) use update::Owned;
pub use update::{Owner, Param, Trouble, Update, UpdateStatus};
pub use wish::{ClusterCreateWish, ClusterDeleteWish, ConfigWish, CreateWish, DeleteWish, VersionWish, Wish};
pub(crate) use wish::{cluster_wish_key, group_wish_key};

use super::Failure;

/// A record as one of our types; one that does not read as such is the server's fault.
pub(crate) fn read<T: DeserializeOwned>(document: &Value) -> Result<T, Failure> {
    T::deserialize(document)
        .map_err(|error| Failure::new(super::Exception::Server, format!("a record is damaged: {error}")))
}

/// As a document.
pub(crate) fn written<T: Serialize>(record: &T) -> Value {
    serde_json::to_value(record).unwrap_or_default()
}

/// The cluster of a name.
pub(crate) fn cluster(estate: &Estate, name: &str) -> Result<Cluster, Failure> {
    let record = estate.get(&Key::new(Kind::Cluster, "", name)).ok_or_else(|| Failure::no_cluster(name))?;
    read(&record.document)
}

/// The node group of a name.
pub(crate) fn nodegroup(estate: &Estate, cluster: &str, name: &str) -> Result<Nodegroup, Failure> {
    let record = estate.get(&Key::new(Kind::NodeGroup, cluster, name));
    read(&record.ok_or_else(|| Failure::no_nodegroup(cluster, name))?.document)
}

/// The node group of a name, inside a change.
pub(crate) fn nodegroup_in(change: &Change<'_>, cluster: &str, name: &str) -> Result<Nodegroup, Failure> {
    let record = change.get(&Key::new(Kind::NodeGroup, cluster, name));
    read(&record.ok_or_else(|| Failure::no_nodegroup(cluster, name))?)
}

/// Writes a node group.
pub(crate) fn put_nodegroup(change: &mut Change<'_>, group: &Nodegroup) {
    let key = Key::new(Kind::NodeGroup, &group.cluster_name, &group.nodegroup_name);
    change.put(key, written(group));
}
