//! The embedded world beside a real cluster: its cloud, whose instances are kwok nodes in the cluster, and its
//! scheduler and rehearsals, applied to a snapshot of the cluster.
//!
//! | it does | it decides |
//! | --- | --- |
//! | keeps a cloud in a data directory, started with the nodes of the cluster ([`KwokCloud`]) | whether nodes belong to another cloud, which is refused |
//! | creates a node for each instance that came up, deletes those of instances that are gone ([`NodeSyncer`]) | when such a write is tried again |
//! | is the account of the service and the world of its reconciler ([`KwokAccount`], [`KwokWorld`]) | nothing about updates: that is the core's |
//! | takes snapshots of a cluster, places pods and rehearses updates on them ([`ClusterPlanner`]) | when an update is projected instead of rehearsed |
//!
//! It must never know: HTTP, flags, which update is wanted. It is the only crate that knows both a real cluster and the
//! embedded world.

mod account;
mod asked;
mod cloud;
mod cluster;
mod error;
mod found;
mod group;
mod node;
mod node_syncer;
mod placer;
mod planner;
pub mod snapshot_read;
mod world;

pub use account::KwokAccount;
pub use cloud::KwokCloud;
pub use cluster::RealCluster;
pub use error::KwokError;
pub use found::found;
pub use node_syncer::NodeSyncer;
pub use placer::placer;
pub use planner::{ClusterPlan, ClusterPlanner, Rehearsed, Waits, rehearse};
pub use world::{Among, KwokWorld, sides};

/// Rehearsals on a snapshot of a real cluster.
pub mod rehearsal {
    pub use replank_rehearsal::seed::Notes;
    pub use replank_rehearsal::session::Session;
}
