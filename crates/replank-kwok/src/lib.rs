//! The embedded world beside a real cluster: its cloud, whose instances are kwok nodes there, and its scheduler and
//! rehearsals, asked about a snapshot of the cluster.
//!
//! | it does | it decides |
//! | --- | --- |
//! | keeps a cloud in a data directory, begun with the nodes that are there ([`KwokCloud`]) | which nodes are those of another cloud, beside which it does not go on |
//! | registers a node for each instance that came up, removes those of instances that are gone | when such a write is tried again |
//! | is the account of the service and the world of its reconciler ([`KwokAccount`], [`KwokWorld`]) | nothing about updates: the core does |
//! | reads a cluster as a snapshot, places pods and rehearses updates on it ([`ClusterPlanner`]) | when a plan is projected instead of rehearsed |
//!
//! The one crate that knows a real cluster and the embedded world. Which update is wanted, flags and HTTP it does not
//! know.

mod account;
mod cloud;
mod cluster;
mod error;
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
pub use node_syncer::NodeSyncer;
pub use placer::placer;
pub use planner::{ClusterPlanner, Foreseen, Rehearsed};
pub use world::KwokWorld;
