//! Real Kubernetes: what the engine sees of a cluster and does to it, through its API server.
//!
//! [`cache`] follows the kinds that decide and keeps of each object what decides; [`KubeClusterPort`] shows it to the
//! engine as the Kubernetes port of one node group and carries acts out; [`tell`] writes Kubernetes Events;
//! [`lease`] makes sure that one process at a time acts on a group, [`Claimed`] lets nobody act
//! without it; [`hand`] and [`Noted`] make drains by hand known; [`connect`] finds the server as kubectl does.

mod act;
mod autoscaler;
pub mod cache;
mod claim;
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
mod noted;
mod request;
pub mod rights;
pub mod served;
pub mod tell;
mod tenure;

pub use act::cordon;
pub use cache::Cache;
pub use claim::{Claim, Claimed, Claims};
pub use clock::WallClock;
pub use cluster::{KubeClusterPort, NodeScope, Placer};
pub use connect::{Access, Connection};
pub use noted::Noted;

/// The rights it needs, as YAML for `kubectl apply`.
pub const RBAC: &str = include_str!("rbac.yaml");
