//! Real Kubernetes: what the engine sees of a cluster and does to it, through its API server.
//!
//! [`cache`] follows the kinds that decide and keeps of each object what decides; [`KubeClusterPort`] shows it to the
//! engine as the Kubernetes port of one node group and carries acts out; [`tell`] writes Kubernetes Events;
//! [`lease`] makes sure that one process at a time acts on a group, [`hand`] that drains by hand are known of; [`connect`] finds the server as kubectl does.

mod act;
mod autoscaler;
pub mod cache;
mod clock;
mod cluster;
pub mod connect;
pub mod daemon_sets;
mod failure;
pub mod hand;
mod kubeconfig;
pub mod lease;
pub mod lists;
pub mod nodes;
mod request;
pub mod rights;
pub mod tell;

pub use act::cordon;
pub use cache::Cache;
pub use clock::WallClock;
pub use cluster::{KubeClusterPort, NodeScope, Placer};
pub use connect::{Access, Connection};

/// The rights it needs, as YAML for `kubectl apply`.
pub const RBAC: &str = include_str!("rbac.yaml");
