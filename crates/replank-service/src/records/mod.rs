//! Records: clusters, node groups and updates as EKS shows them, and operations that are not carried out yet.

mod cluster;
mod error;
mod format;
pub mod found;
mod node_group;
mod pending_operation;
mod store;
#[cfg(test)]
mod tests;
mod update;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::refusal::{Refusal, RefusalKind};

pub use cluster::{Cluster, ClusterStatus};
pub use error::{ChangeError, RecordsError};
pub use found::{Found, FoundGroup};
pub use node_group::{
    Health, Issue, Nodegroup, NodegroupStatus, ScalingConfig, SourceTemplate, Taint, UpdateConfig,
    UpdateConfigChange,
};
pub use pending_operation::{
    AddOnMove, ClusterCreation, ClusterDeletion, ClusterUpgradeOrder, ClusterVersionUpdate, FargateChange,
    Gate, NodeOrder, NodegroupConfigUpdate, NodegroupCreation, NodegroupDeletion, NodegroupVersionUpdate,
    OrderedGroup, PendingOperation, cluster_operation_key, fargate_operation_key, group_operation_key,
};
pub use store::{Change, Key, Kind, Record, Records};
pub use update::{Owned, Owner, Param, Trouble, Update, UpdateStatus};

/// Name of the file of records in a data directory; it is that of the first version, so that old directories open.
pub const FILE: &str = "estate.sqlite";

/// Parses a record; one that does not parse is a [`RefusalKind::Server`].
pub fn read<T: DeserializeOwned>(document: &Value) -> Result<T, Refusal> {
    let damaged = |error| Refusal::new(RefusalKind::Server, format!("a record is damaged: {error}"));
    T::deserialize(document).map_err(damaged)
}

/// A record in the form that is stored.
pub fn written<T: Serialize>(record: &T) -> Value {
    serde_json::to_value(record).unwrap_or_default()
}

/// Reads a cluster; refuses when it does not exist, or its record is damaged.
pub fn cluster(records: &Records, name: &str) -> Result<Cluster, Refusal> {
    let record = records.get(&Key::new(Kind::Cluster, "", name)).ok_or_else(|| Refusal::no_cluster(name))?;
    read(&record.document)
}

/// The node group of that name.
pub fn nodegroup(records: &Records, cluster: &str, name: &str) -> Result<Nodegroup, Refusal> {
    let record = records.get(&Key::new(Kind::NodeGroup, cluster, name));
    read(&record.ok_or_else(|| Refusal::no_group(cluster, name))?.document)
}

/// The node group of that name, inside a change.
pub fn nodegroup_in(change: &Change<'_>, cluster: &str, name: &str) -> Result<Nodegroup, Refusal> {
    let record = change.get(&Key::new(Kind::NodeGroup, cluster, name));
    read(&record.ok_or_else(|| Refusal::no_group(cluster, name))?)
}

/// Writes a node group inside a change.
pub fn put_nodegroup(change: &mut Change<'_>, group: &Nodegroup) {
    let key = Key::new(Kind::NodeGroup, &group.cluster_name, &group.nodegroup_name);
    change.put(key, written(group));
}
